package mitm

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"understudy/simulations"
	"understudy/simulator/newfile"
)

// The files of an authority.
const (
	// CertFile is the certificate, for clients to trust.
	CertFile = "ca.pem"
	// KeyFile is the private key, readable by its owner only.
	KeyFile = "ca-key.pem"
)

// opening lets one goroutine at a time make an authority.
var opening sync.Mutex

// Open loads the authority of a folder, or makes one where the folder has
// none: the folder, with mode 0700, and the two files, each written whole and
// synced before it gets its name, and never over another. An authority may
// also be put there by hand, with an ECDSA, RSA or Ed25519 key.
//
// Half a pair, a key that does not fit its certificate, an expired authority
// and a file that cannot be read are errors that name the file and the mend;
// nothing that is there is ever replaced. Of two processes that open a new
// folder at the same moment one may see half a pair; its next try will not.
func Open(dir string) (*CA, error) {
	opening.Lock()
	defer opening.Unlock()
	ca, err := open(dir)
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return ca, err
	}
	if err := create(dir); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, simulations.Errorf(simulations.CodeUnavailable, "making a certificate authority in %s: %w", dir, err)
	}
	// Where another was quicker, its pair counts.
	return open(dir)
}

// open loads the pair; its error is fs.ErrNotExist where neither file is there.
func open(dir string) (*CA, error) {
	certName, keyName := filepath.Join(dir, CertFile), filepath.Join(dir, KeyFile)
	certPEM, certErr := os.ReadFile(certName)
	keyPEM, keyErr := os.ReadFile(keyName)
	noCert, noKey := errors.Is(certErr, fs.ErrNotExist), errors.Is(keyErr, fs.ErrNotExist)
	switch {
	case noCert && noKey:
		return nil, fs.ErrNotExist
	case noCert && keyErr == nil:
		return nil, halfPair(keyName, certName)
	case noKey && certErr == nil:
		return nil, halfPair(certName, keyName)
	case certErr != nil && !noCert:
		return nil, simulations.Errorf(simulations.CodeUnavailable, "the certificate authority: %w", certErr)
	case keyErr != nil:
		return nil, simulations.Errorf(simulations.CodeUnavailable, "the certificate authority's key: %w", keyErr)
	}
	return load(certPEM, keyPEM, certName, keyName)
}

func halfPair(there, missing string) error {
	return invalid("%s is there without %s: put that back, or remove %s to have a new pair made", there, filepath.Base(missing), there)
}

func create(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	certPEM, keyPEM, err := generate()
	if err != nil {
		return err
	}
	// The key first: whoever finds the certificate finds its key too.
	if err := newfile.Write(dir, KeyFile, keyPEM, 0o600); err != nil {
		return err
	}
	return newfile.Write(dir, CertFile, certPEM, 0o644)
}
