package seal_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/wardline/wardline/seal"
)

// vectors is testdata/vectors.json, which the chat client's tests read too. Byte strings
// are in hex.
type vectors struct {
	About string   `json:"about"`
	Cases []vector `json:"cases"`
}

type vector struct {
	Name         string `json:"name"`
	Device       string `json:"device"`
	DeviceSeed   hexed  `json:"deviceSeed"`
	DevicePublic hexed  `json:"devicePublic"`
	HubPublic    hexed  `json:"hubPublic"`
	KEK          hexed  `json:"kek"`
	Enc          hexed  `json:"enc"`
	Wrap         hexed  `json:"wrap"`
	Envelope     hexed  `json:"envelope"`
	Received     int64  `json:"received"` // milliseconds since 1970
	Want         want   `json:"want"`
}

// want is an error's name or what opening must yield.
type want struct {
	Error   string `json:"error,omitempty"` // format, signature, expired, sealed
	Kind    int    `json:"kind,omitempty"`
	ID      hexed  `json:"id,omitempty"`
	Created int64  `json:"created,omitempty"`
	Expires int64  `json:"expires,omitempty"`
	Context string `json:"context,omitempty"`
	Content string `json:"content,omitempty"`
}

type hexed []byte

func (h hexed) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(h)), nil }
func (h *hexed) UnmarshalText(b []byte) (err error) {
	*h, err = hex.DecodeString(string(b))
	return err
}

var vectorFile = filepath.Join("testdata", "vectors.json")

func readVectors(tb testing.TB) vectors {
	tb.Helper()
	b, err := os.ReadFile(vectorFile)
	if err != nil {
		tb.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func (v vector) open() (seal.Header, []byte, error) {
	r := seal.Recipient{Device: v.Device, Seed: v.DeviceSeed, Hub: ed25519.PublicKey(v.HubPublic)}
	row := seal.Row{Device: v.Device, KEK: v.KEK, Enc: v.Enc, Wrap: v.Wrap}
	return r.Open(v.Envelope, row, time.UnixMilli(v.Received))
}

func outcome(h seal.Header, content []byte, err error) want {
	for name, e := range map[string]error{
		"format": seal.ErrFormat, "signature": seal.ErrSignature, "expired": seal.ErrExpired, "sealed": seal.ErrSealed,
	} {
		if errors.Is(err, e) {
			return want{Error: name}
		}
	}
	if err != nil {
		return want{Error: err.Error()}
	}
	return want{"", int(h.Kind), h.ID[:], h.Created.UnixMilli(), h.Expires.UnixMilli(), string(h.Context), string(content)}
}

// The format is stored for ever, so what it was sealed to once must open for ever.
func TestVectors(t *testing.T) {
	t.Parallel()
	if os.Getenv("UPDATE") == "1" {
		writeVectors(t)
	}
	all := readVectors(t)
	if len(all.Cases) < 15 {
		t.Fatalf("only %d vectors", len(all.Cases))
	}
	for _, v := range all.Cases {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			got, _ := json.Marshal(outcome(v.open()))
			want, _ := json.Marshal(v.Want)
			if !bytes.Equal(got, want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// writeVectors makes new ones with fresh keys; the keys stand in the file and protect nothing.
func writeVectors(t *testing.T) {
	t.Helper()
	p, other := newParty(t, "0192f3c4-7a10-7000-8000-000000000001"), newParty(t, "0192f3c4-7a10-7000-8000-000000000002")
	card := `{"title":"Notruf Zi 302 Bett 2","prio":"urgent"}`
	h := seal.Header{Kind: 1, ID: [16]byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16},
		Created: noon, Expires: noon.Add(15 * time.Minute), Context: []byte("room=4b;alert=17")}
	sealed := p.seal(t, h, card, other.device)
	good := vectorOf(p, sealed, 0)
	good.Name = "alert card"
	good.Want = want{"", 1, h.ID[:], h.Created.UnixMilli(), h.Expires.UnixMilli(), string(h.Context), card}
	bare := h
	bare.Kind, bare.Context = 2, nil
	empty := vectorOf(p, p.seal(t, bare, ""), 0)
	empty.Name, empty.Want = "no context, no content", good.Want
	empty.Want.Kind, empty.Want.Context, empty.Want.Content = 2, "", ""
	last := good.but("last moment", "", func(v *vector) { v.Received = h.Expires.UnixMilli() })
	last.Want = good.Want
	cases := append([]vector{good, empty, last}, good.flips(len(card)+16)...)
	twin := vectorOf(p, p.seal(t, h, card), 0)
	next := h
	next.ID[0] = 99
	cases = append(cases,
		good.but("expired", "expired", func(v *vector) { v.Received = h.Expires.UnixMilli() + 1 }),
		good.but("another device's private key", "sealed", func(v *vector) { v.DeviceSeed, v.DevicePublic = other.seed, other.device.Public }),
		good.but("another device's id", "sealed", func(v *vector) { v.Device = other.device.ID }),
		good.but("another device's row", "sealed", func(v *vector) {
			v.KEK, v.Enc, v.Wrap = sealed.Rows[1].KEK, sealed.Rows[1].Enc, sealed.Rows[1].Wrap
		}),
		good.but("another envelope's row", "sealed", func(v *vector) { v.Wrap = p.seal(t, next, card).Rows[0].Wrap }),
		good.but("row with another content key", "sealed", func(v *vector) { v.Wrap = twin.Wrap }),
		good.but("another hub's key", "signature", func(v *vector) { v.HubPublic = hexed(other.hub) }),
		good.but("one byte more", "format", func(v *vector) { v.Envelope = append(v.Envelope, 0) }),
		good.but("one byte less", "format", func(v *vector) { v.Envelope = v.Envelope[:len(v.Envelope)-1] }),
		good.but("short wrap", "format", func(v *vector) { v.Wrap = v.Wrap[1:] }),
	)
	b, err := json.MarshalIndent(vectors{"Envelopes as described in seal/doc.go; rewritten by UPDATE=1 go test ./seal. Keys for tests only.", cases}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll("testdata", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(vectorFile, append(b, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}

func vectorOf(p party, sealed seal.Sealed, row int) vector {
	r := sealed.Rows[row]
	return vector{Device: p.device.ID, DeviceSeed: p.seed, DevicePublic: p.device.Public, HubPublic: hexed(p.hub),
		KEK: r.KEK, Enc: r.Enc, Wrap: r.Wrap, Envelope: sealed.Envelope, Received: noon.Add(time.Second).UnixMilli()}
}

// but copies v, changes the copy and expects the error.
func (v vector) but(name, wantError string, change func(*vector)) vector {
	v.Name, v.Want = name, want{Error: wantError}
	v.KEK, v.Enc, v.Wrap, v.Envelope = bytes.Clone(v.KEK), bytes.Clone(v.Enc), bytes.Clone(v.Wrap), bytes.Clone(v.Envelope)
	change(&v)
	return v
}

// flips changes one bit in each field of the envelope and of the row.
func (v vector) flips(cipherLen int) []vector {
	var out []vector
	end := len(v.Envelope)
	for _, f := range []struct {
		field, want string
		at          int
	}{
		{"version", "format", 0}, {"kind", "signature", 1}, {"id", "signature", 2}, {"sender", "signature", 18},
		{"created", "signature", 33}, {"expires", "signature", 41}, {"commitment", "signature", 42}, {"context length", "format", 75},
		{"context", "signature", 76}, {"ciphertext length", "format", end - 64 - cipherLen - 1},
		{"ciphertext", "signature", end - 64 - cipherLen}, {"tag", "signature", end - 65}, {"signature", "signature", end - 1},
	} {
		out = append(out, v.but("bit flipped in "+f.field, f.want, func(v *vector) { v.Envelope[f.at] ^= 1 }))
	}
	return append(out,
		v.but("bit flipped in kek name", "sealed", func(v *vector) { v.KEK[0] ^= 1 }),
		v.but("bit flipped in enc, ML-KEM part", "sealed", func(v *vector) { v.Enc[0] ^= 1 }),
		v.but("bit flipped in enc, X25519 part", "sealed", func(v *vector) { v.Enc[1100] ^= 1 }),
		v.but("bit flipped in wrap nonce", "sealed", func(v *vector) { v.Wrap[0] ^= 1 }),
		v.but("bit flipped in wrapped key", "sealed", func(v *vector) { v.Wrap[12] ^= 1 }),
		v.but("bit flipped in wrap tag", "sealed", func(v *vector) { v.Wrap[59] ^= 1 }))
}

// FuzzOpen: no bytes make it panic, and only the genuine ones open.
func FuzzOpen(f *testing.F) {
	all := readVectors(f).Cases
	for _, v := range all {
		f.Add([]byte(v.Envelope), []byte(v.KEK), []byte(v.Enc), []byte(v.Wrap))
	}
	genuine := map[string]bool{}
	for _, v := range all {
		if v.Want.Error == "" {
			genuine[string(v.Envelope)] = true
		}
	}
	base := all[0]
	f.Fuzz(func(t *testing.T, envelope, kek, enc, wrap []byte) {
		v := base
		v.Envelope, v.KEK, v.Enc, v.Wrap = envelope, kek, enc, wrap
		if _, _, err := v.open(); err == nil && !genuine[string(envelope)] {
			t.Errorf("opened a forged envelope: %x", envelope)
		}
	})
}
