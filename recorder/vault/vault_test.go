package vault

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/wardline/wardline/seal"
)

func open(t *testing.T, path string) *Dir {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func TestPutAndGet(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d := open(t, path)
	if _, err := d.Get("rooms/a"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	secret := []byte("what must not lie on the disk readably")
	for range 2 {
		if err := d.Put("rooms/a", secret); err != nil {
			t.Fatal(err)
		}
	}
	d.Close()
	d = open(t, path)
	if got, err := d.Get("rooms/a"); err != nil || !bytes.Equal(got, secret) {
		t.Errorf("read %q: %v", got, err)
	}
	if raw, _ := os.ReadFile(filepath.Join(path, "rooms/a")); bytes.Contains(raw, secret[:8]) {
		t.Error("the file is readable")
	}
	for _, name := range []string{"key", "rooms/a", "lock"} {
		if s, err := os.Stat(filepath.Join(path, name)); err != nil || s.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v: %v", name, s.Mode(), err)
		}
	}
	if names, err := d.Names("rooms"); err != nil || len(names) != 1 || names[0] != "a" {
		t.Errorf("names %v: %v", names, err)
	}
}

func TestOneProcessAtATime(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	open(t, path)
	if _, err := Open(path); !errors.Is(err, ErrInUse) {
		t.Errorf("opened a second time: %v", err)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func([]byte) []byte{
		"cut off":     func(b []byte) []byte { return b[:len(b)/2] },
		"empty":       func([]byte) []byte { return nil },
		"changed":     func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"never whole": func([]byte) []byte { return []byte("{}") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := t.TempDir()
			d := open(t, path)
			if err := d.Put("rooms/a", []byte("state")); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(path, "rooms/a")
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, damage(raw), 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := d.Get("rooms/a"); !errors.Is(err, seal.ErrSealed) {
				t.Errorf("read a damaged file: %v", err)
			}
			if err := d.Aside("rooms/a"); err != nil {
				t.Fatal(err)
			}
			if names, _ := d.Names("damaged"); len(names) != 1 {
				t.Errorf("kept aside: %v", names)
			}
		})
	}
}

// TestFilesCannotChangePlaces: whoever can write to the directory cannot give one room the
// state of another.
func TestFilesCannotChangePlaces(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d := open(t, path)
	if err := d.Put("rooms/a", []byte("state")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(path, "rooms/a"), filepath.Join(path, "rooms/b")); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get("rooms/b"); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("read a file from another place: %v", err)
	}
}

// TestAHalfWrittenFileIsNotSeen: what a crash leaves of a write is neither read nor listed.
func TestAHalfWrittenFileIsNotSeen(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d := open(t, path)
	if err := d.Put("rooms/a", []byte("old")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(path, "rooms/a.tmp"), []byte("hal"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := d.Get("rooms/a"); err != nil || string(got) != "old" {
		t.Errorf("read %q: %v", got, err)
	}
	if err := d.Put("rooms/a", []byte("new")); err != nil {
		t.Fatal(err)
	}
	if got, _ := d.Get("rooms/a"); string(got) != "new" {
		t.Errorf("read %q", got)
	}
	if names, _ := d.Names("rooms"); len(names) != 1 {
		t.Errorf("names %v", names)
	}
}

// TestAKeyIsNotReplaced: without its key a vault is not opened, since a new one would make
// every file a damaged one.
func TestAKeyIsNotReplaced(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	d := open(t, path)
	if err := d.Put("identity", []byte("who")); err != nil {
		t.Fatal(err)
	}
	d.Close()
	if err := os.Remove(filepath.Join(path, "key")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("opened without the key: %v", err)
	}
}
