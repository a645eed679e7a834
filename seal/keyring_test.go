package seal_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/wardline/wardline/seal"
)

func ring(t *testing.T, lines string) *seal.Keyring {
	t.Helper()
	r, err := seal.ParseKeyring(lines)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestKeyringOpensOnlyWhatItSealed(t *testing.T) {
	t.Parallel()
	a, b := seal.NewKey(), seal.NewKey()
	sealed := ring(t, a).Seal("message/1", []byte("Großmann, Jürgen"))
	if bytes.Contains(sealed, []byte("mann")) {
		t.Fatal("plaintext shows")
	}
	flipped := bytes.Clone(sealed)
	flipped[len(flipped)-1] ^= 1
	for name, c := range map[string]struct {
		ring   *seal.Keyring
		place  string
		sealed []byte
		ok     bool
	}{
		"same key":                 {ring(t, a), "message/1", sealed, true},
		"new key in front":         {ring(t, b+"\n"+a), "message/1", sealed, true},
		"other key":                {ring(t, b), "message/1", sealed, false},
		"other place":              {ring(t, a), "message/2", sealed, false},
		"changed byte":             {ring(t, a), "message/1", flipped, false},
		"too short":                {ring(t, a), "message/1", sealed[:10], false},
		"empty":                    {ring(t, a), "message/1", nil, false},
		"comment and blank in key": {ring(t, "# old\n\n"+a), "message/1", sealed, true},
	} {
		got, err := c.ring.Open(c.place, c.sealed)
		if c.ok && (err != nil || string(got) != "Großmann, Jürgen") {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
		if !c.ok && !errors.Is(err, seal.ErrSealed) {
			t.Errorf("%s: got %q, %v; want ErrSealed", name, got, err)
		}
	}
}

func TestMACSurvivesANewSealingKey(t *testing.T) {
	t.Parallel()
	old := seal.NewKey()
	before := ring(t, old).MAC("visit", "3142")
	after := ring(t, seal.NewKey()+"\n"+old).MAC("visit", "3142")
	if !bytes.Equal(before, after) {
		t.Error("look-up value changed with the sealing key")
	}
	if bytes.Equal(before, ring(t, old).MAC("patient", "3142")) {
		t.Error("two domains share a value")
	}
}

func TestParseKeyringRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"empty": "", "not base64": "!!", "short": "c2hvcnQ="} {
		if _, err := seal.ParseKeyring(text); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
