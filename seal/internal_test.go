package seal

import (
	"crypto/ed25519"
	"errors"
	"testing"
	"time"
)

// A hub must not be able to show two devices two texts under one signature: whatever key
// a row yields, only the one the envelope commits to is used.
func TestKeyWithoutTheCommitmentIsRefused(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewSender(private)
	if err != nil {
		t.Fatal(err)
	}
	seed, devicePublic, err := NewDeviceKey()
	if err != nil {
		t.Fatal(err)
	}
	now := time.UnixMilli(1_770_000_000_000)
	h := Header{Created: now, Expires: now.Add(time.Minute)}
	for name, committed := range map[string]bool{"committed": true, "not committed": false} {
		key := make([]byte, keyBytes)
		commit := commitment(h.ID, key)
		if !committed {
			commit[0] ^= 1
		}
		envelope := appendHead(nil, h, s.id, commit, tagBytes)
		head := envelope[:len(envelope):len(envelope)]
		envelope = gcm(key).Seal(envelope, make([]byte, nonceBytes), nil, head)
		envelope = append(envelope, ed25519.Sign(private, signed(head, envelope[len(head):]))...)
		k, err := encapsulate(Device{ID: "d", Public: devicePublic})
		if err != nil {
			t.Fatal(err)
		}
		nonce := make([]byte, nonceBytes, wrapBytes)
		row := Row{Device: "d", KEK: k.id, Enc: k.enc, Wrap: k.aead.Seal(nonce, nonce, key, rowAAD(nil, h.ID, k.id, "d"))}
		_, _, err = Recipient{Device: "d", Seed: seed, Hub: public}.Open(envelope, row, now)
		if committed && err != nil || !committed && !errors.Is(err, ErrSealed) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestKEKIsReplacedAfterItsUses(t *testing.T) {
	t.Parallel()
	s := &Sender{keks: map[string]*kek{}}
	_, public, err := NewDeviceKey()
	if err != nil {
		t.Fatal(err)
	}
	devices := []Device{{ID: "d", Public: public}}
	first := s.keksFor(t.Context(), devices)[0]
	first.uses.Store(kekUses - 1)
	if s.keksFor(t.Context(), devices)[0] != first {
		t.Error("replaced before its last use")
	}
	if s.keksFor(t.Context(), devices)[0] == first {
		t.Error("used too often")
	}
}

func TestExpiredKEKsOfGoneDevicesAreDropped(t *testing.T) {
	t.Parallel()
	s := &Sender{keks: map[string]*kek{"gone": {made: time.Now().Add(-kekLife)}, "here": {made: time.Now()}}}
	s.sweep(time.Now())
	if _, gone := s.keks["gone"]; gone || len(s.keks) != 1 {
		t.Errorf("kept: %v", s.keks)
	}
}

// What the format cannot carry is refused before any cryptography sees it.
func TestSplitHoldsTheLimits(t *testing.T) {
	t.Parallel()
	envelope := func(change func(h *Header), cipherLen int) []byte {
		h := Header{Created: time.UnixMilli(1), Expires: time.UnixMilli(2)}
		change(&h)
		b := appendHead(nil, h, [senderBytes]byte{}, commitment(h.ID, nil), cipherLen)
		return append(b, make([]byte, cipherLen+ed25519.SignatureSize)...)
	}
	same := func(*Header) {}
	for name, c := range map[string]struct {
		change    func(*Header)
		cipherLen int
		want      error
	}{
		"shortest":               {same, tagBytes, nil},
		"largest":                {func(h *Header) { h.Context = make([]byte, maxContext) }, maxCipher, nil},
		"no room for a tag":      {func(h *Header) { h.Context = make([]byte, 8) }, tagBytes - 1, ErrFormat},
		"ciphertext too long":    {same, maxCipher + 1, ErrFormat},
		"context too long":       {func(h *Header) { h.Context = make([]byte, maxContext+1) }, tagBytes, ErrFormat},
		"creation beyond number": {func(h *Header) { h.Created = time.UnixMilli(maxMillis + 1) }, tagBytes, ErrFormat},
		"expiry beyond number":   {func(h *Header) { h.Expires = time.UnixMilli(maxMillis + 1) }, tagBytes, ErrFormat},
	} {
		if _, err := split(envelope(c.change, c.cipherLen)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
