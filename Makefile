# make test is the test command; the others say what they are for.

export CGO_ENABLED = 0
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
LDFLAGS := -s -w -X main.version=$(VERSION)

# Packages in which goroutines meet.
CONCURRENT := ./admin/... ./cmd/internal/... ./matchers/... ./simulator/... ./store/... ./test
FUZZTIME ?= 20s

.PHONY: build test race bench lint generate fuzz docker clean

build: ## the binary, bin/understudy
	go build -trimpath -ldflags '$(LDFLAGS)' -o bin/understudy ./cmd/understudy

test: ## all tests
	go test ./...

race: ## the tests of the concurrent packages under the race detector, which needs a C compiler
	CGO_ENABLED=1 go test -race -short $(CONCURRENT)

bench: ## benchmarks, without tests, and the comparison with a bare server; BENCHFLAGS are for that one
	go test -run '^$$' -bench . -benchmem ./...
	go run ./test/bench $(BENCHFLAGS)

lint: ## vet, staticcheck and gofumpt, as far as they are installed
	go vet ./...
	@if command -v staticcheck >/dev/null; then staticcheck ./...; else echo "lint: staticcheck is not installed, skipped"; fi
	@if command -v gofumpt >/dev/null; then test -z "$$(gofumpt -l . | tee /dev/stderr)"; else echo "lint: gofumpt is not installed, skipped"; fi

generate: ## the files that are made from tables: schema and reference pages
	go run ./cmd/internal/generate
	go generate ./...

fuzz: ## every fuzz target for FUZZTIME
	@for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz'); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) $$package || exit 1; \
		done; \
	done

docker: ## the image, understudy
	docker build --build-arg VERSION=$(VERSION) -t understudy .

clean:
	rm -rf bin
