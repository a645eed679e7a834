package framing_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/messaging/framing"
	"github.com/wardline/wardline/messaging/framing/framingtest"
)

const room = "01890a5d-ac96-774b-bcce-b302099a8057"

func eva() *framingtest.Device { return framingtest.NewDevice("klinik/eva/handy") }

func TestKeyPackage(t *testing.T) {
	t.Parallel()
	d := eva()
	from, till := time.Unix(1_700_000_000, 0).UTC(), time.Unix(1_800_000_000, 0).UTC()
	b := d.KeyPackage(framingtest.Package{NotBefore: from, NotAfter: till, LastResort: true})
	p, err := framing.ParseKeyPackage(b)
	if err != nil {
		t.Fatal(err)
	}
	ref := sha256.Sum256(append([]byte("\x1cMLS 1.0 KeyPackage Reference"), vector(b[4:])...))
	if string(p.Leaf.Identity) != d.Identity || !bytes.Equal(p.Leaf.SignatureKey, d.Key.Public().(ed25519.PublicKey)) ||
		!p.NotBefore.Equal(from) || !p.NotAfter.Equal(till) || !p.IsLastResort() || p.Ref != ref || !bytes.Equal(p.Raw, b[4:]) {
		t.Errorf("read %+v", p)
	}
	if p, err := framing.ParseKeyPackage(d.KeyPackage(framingtest.Package{})); err != nil || p.IsLastResort() {
		t.Errorf("a usual one: %v", err)
	}
}

// vector writes opaque<V> of 64 to 16,383 bytes.
func vector(b []byte) []byte {
	return append(binary.BigEndian.AppendUint16(nil, 1<<14|uint16(len(b))), b...)
}

// TestEveryBitOfAKeyPackageCounts: whichever bit is changed, it is refused or (a bit of what
// is not covered by a check of its own) at least not taken for the same offer.
func TestEveryBitOfAKeyPackageCounts(t *testing.T) {
	t.Parallel()
	good := eva().KeyPackage(framingtest.Package{})
	for i := range len(good) * 8 {
		bad := slices.Clone(good)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := framing.ParseKeyPackage(bad); err == nil {
			t.Fatalf("bit %d changed and nobody noticed", i)
		}
	}
	for n := range good {
		if _, err := framing.ParseKeyPackage(good[:n]); err == nil {
			t.Fatalf("cut at %d and nobody noticed", n)
		}
	}
}

func TestCommit(t *testing.T) {
	t.Parallel()
	d, one, two := eva(), eva().KeyPackage(framingtest.Package{}), eva().KeyPackage(framingtest.Package{})
	for name, path := range map[string]*framingtest.Device{"with a path": d, "without": nil} {
		b := framingtest.Commit{Room: room, Epoch: 7, Sender: 3, Adds: [][]byte{one, two}, Removes: []uint32{5, 1}, Path: path}.Message()
		c, err := framing.ParseCommit(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(c.Group, framingtest.GroupID(room)) || c.Epoch != 7 || c.Sender != 3 || !slices.Equal(c.Removes, []uint32{5, 1}) ||
			len(c.Adds) != 2 || !bytes.Equal(c.Adds[1].Raw, two[4:]) || (c.Path != nil) != (path != nil) {
			t.Errorf("%s: read %+v", name, c)
		}
		if path != nil && string(c.Path.Identity) != d.Identity {
			t.Errorf("path of %q", c.Path.Identity)
		}
		for n := range b {
			if _, err := framing.ParseCommit(b[:n]); !errors.Is(err, framing.ErrMalformed) && !errors.Is(err, framing.ErrPackage) {
				t.Fatalf("%s, cut at %d: %v", name, n, err)
			}
		}
		if _, err := framing.ParseCommit(append(b, 0)); !errors.Is(err, framing.ErrMalformed) {
			t.Errorf("%s, with a byte too many: %v", name, err)
		}
	}
}

func TestCommitRefusals(t *testing.T) {
	t.Parallel()
	d := eva()
	good := framingtest.Commit{Room: room, Epoch: 1, Path: d}
	at := func(b []byte, i int, v byte) []byte { b[i] = v; return b }
	const senderType = 4 + 17 + 8 // after the head, the group id and the epoch
	forged := d.KeyPackage(framingtest.Package{})
	forged[len(forged)-1] ^= 1
	swapped := *d
	swapped.Identity = "klinik/otto/handy"
	otherSource := framingtest.Commit{Room: room, Adds: [][]byte{d.KeyPackage(framingtest.Package{})}}.Message()
	for name, c := range map[string]struct {
		message []byte
		want    error
	}{
		"no message":             {nil, framing.ErrMalformed},
		"another version":        {at(good.Message(), 1, 2), framing.ErrMalformed},
		"a private message":      {framingtest.Private(room, 1, "", 32), framing.ErrMalformed},
		"an external sender":     {at(good.Message(), senderType, 2), framing.ErrSender},
		"a new member":           {at(good.Message(), senderType, 4), framing.ErrSender},
		"no commit":              {at(good.Message(), senderType+6, 2), framing.ErrMalformed},
		"by reference":           {framingtest.Commit{Room: room, Proposal: []byte{2, 1, 0}}.Message(), framing.ErrProposal},
		"an update":              {framingtest.Commit{Room: room, Proposal: []byte{1, 0, 2, 0}}.Message(), framing.ErrProposal},
		"a pre-shared key":       {framingtest.Commit{Room: room, Proposal: []byte{1, 0, 4, 0}}.Message(), framing.ErrProposal},
		"another group's rules":  {framingtest.Commit{Room: room, Proposal: []byte{1, 0, 7, 0}}.Message(), framing.ErrProposal},
		"half a remove":          {framingtest.Commit{Room: room, Proposal: []byte{1, 0, 3, 0}}.Message(), framing.ErrMalformed},
		"a forged package":       {framingtest.Commit{Room: room, Adds: [][]byte{forged}}.Message(), framing.ErrPackage},
		"neither path nor none":  {at(framingtest.Commit{Room: room}.Message(), senderType+8, 2), framing.ErrMalformed},
		"leaf of another source": {at(otherSource, bytes.Index(otherSource, []byte("klinik/eva/handy"))+16+11, 2), framing.ErrMalformed},
		"a path that is moved": {func() []byte {
			b := framingtest.Commit{Room: room, Sender: 3, Path: d}.Message()
			b[senderType+4] = 4
			return b
		}(), framing.ErrSender},
	} {
		if _, err := framing.ParseCommit(c.message); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

func TestPrivate(t *testing.T) {
	t.Parallel()
	b := framingtest.Private(room, 9, "aad", 300)
	p, err := framing.ParsePrivate(b)
	if err != nil || p.Epoch != 9 || string(p.AuthenticatedData) != "aad" || !bytes.Equal(p.Group, framingtest.GroupID(room)) {
		t.Errorf("read %+v, %v", p, err)
	}
	secret := slices.Clone(b)
	secret[4+17+8] = 3 // a commit
	for name, bad := range map[string][]byte{"a secret handshake": secret, "a byte too many": append(slices.Clone(b), 1), "cut": b[:40], "empty": framingtest.Private(room, 9, "", 0)} {
		if _, err := framing.ParsePrivate(bad); !errors.Is(err, framing.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWelcome(t *testing.T) {
	t.Parallel()
	packages := [][]byte{eva().KeyPackage(framingtest.Package{}), eva().KeyPackage(framingtest.Package{})}
	refs, err := framing.ParseWelcome(framingtest.Welcome(packages...))
	if err != nil || len(refs) != 2 {
		t.Fatalf("%d references, %v", len(refs), err)
	}
	for i, b := range packages {
		if p, err := framing.ParseKeyPackage(b); err != nil || p.Ref != refs[i] {
			t.Errorf("reference %d differs: %v", i, err)
		}
	}
	b := framingtest.Welcome(packages...)
	for n := range b {
		if _, err := framing.ParseWelcome(b[:n]); !errors.Is(err, framing.ErrMalformed) {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

// TestVectorLengths holds RFC 9420 section 2.1.2, with the examples of RFC 9000 it refers to.
func TestVectorLengths(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		length []byte
		fill   int
		ok     bool
	}{
		"one byte":             {[]byte{37}, 37, true},
		"two bytes":            {[]byte{0x7b, 0xbd}, 15293, true},
		"four bytes":           {[]byte{0x80, 0x00, 0x40, 0x00}, 16384, true},
		"two where one does":   {[]byte{0x40, 0x25}, 37, false},
		"four where two do":    {[]byte{0x80, 0x00, 0x3b, 0xbd}, 15293, false},
		"eight":                {[]byte{0xc0, 0, 0, 0, 0, 0, 0, 37}, 37, false},
		"longer than there is": {[]byte{0x9d, 0x7f, 0x3e, 0x7d}, 100, false},
	} {
		head := []byte{0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1} // a private message of group "" and epoch 0, up to its authenticated data
		_, err := framing.ParsePrivate(slices.Concat(head, c.length, make([]byte, c.fill), []byte{1, 'x', 1, 'x'}))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	d := eva()
	p := d.KeyPackage(framingtest.Package{})
	f.Add(p)
	f.Add(framingtest.Commit{Room: room, Adds: [][]byte{p}, Removes: []uint32{1}, Path: d}.Message())
	f.Add(framingtest.Welcome(p))
	f.Add(framingtest.Private(room, 1, "a/b", 64))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := slices.Clone(b)
		if c, err := framing.ParseCommit(b); (c == nil) == (err == nil) {
			t.Error("neither a commit nor an error")
		}
		if p, err := framing.ParseKeyPackage(b); (p == nil) == (err == nil) {
			t.Error("neither a package nor an error")
		}
		framing.ParsePrivate(b)
		framing.ParseWelcome(b)
		if !bytes.Equal(b, before) {
			t.Error("the input was changed")
		}
	})
}
