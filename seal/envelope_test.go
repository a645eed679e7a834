package seal_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/seal"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

// party is a hub and one of its devices.
type party struct {
	sender *seal.Sender
	hub    ed25519.PublicKey
	device seal.Device
	seed   []byte
}

func newParty(tb testing.TB, deviceID string) party {
	tb.Helper()
	hub, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	sender, err := seal.NewSender(private)
	if err != nil {
		tb.Fatal(err)
	}
	seed, public, err := seal.NewDeviceKey()
	if err != nil {
		tb.Fatal(err)
	}
	return party{sender, hub, seal.Device{ID: deviceID, Public: public}, seed}
}

func (p party) recipient() seal.Recipient {
	return seal.Recipient{Device: p.device.ID, Seed: p.seed, Hub: p.hub}
}

func header(id byte) seal.Header {
	return seal.Header{Kind: 1, ID: [16]byte{id}, Created: noon, Expires: noon.Add(time.Hour), Context: []byte("room/alert")}
}

func (p party) seal(tb testing.TB, h seal.Header, content string, more ...seal.Device) seal.Sealed {
	tb.Helper()
	sealed, err := p.sender.Seal(h, []byte(content), append([]seal.Device{p.device}, more...))
	if err != nil {
		tb.Fatal(err)
	}
	return sealed
}

func TestOpenReturnsWhatWasSealed(t *testing.T) {
	t.Parallel()
	p := newParty(t, "device-1")
	for name, content := range map[string]string{
		"text": "Zi 302 Bett 2, Großmann", "empty": "", "largest": strings.Repeat("x", 65520),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sealed := p.seal(t, header(1), content)
			if content != "" && bytes.Contains(sealed.Envelope, []byte(content)) {
				t.Fatal("the content shows in the envelope")
			}
			h, got, err := p.recipient().Open(sealed.Envelope, sealed.Rows[0], noon)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(header(1), h); diff != "" || string(got) != content {
				t.Errorf("header %s, content equal: %v", diff, string(got) == content)
			}
		})
	}
}

func TestSizesAreThoseOfTheFormat(t *testing.T) {
	t.Parallel()
	sealed := newParty(t, "d").seal(t, header(1), "abc")
	row := sealed.Rows[0]
	want := []int{80 + len("room/alert") + 3 + 16 + 64, 8, 1120, 60}
	if diff := cmp.Diff(want, []int{len(sealed.Envelope), len(row.KEK), len(row.Enc), len(row.Wrap)}); diff != "" {
		t.Error(diff)
	}
}

func TestAnyChangedByteIsRefused(t *testing.T) {
	t.Parallel()
	p := newParty(t, "device-1")
	sealed := p.seal(t, header(1), "call")
	row := sealed.Rows[0]
	for name, part := range map[string][]byte{"envelope": sealed.Envelope, "kek": row.KEK, "enc": row.Enc, "wrap": row.Wrap} {
		t.Run(name, func(t *testing.T) {
			// Not parallel: each changes bytes the others read.
			for i := 0; i < len(part); i += 1 + len(part)/200 {
				part[i] ^= 0x10
				if _, content, err := p.recipient().Open(sealed.Envelope, row, noon); err == nil || content != nil {
					t.Errorf("byte %d changed: opened", i)
				}
				part[i] ^= 0x10
			}
		})
	}
	if _, _, err := p.recipient().Open(sealed.Envelope, row, noon); err != nil {
		t.Fatalf("unchanged again: %v", err)
	}
}

func TestAnyOtherLengthIsRefused(t *testing.T) {
	t.Parallel()
	p := newParty(t, "device-1")
	sealed := p.seal(t, header(1), "call")
	for n := range len(sealed.Envelope) {
		if _, _, err := p.recipient().Open(sealed.Envelope[:n], sealed.Rows[0], noon); !errors.Is(err, seal.ErrFormat) {
			t.Fatalf("first %d bytes: %v", n, err)
		}
	}
	if _, _, err := p.recipient().Open(append(sealed.Envelope, 0), sealed.Rows[0], noon); !errors.Is(err, seal.ErrFormat) {
		t.Errorf("one byte more: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	p, other := newParty(t, "device-1"), newParty(t, "device-2")
	mine := p.seal(t, header(1), "call", other.device)
	next := p.seal(t, header(2), "next")
	forged := other.seal(t, header(1), "forged")
	// The content key of another envelope with the same id, from the same hub.
	twin := p.seal(t, header(1), "two texts under one id")
	otherSeed := p.recipient()
	otherSeed.Seed = other.seed
	renamed := p.recipient()
	renamed.Device = "device-2"
	keyless := p.recipient()
	keyless.Hub = nil
	for name, c := range map[string]struct {
		who      seal.Recipient
		envelope []byte
		row      seal.Row
		at       time.Time
		want     error
	}{
		"another device's row":      {p.recipient(), mine.Envelope, mine.Rows[1], noon, seal.ErrSealed},
		"another envelope's row":    {p.recipient(), mine.Envelope, next.Rows[0], noon, seal.ErrSealed},
		"row with another key":      {p.recipient(), mine.Envelope, twin.Rows[0], noon, seal.ErrSealed},
		"row made by somebody else": {p.recipient(), mine.Envelope, forged.Rows[0], noon, seal.ErrSealed},
		"another private key":       {otherSeed, mine.Envelope, mine.Rows[0], noon, seal.ErrSealed},
		"another device id":         {renamed, mine.Envelope, mine.Rows[0], noon, seal.ErrSealed},
		"another hub":               {p.recipient(), forged.Envelope, forged.Rows[0], noon, seal.ErrSignature},
		"no hub key":                {keyless, mine.Envelope, mine.Rows[0], noon, seal.ErrSignature},
		"too late":                  {p.recipient(), mine.Envelope, mine.Rows[0], noon.Add(time.Hour + time.Millisecond), seal.ErrExpired},
		"no row":                    {p.recipient(), mine.Envelope, seal.Row{}, noon, seal.ErrFormat},
		"last moment":               {p.recipient(), mine.Envelope, mine.Rows[0], noon.Add(time.Hour), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, _, err := c.who.Open(c.envelope, c.row, c.at); !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestOneBadDeviceKeyKeepsNobodyElseFromTheAlert(t *testing.T) {
	t.Parallel()
	p := newParty(t, "good")
	sealed := p.seal(t, header(1), "call", seal.Device{ID: "bad", Public: []byte("no key")}, seal.Device{ID: "none"})
	if diff := cmp.Diff([]string{"bad", "none"}, sealed.Refused); diff != "" || len(sealed.Rows) != 1 {
		t.Fatalf("refused %s, rows %d", diff, len(sealed.Rows))
	}
	if _, _, err := p.recipient().Open(sealed.Envelope, sealed.Rows[0], noon); err != nil {
		t.Error(err)
	}
}

func TestSealRefusesWhatTheFormatCannotCarry(t *testing.T) {
	t.Parallel()
	p := newParty(t, "d")
	for name, c := range map[string]struct {
		change  func(*seal.Header)
		content int
	}{
		"content too long":     {func(*seal.Header) {}, 65521},
		"context too long":     {func(h *seal.Header) { h.Context = make([]byte, 4097) }, 1},
		"expires at creation":  {func(h *seal.Header) { h.Expires = h.Created }, 1},
		"zero creation":        {func(h *seal.Header) { h.Created = time.Time{} }, 1},
		"expiry beyond number": {func(h *seal.Header) { h.Expires = time.UnixMilli(1 << 53) }, 1},
	} {
		h := header(1)
		c.change(&h)
		if _, err := p.sender.Seal(h, make([]byte, c.content), nil); err == nil {
			t.Errorf("%s: sealed", name)
		}
	}
}

func TestKEKIsKeptForADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newParty(t, "device-1")
		kek := func(p party) string { return string(p.seal(t, header(1), "x").Rows[0].KEK) }
		first := kek(p)
		time.Sleep(24*time.Hour - time.Second)
		if kek(p) != first {
			t.Error("replaced within a day")
		}
		time.Sleep(time.Second)
		second := kek(p)
		if second == first {
			t.Error("not replaced after a day")
		}
		again := p
		if _, public, err := seal.NewDeviceKey(); err != nil {
			t.Fatal(err)
		} else if again.device.Public = public; kek(again) == second {
			t.Error("kept for a device that has another key now")
		}
		third := kek(p)
		p.sender.Forget("device-1")
		if kek(p) == third {
			t.Error("kept after Forget")
		}
	})
}

func TestWarmMakesWhatSealUses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newParty(t, "device-1")
		if err := p.sender.Warm(t.Context(), []seal.Device{p.device}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(24*time.Hour - time.Second)
		before := p.seal(t, header(1), "x").Rows[0].KEK
		time.Sleep(time.Second) // a day after Warm, a second after Seal
		if bytes.Equal(before, p.seal(t, header(2), "x").Rows[0].KEK) {
			t.Error("Seal made a KEK of its own")
		}
	})
}

func TestConcurrentSeals(t *testing.T) {
	t.Parallel()
	p := newParty(t, "device-1")
	done := make(chan error)
	for i := range 8 {
		go func() {
			sealed, err := p.sender.Seal(header(byte(i)), []byte("x"), []seal.Device{p.device})
			if err == nil {
				_, _, err = p.recipient().Open(sealed.Envelope, sealed.Rows[0], noon)
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestCheckDeviceKey(t *testing.T) {
	t.Parallel()
	p := newParty(t, "d")
	if err := seal.CheckDeviceKey(p.device.Public); err != nil {
		t.Error(err)
	}
	for name, key := range map[string][]byte{
		"empty": nil, "short": p.device.Public[1:], "seed": p.seed, "coefficients out of range": bytes.Repeat([]byte{0xff}, 1216),
	} {
		if err := seal.CheckDeviceKey(key); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := seal.NewSender(nil); err == nil {
		t.Error("NewSender without a key: accepted")
	}
}

func BenchmarkSeal10000Devices(b *testing.B) {
	p := newParty(b, "device")
	devices := make([]seal.Device, 10_000)
	for i := range devices {
		devices[i] = seal.Device{ID: fmt.Sprintf("0192f3c4-0000-7000-8000-%012d", i), Public: p.device.Public}
	}
	if err := p.sender.Warm(b.Context(), devices); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.sender.Seal(header(1), make([]byte, 500), devices); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(devices)), "ns/device")
}

func BenchmarkSealColdDevice(b *testing.B) {
	p := newParty(b, "device")
	for b.Loop() {
		p.sender.Forget("device")
		p.seal(b, header(1), "x")
	}
}

func BenchmarkOpen(b *testing.B) {
	p := newParty(b, "device")
	sealed := p.seal(b, header(1), "x")
	for b.Loop() {
		if _, _, err := p.recipient().Open(sealed.Envelope, sealed.Rows[0], noon); err != nil {
			b.Fatal(err)
		}
	}
}
