package messaging_test

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// shelf is a store that remembers what it was asked; tests of the real one stand in store.
type shelf struct {
	messaging.Store
	puts  []*messaging.Put
	err   error
	limit int
	after int64
}

func (s *shelf) Append(_ context.Context, puts []*messaging.Put) error {
	s.puts = append(s.puts, puts...)
	return s.err
}

func (s *shelf) Since(_ context.Context, _ hub.ClinicID, _ hub.DeviceID, _ hub.RoomID, after int64, limit int) ([]messaging.Delivery, error) {
	s.after, s.limit = after, limit
	return nil, nil
}

// crier counts what is published, and checks that it is stored by then.
type crier struct {
	shelf *shelf
	puts  int
	early bool
}

func (c *crier) Publish(puts []*messaging.Put) {
	c.puts += len(puts)
	c.early = c.early || len(c.shelf.puts) < c.puts
}

func goodPut() *messaging.Put {
	return &messaging.Put{
		Clinic: hub.NewID[hub.ClinicID](),
		Item:   messaging.Item{Room: hub.NewID[hub.RoomID](), ID: hub.NewID[string](), Kind: messaging.ItemAlert, Ref: "r", Body: []byte("x")},
		Wraps:  []messaging.Wrap{{Device: hub.NewID[hub.DeviceID](), KEK: make([]byte, 8), Enc: make([]byte, 1120), Row: make([]byte, 60)}},
	}
}

func TestAppendPublishesWhatIsCommitted(t *testing.T) {
	t.Parallel()
	s := &shelf{}
	c := &crier{shelf: s}
	l := messaging.NewLog(s, c)
	if err := l.Append(t.Context(), []*messaging.Put{goodPut(), goodPut()}); err != nil || c.puts != 2 || c.early {
		t.Errorf("%v, %d published, too early: %v", err, c.puts, c.early)
	}
	if err := l.Append(t.Context(), nil); err != nil || c.puts != 2 {
		t.Errorf("nothing: %v, %d published", err, c.puts)
	}
	s.err = errors.New("down")
	if err := l.Append(t.Context(), []*messaging.Put{goodPut()}); !errors.Is(err, s.err) || c.puts != 2 {
		t.Errorf("not committed: %v, %d published", err, c.puts)
	}
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*messaging.Put)
		field  string
	}{
		"no clinic":     {func(p *messaging.Put) { p.Clinic = "" }, "clinic"},
		"no room":       {func(p *messaging.Put) { p.Item.Room = "4B" }, "room"},
		"no id":         {func(p *messaging.Put) { p.Item.ID = "" }, "id"},
		"no kind":       {func(p *messaging.Put) { p.Item.Kind = "" }, "kind"},
		"long ref":      {func(p *messaging.Put) { p.Item.Ref = strings.Repeat("x", 256) }, "ref"},
		"empty":         {func(p *messaging.Put) { p.Item.Body = nil }, "body"},
		"too large":     {func(p *messaging.Put) { p.Item.Body = make([]byte, 65537) }, "body"},
		"short kek":     {func(p *messaging.Put) { p.Wraps[0].KEK = p.Wraps[0].KEK[1:] }, "wraps"},
		"short enc":     {func(p *messaging.Put) { p.Wraps[0].Enc = p.Wraps[0].Enc[1:] }, "wraps"},
		"empty row":     {func(p *messaging.Put) { p.Wraps[0].Row = nil }, "wraps"},
		"huge row":      {func(p *messaging.Put) { p.Wraps[0].Row = make([]byte, 257) }, "wraps"},
		"wrap for none": {func(p *messaging.Put) { p.Wraps[0].Device = "" }, "wraps"},
	} {
		s := &shelf{}
		bad := goodPut()
		c.change(bad)
		err := messaging.NewLog(s, &crier{shelf: s}).Append(t.Context(), []*messaging.Put{goodPut(), bad})
		var he *hub.Error
		if !errors.As(err, &he) || he.Kind != hub.Invalid || he.Field != c.field || len(s.puts) != 0 {
			t.Errorf("%s: %v, %d stored", name, err, len(s.puts))
		}
	}
}

func TestSinceBoundsPages(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		after, wantAfter int64
		limit, want      int
	}{{5, 5, 10, 10}, {-1, 0, 0, 200}, {0, 0, 201, 200}, {0, 0, 200, 200}, {0, 0, -3, 200}} {
		s := &shelf{}
		if _, err := messaging.NewLog(s, nil).Since(t.Context(), "c", "d", "r", c.after, c.limit); err != nil {
			t.Fatal(err)
		}
		if s.limit != c.want || s.after != c.wantAfter {
			t.Errorf("after %d limit %d asked for after %d limit %d", c.after, c.limit, s.after, s.limit)
		}
	}
}

// TestNothingHereCanDecrypt holds promise 3 for this package, its fan-out and its parser: neither seal
// nor any cryptography that opens content is linked in.
func TestNothingHereCanDecrypt(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".", "./fanout", "./framing").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.Lines(string(out)) {
		switch dep = strings.TrimSpace(dep); {
		case strings.HasSuffix(dep, "wardline/seal"), dep == "crypto/hpke", dep == "crypto/aes", strings.Contains(dep, "x/crypto/"), strings.Contains(dep, "mls-go"):
			t.Errorf("%s is linked in", dep)
		}
	}
}
