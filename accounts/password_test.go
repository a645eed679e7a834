package accounts

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wardline/wardline/hub"
)

func TestCheckPassword(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ login, password, code string }{
		"good":                  {"eva", "drei grüne Äpfel", ""},
		"eleven":                {"eva", "drei grüne ", "short"},
		"twelve umlauts":        {"eva", "äöüÄÖÜßéèêáà", ""},
		"1,024 bytes":           {"eva", strings.Repeat("abcd", 256), ""},
		"1,025 bytes":           {"eva", strings.Repeat("abcd", 256) + "e", "long"},
		"the login":             {"eva.mustermann", "Eva.Mustermann", "weak"},
		"common":                {"eva", "Krankenhaus123", "weak"},
		"common, last line":     {"eva", "CorrectHorseBatteryStaple", "weak"},
		"part of a common one":  {"eva", "krankenhaus12345!", ""},
		"across two lines":      {"eva", "password12345\npassword123456", ""},
		"three different signs": {"eva", "abcabcabcabcabc", "weak"},
		"empty":                 {"eva", "", "short"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := checkPassword("test", c.login, c.password)
			var e *hub.Error
			errors.As(err, &e)
			if c.code == "" && err != nil || c.code != "" && (e == nil || e.Code != c.code || e.Kind != hub.Invalid || e.Field != "password") {
				t.Errorf("got %v, want %q", err, c.code)
			}
			if err != nil && c.password != "" && strings.Contains(err.Error(), c.password) {
				t.Error("the error tells the password")
			}
		})
	}
}

// TestCommonPasswordsAreWorthTheirPlace: shorter ones are refused anyway.
func TestCommonPasswordsAreWorthTheirPlace(t *testing.T) {
	t.Parallel()
	for line := range strings.Lines(common) {
		p := strings.TrimSuffix(line, "\n")
		if p != strings.ToLower(p) || len([]rune(p)) < minPassword {
			t.Errorf("%q is upper case or shorter than %d", p, minPassword)
		}
	}
}

func TestHashes(t *testing.T) {
	t.Parallel()
	h, err := newHasher()
	if err != nil {
		t.Fatal(err)
	}
	hash, err := h.hash(t.Context(), "secret")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=47104,t=1,p=1$") {
		t.Fatalf("%q %v", hash, err)
	}
	for name, c := range map[string]struct {
		secret, hash string
		want         bool
	}{"right": {"secret", hash, true}, "wrong": {"Secret", hash, false}, "no hash": {"secret", "", false}} {
		if ok, err := h.matches(t.Context(), c.secret, c.hash); err != nil || ok != c.want {
			t.Errorf("%s: %v %v", name, ok, err)
		}
	}
	if _, err := h.matches(t.Context(), "secret", "rubbish"); err == nil {
		t.Error("a broken hash is no error")
	}
}

// TestHasherRunsTwoAtATimeAndRefusesAFlood counts, it does not measure.
func TestHasherRunsTwoAtATimeAndRefusesAFlood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &hasher{running: make(chan struct{}, hashersAtOnce), queued: make(chan struct{}, hashersAtOnce+hashersWaiting)}
		release := make(chan struct{})
		results := make(chan error, 200)
		started := make(chan struct{}, 200)
		for range 200 {
			go func() {
				results <- h.do(t.Context(), func() error {
					started <- struct{}{}
					<-release
					return nil
				})
			}()
		}
		synctest.Wait()
		if n := len(started); n != hashersAtOnce {
			t.Errorf("%d run at once", n)
		}
		if n := len(results); n != 200-hashersAtOnce-hashersWaiting {
			t.Errorf("%d were refused", n)
		}
		for range len(results) {
			if err := <-results; hub.KindOf(err) != hub.TooMany {
				t.Errorf("refused with %v", err)
			}
		}
		close(release)
		synctest.Wait()
		for range hashersAtOnce + hashersWaiting {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
	})
}

func TestHasherLetsGoWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := &hasher{running: make(chan struct{}, 1), queued: make(chan struct{}, 2)}
		h.running <- struct{}{}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := h.do(ctx, func() error { return nil }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if len(h.queued) != 0 {
			t.Error("its place in the queue is lost")
		}
	})
}

func TestCodes(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		c := newCode()
		if len(c) != codeLength || strings.Trim(c, codeAlphabet) != "" || seen[c] {
			t.Fatalf("code %q", c)
		}
		seen[c] = true
	}
	for in, want := range map[string]string{"abcde-fghjk": "ABCDEFGHJK", " AB CD E2345 ": "ABCDE2345", "": ""} {
		if got := normalCode(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
	if len(codeAlphabet) != 32 || strings.ContainsAny(codeAlphabet, "IO01") {
		t.Error("the alphabet is not 32 distinct letters; codes would be biased or unreadable")
	}
}

func TestNormalLogin(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{" Eva.Müller ": "eva.müller", "a\x00b": "ab", "\xff": "", strings.Repeat("x", 300): strings.Repeat("x", 255)} {
		if got := normalLogin(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzParseToken(f *testing.F) {
	token, _ := newToken(hub.NewID[hub.ClinicID]())
	f.Add(token)
	f.Add("")
	f.Add(".")
	f.Add(token + "x")
	f.Fuzz(func(t *testing.T, s string) {
		clinic, _, ok := parseToken(s)
		if ok && (!hub.ValidID(string(clinic)) || len(s) != 36+1+43) {
			t.Errorf("accepted %q", s)
		}
	})
}

func TestTokensDiffer(t *testing.T) {
	t.Parallel()
	clinic := hub.NewID[hub.ClinicID]()
	a, hashA := newToken(clinic)
	b, hashB := newToken(clinic)
	if a == b || hashA == hashB {
		t.Error("two tokens are alike")
	}
	got, hash, ok := parseToken(a)
	if !ok || got != clinic || hash != hashA {
		t.Errorf("parse: %v %v", got, ok)
	}
}
