package redact

import "strings"

// secretHeaders are the API-key headers that the built-in rules mask, in
// canonical form: what gateways, clouds and code hosts take as credentials.
var secretHeaders = map[string]bool{}

func init() {
	for name := range strings.FieldsSeq(`
		Api-Key Apikey X-Api-Key X-Apikey X-Api-Token X-Api-Secret X-Auth-Key X-Auth-Token X-Access-Token
		X-Refresh-Token X-Session-Token X-Id-Token X-Client-Secret X-Secret-Key X-Csrf-Token X-Xsrf-Token
		X-Amz-Security-Token X-Goog-Api-Key X-Goog-Iam-Authorization-Token X-Ms-Token-Aad-Access-Token
		X-Functions-Key Ocp-Apim-Subscription-Key Private-Token Job-Token Deploy-Token X-Gitlab-Token
		X-Vault-Token X-Consul-Token X-Shopify-Access-Token X-Rapidapi-Key X-Figma-Token Dd-Api-Key
		Dd-Application-Key X-Forwarded-Access-Token`) {
		secretHeaders[name] = true
	}
}

// schemes are the authentication schemes, in lower case, whose name may stay:
// those registered with IANA and those in wide use. A first word that is none
// of them may itself be the secret.
var schemes = map[string]bool{}

func init() {
	for name := range strings.FieldsSeq(`
		basic bearer concealed digest dpop gnap hoba mutual negotiate ntlm oauth privatetoken scram-sha-1
		scram-sha-256 vapid token apikey api-key key hawk hmac aws aws3 aws4-hmac-sha256 aws4-ecdsa-p256-sha256
		goog4-hmac-sha256 googlelogin sharedkey sharedkeylite sharedaccesssignature sso-key ssws splunk genie
		genieKey bot client-id signature zoho-oauthtoken wsse`) {
		schemes[strings.ToLower(name)] = true
	}
}

// credentials is where the secret part of an Authorization value begins: behind
// the scheme, or at the start where there is none that is known.
func credentials(value string) int {
	scheme, rest, ok := strings.Cut(value, " ")
	if !ok || !schemes[strings.ToLower(scheme)] {
		return 0
	}
	return len(value) - len(strings.TrimLeft(rest, " "))
}

// digests are the headers that vouch for a body's bytes, in canonical form.
// They go when the body was changed: they would be wrong, and of a short secret
// a digest is as good as the secret.
var digests = []string{
	"Etag", "Digest", "Content-Digest", "Repr-Digest", "Content-Md5", "Signature", "Signature-Input",
	"X-Amz-Content-Sha256", "X-Goog-Hash", "X-Ms-Blob-Content-Md5", "X-Ms-Content-Crc64", "X-Hub-Signature", "X-Hub-Signature-256",
	"X-Amz-Checksum-Crc32", "X-Amz-Checksum-Crc32c", "X-Amz-Checksum-Crc64nvme", "X-Amz-Checksum-Sha1", "X-Amz-Checksum-Sha256",
	"Stripe-Signature", "X-Slack-Signature", "X-Shopify-Hmac-Sha256", "X-Signature", "X-Signature-Ed25519",
	"X-Twilio-Signature", "Paypal-Transmission-Sig", "X-Jws-Signature",
}
