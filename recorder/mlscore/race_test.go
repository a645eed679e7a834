package mlscore

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// device is number n of a clinic.
func device(n int) Signer {
	_, key, _ := ed25519.GenerateKey(nil)
	return Signer{Key: key, Identity: Identity{
		Clinic: "00000000-0000-4000-8000-000000000001",
		User:   fmt.Sprintf("00000000-0000-4000-8000-00000001%04d", n),
		Device: fmt.Sprintf("00000000-0000-4000-8000-00000002%04d", n),
	}}
}

func packageOf(t testing.TB, s Signer) Package {
	t.Helper()
	p, err := NewPackage(s, time.Now(), 24*time.Hour, false)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var roomID = []byte("0123456789abcdef")

// company is a group of n devices, each with its own view of it.
func company(t testing.TB, n int) []*Group {
	t.Helper()
	first := device(0)
	g, err := Create(roomID, first, packageOf(t, first))
	if err != nil {
		t.Fatal(err)
	}
	var signers []Signer
	var packages []Package
	var add [][]byte
	for i := 1; i < n; i++ {
		s := device(i)
		p := packageOf(t, s)
		signers, packages, add = append(signers, s), append(packages, p), append(add, p.Public)
	}
	s, err := g.Stage(nil, add)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Become(s.Next); err != nil {
		t.Fatal(err)
	}
	all := []*Group{g}
	for i, who := range signers {
		joined, _, err := Join(s.Welcome, who, packages[i:i+1])
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, joined)
	}
	return all
}

// ledger admits one commit per epoch.
type ledger struct {
	mu      sync.Mutex
	commits [][]byte
	lost    int
}

// admit takes a commit of an epoch by compare-and-set.
func (l *ledger) admit(epoch int, commit []byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if epoch != len(l.commits) {
		l.lost++
		return false
	}
	l.commits = append(l.commits, commit)
	return true
}

func (l *ledger) at(epoch int) ([]byte, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if epoch < len(l.commits) {
		return l.commits[epoch], true
	}
	return nil, false
}

// TestRacingCommitters: members commit at the same time, adding and removing; each epoch has
// one winner, and all end with the same secrets.
func TestRacingCommitters(t *testing.T) {
	t.Parallel()
	const members, epochs = 6, 40
	all := company(t, members)
	l := &ledger{}
	var wg sync.WaitGroup
	for i, g := range all {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(i), 7))
			for round := 0; ; round++ {
				if done, err := race(t, l, g, dice, 100*i+round+members, epochs); err != nil {
					t.Errorf("member %d in epoch %d: %v", i, g.Epoch(), err)
					return
				} else if done {
					return
				}
			}
		})
	}
	wg.Wait()
	for i, g := range all {
		if g.Epoch() != epochs+1 || !bytes.Equal(g.Authenticator(), all[0].Authenticator()) {
			t.Errorf("member %d is in epoch %d with other secrets than the first", i, g.Epoch())
		}
	}
	if l.lost == 0 {
		t.Error("nobody ever lost a race: nothing was tried")
	}
	t.Logf("%d epochs, %d commits lost", len(l.commits), l.lost)
}

// race follows what has been committed and then tries to be the next; true when all epochs are
// over.
func race(t *testing.T, l *ledger, g *Group, dice *rand.Rand, fresh, epochs int) (bool, error) {
	at := int(g.Epoch()) - 1
	if commit, ok := l.at(at); ok {
		return false, g.Apply(commit)
	}
	if at >= epochs {
		return true, nil
	}
	var remove []uint32
	var add [][]byte
	roster, err := g.Roster()
	if err != nil {
		return false, err
	}
	if len(roster) > 6 && dice.IntN(2) == 0 {
		remove = []uint32{roster[len(roster)-1].Index}
	} else if len(roster) < 9 {
		add = [][]byte{packageOf(t, device(fresh)).Public}
	}
	for _, r := range remove {
		if leaf, _ := g.Leaf(r); leaf.Identity.User < "00000000-0000-4000-8000-000000010006" {
			remove = nil // one of the committers
		}
	}
	s, err := g.Stage(remove, add)
	if err != nil {
		return false, err
	}
	if !l.admit(at, s.Commit) {
		return false, nil
	}
	return false, g.Become(s.Next)
}
