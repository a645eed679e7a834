package app

import (
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/wardline/wardline/seal"
)

// missingKeys returns the files of Config's own keys that are not there yet. At the very first start
// that is all of them.
func missingKeys(c Config) []string {
	var missing []string
	for _, name := range []string{"master.key", "sign.key"} {
		path := c.path("keys", name)
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && (name != "master.key" || c.MasterKey == "") {
			missing = append(missing, path)
		}
	}
	return missing
}

// refuseNewKeys is asked once the database turns out to be in use already: keys that had to
// be made just now open nothing in it, and devices would refuse every card they sign. The
// new files are taken away again, so that restoring the old ones is all there is to do.
func refuseNewKeys(made []string) error {
	if len(made) == 0 {
		return nil
	}
	var errs []error
	for _, path := range made {
		errs = append(errs, os.Remove(path))
	}
	return errors.Join(append(errs, fmt.Errorf("the database is in use but its keys are missing: restore %s from their backup", strings.Join(made, " and ")))...)
}

// loadKeyring returns the keys that seal records at rest: from the configuration, or from
// keys/master.key in the data directory, which is made at the first start. Whoever backs
// up the database must back this file up elsewhere: without it nothing opens.
func loadKeyring(c Config) (*seal.Keyring, error) {
	text := c.MasterKey
	if text == "" {
		b, err := readOrMake(c.path("keys", "master.key"), func() []byte { return []byte(seal.NewKey() + "\n") })
		if err != nil {
			return nil, err
		}
		text = string(b)
	}
	ring, err := seal.ParseKeyring(text)
	if err != nil {
		return nil, fmt.Errorf("master key: %w", err)
	}
	return ring, nil
}

// loadSigningKey returns the key with which the hub signs what it originates. Clients pin
// its public half when a device is registered.
func loadSigningKey(c Config) (ed25519.PrivateKey, error) {
	seed, err := readOrMake(c.path("keys", "sign.key"), func() []byte {
		b := make([]byte, ed25519.SeedSize)
		rand.Read(b)
		return b
	})
	if err != nil {
		return nil, err
	}
	if len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("signing key %s: %d bytes instead of %d", c.path("keys", "sign.key"), len(seed), ed25519.SeedSize)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// readOrMake reads a secret file, or makes it with mode 0400. A new file is written beside
// and linked into place, so that two starting processes agree on one content.
func readOrMake(path string, content func() []byte) ([]byte, error) {
	b, err := os.ReadFile(path)
	if err == nil {
		return b, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read key: %w", err)
	}
	// Whichever command runs first makes the data directory, so each must leave it passable
	// for the user PostgreSQL runs as.
	dir := filepath.Dir(path)
	if err := errors.Join(os.MkdirAll(filepath.Dir(dir), 0o711), os.MkdirAll(dir, 0o700)); err != nil {
		return nil, fmt.Errorf("make key directory: %w", err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(content())
	err = errors.Join(err, tmp.Chmod(0o400), tmp.Sync(), tmp.Close())
	if err != nil {
		return nil, fmt.Errorf("write key: %w", err)
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("place key: %w", err)
	}
	return os.ReadFile(path)
}
