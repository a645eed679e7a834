// Package vault keeps small files so that a crash at any moment leaves either the old or the
// new one, sealed so that a copied disk tells nothing. The key lies beside them in a file that
// only the owner may read: it protects backups and moved files, not against who may read as
// the owner.
//
// A vault must never be restored from a backup while it is in use elsewhere or was used since:
// MLS states would use keys a second time. A recorder whose vault is gone begins anew.
package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/wardline/wardline/seal"
)

const (
	keyFile    = "key"
	lockFile   = "lock"
	unfinished = ".tmp"
	private    = 0o600
	folder     = 0o700
)

// ErrInUse means that another process has the vault.
var ErrInUse = errors.New("vault: in use by another process")

// Dir is an open vault. It may be used by several goroutines, each name by one at a time.
type Dir struct {
	path string
	ring *seal.Keyring
	lock *os.File
}

// Open opens or begins a vault. It belongs to this process until Close or the process's end.
func Open(path string) (*Dir, error) {
	if err := os.MkdirAll(path, folder); err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(path, lockFile), os.O_CREATE|os.O_RDWR, private)
	if err != nil {
		return nil, fmt.Errorf("vault: %w", err)
	}
	d := &Dir{path: path, lock: lock}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(ErrInUse, d.Close())
	}
	if d.ring, err = d.keyring(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// Close lets another process have the vault.
func (d *Dir) Close() error { return d.lock.Close() }

func (d *Dir) keyring() (*seal.Keyring, error) {
	text, err := os.ReadFile(filepath.Join(d.path, keyFile))
	if errors.Is(err, fs.ErrNotExist) && d.fresh() {
		text = []byte(seal.NewKey() + "\n")
		err = d.write(keyFile, text)
	}
	if err != nil {
		return nil, fmt.Errorf("vault: key: %w", err)
	}
	ring, err := seal.ParseKeyring(string(text))
	if err != nil {
		return nil, fmt.Errorf("vault: key: %w", err)
	}
	return ring, nil
}

// fresh reports whether nothing was kept here yet. A new key beside old files would turn all of
// them into damaged ones.
func (d *Dir) fresh() bool {
	names, err := d.Names(".")
	return err == nil && len(names) == 1 && names[0] == lockFile
}

// Put writes a file. When it returns nil, the file is on the disk.
func (d *Dir) Put(name string, plain []byte) error {
	if err := d.write(name, d.ring.Seal(name, plain)); err != nil {
		return fmt.Errorf("vault: %w", err)
	}
	return nil
}

// write replaces a file by way of another name: a rename is all or nothing, and it is in the
// directory for good once that has been synced.
func (d *Dir) write(name string, content []byte) error {
	path := filepath.Join(d.path, name)
	if err := makeDir(filepath.Dir(path)); err != nil {
		return err
	}
	f, err := os.OpenFile(path+unfinished, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, private)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+unfinished, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// makeDir makes a folder in an existing one, for good.
func makeDir(path string) error {
	err := os.Mkdir(path, folder)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return errors.Join(err, syncDir(filepath.Dir(path)))
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Get reads a file: fs.ErrNotExist if there is none, seal.ErrSealed if it is damaged.
func (d *Dir) Get(name string) ([]byte, error) {
	sealed, err := os.ReadFile(filepath.Join(d.path, name))
	if err != nil {
		return nil, err
	}
	return d.ring.Open(name, sealed)
}

// Names lists the files of a folder.
func (d *Dir) Names(folder string) ([]string, error) {
	found, err := os.ReadDir(filepath.Join(d.path, folder))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, f := range found {
		if !f.IsDir() && !strings.HasSuffix(f.Name(), unfinished) {
			names = append(names, f.Name())
		}
	}
	return names, err
}

// Aside keeps a damaged file under another name, for whoever wants to look at it.
func (d *Dir) Aside(name string) error {
	path := filepath.Join(d.path, name)
	aside := filepath.Join(d.path, "damaged", filepath.Base(name))
	if err := makeDir(filepath.Dir(aside)); err != nil {
		return err
	}
	if err := os.Rename(path, aside); err != nil {
		return err
	}
	return errors.Join(syncDir(filepath.Dir(path)), syncDir(filepath.Dir(aside)))
}
