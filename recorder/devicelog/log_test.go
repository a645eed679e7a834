package devicelog

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
)

// vectors are the golden ones that every client checks itself by.
type vectors struct {
	Clinic hub.ClinicID
	User   hub.UserID
	Good   []struct {
		Entry
		Hash      string
		Account   []byte
		Certified []hub.DeviceID
	}
	Bad []struct {
		Name    string
		Known   int
		Fault   string
		Entries []Entry
	}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	raw, err := os.ReadFile("../../docs/protocols/vectors/device-log.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Good) == 0 || len(v.Bad) == 0 {
		t.Fatal("no vectors")
	}
	return v
}

// known is the log after the first n good entries.
func (v vectors) known(t testing.TB, n int) *Log {
	t.Helper()
	l := &Log{Clinic: v.Clinic, User: v.User}
	for _, g := range v.Good[:n] {
		var err error
		if l, err = l.Extend(append(tail(v, l), g.Entry)); err != nil {
			t.Fatalf("entry %d: %v", g.N, err)
		}
	}
	return l
}

func tail(v vectors, l *Log) []Entry {
	if l.N == 0 {
		return nil
	}
	return []Entry{v.Good[l.N-1].Entry}
}

func TestGoodVectors(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	for i, g := range v.Good {
		l := v.known(t, i+1)
		var certified []hub.DeviceID
		for id := range l.Devices {
			if l.Has(id) {
				certified = append(certified, id)
			}
		}
		slices.Sort(certified)
		if l.N != g.N || l.Head != g.Hash || !bytes.Equal(l.Account, g.Account) || !slices.Equal(certified, slices.Sorted(slices.Values(g.Certified))) {
			t.Errorf("after entry %d: %+v", g.N, l)
		}
	}
}

func TestBadVectors(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	faults := map[string]error{"bad": ErrEntry, "fork": ErrFork, "rollback": ErrRollback}
	for _, b := range v.Bad {
		t.Run(b.Name, func(t *testing.T) {
			t.Parallel()
			l := v.known(t, b.Known)
			before := *l
			if _, err := l.Extend(b.Entries); !errors.Is(err, faults[b.Fault]) || faults[b.Fault] == nil {
				t.Errorf("%v, want %s", err, b.Fault)
			}
			if l.N != before.N || l.Head != before.Head || len(l.Devices) != len(before.Devices) {
				t.Error("a refused answer has changed what was known")
			}
		})
	}
}

// TestLife goes through what one makes of a log, and what it then says of devices.
func TestLife(t *testing.T) {
	t.Parallel()
	_, first, _ := ed25519.GenerateKey(nil)
	_, second, _ := ed25519.GenerateKey(nil)
	phone, laptop := keys(), keys()
	l := &Log{Clinic: hub.NewID[hub.ClinicID](), User: hub.NewID[hub.UserID]()}
	var all []Entry
	step := func(e Entry, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
		if l, err = l.Extend(all[l.After():]); err != nil {
			t.Fatal(err)
		}
	}
	at := time.Now()
	step(l.Start(first, phone, at))
	step(l.AddDevice(first, laptop, at))
	if !l.Certified(laptop.Device, laptop.Sign) || l.Certified(laptop.Device, phone.Sign) {
		t.Error("a device is certified by its own key alone")
	}
	step(l.RevokeDevice(first, laptop.Device, at))
	if l.Certified(laptop.Device, laptop.Sign) || !l.Named(laptop.Device, laptop.Sign) {
		t.Error("a revoked device is known, and not certified")
	}
	step(l.AddDevice(first, laptop, at))
	step(l.Renew(second, laptop, at))
	if l.Certified(phone.Device, phone.Sign) || !l.Certified(laptop.Device, laptop.Sign) || l.Resets != 1 {
		t.Error("a reset leaves one device")
	}
	if e, err := l.AddDevice(first, phone, at); err != nil {
		t.Fatal(err)
	} else if _, err := l.Extend([]Entry{all[len(all)-1], e}); !errors.Is(err, ErrEntry) {
		t.Errorf("the old account key still certifies: %v", err)
	}
	all = nil
	if _, err := l.Extend(nil); !errors.Is(err, ErrRollback) {
		t.Errorf("nothing: %v", err)
	}
}

func keys() Keys {
	public, _, _ := ed25519.GenerateKey(nil)
	return Keys{Device: hub.NewID[hub.DeviceID](), Sign: public, KEM: []byte("kem")}
}

func FuzzEntry(f *testing.F) {
	v := readVectors(f)
	for _, g := range v.Good {
		f.Add(g.Body, g.Sig)
	}
	f.Fuzz(func(t *testing.T, body, sig []byte) {
		l := &Log{Clinic: v.Clinic, User: v.User}
		next, err := l.Extend([]Entry{{1, body, sig}})
		if err == nil && (next.N != 1 || len(next.Devices) != 1) {
			t.Errorf("took %q", body)
		}
	})
}
