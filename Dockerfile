FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/understudy ./cmd/understudy \
    && mkdir -m 0700 /out/data

# The certificates are for upstreams over https; nothing else of a system is needed.
FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/understudy /usr/local/bin/understudy
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
ENV PATH=/usr/local/bin \
    UNDERSTUDY_DATA=/data \
    UNDERSTUDY_ADMIN_LISTEN=:8888 \
    UNDERSTUDY_LOG_FORMAT=json
# Only /data is written to: the root file system may be read-only.
VOLUME /data
EXPOSE 8500 8888
HEALTHCHECK --interval=10s --timeout=3s --start-period=5s CMD ["understudy", "health"]
ENTRYPOINT ["understudy"]
CMD ["serve"]
