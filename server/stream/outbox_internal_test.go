package stream

import (
	"bytes"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

func FuzzParsePost(f *testing.F) {
	f.Add([]byte{2, 0, 0, 0, 2, '{', '}', 'x'})
	f.Add(append([]byte{2, 0, 0, 0, 98}, `{"room":"eeeeeeee-0000-7000-8000-000000000001","id":"ffffffff-0000-7000-8000-000000000001"}  body`...))
	f.Add([]byte{2, 255, 255, 255, 255})
	f.Add([]byte{1})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, frame []byte) {
		m, err := parsePost(frame)
		if err != nil {
			if m != nil {
				t.Error("an error and a message")
			}
			return
		}
		if !hub.ValidID(string(m.Room)) || !hub.ValidID(m.ID) || !bytes.HasSuffix(frame, m.Body) {
			t.Errorf("taken apart as %+v", m)
		}
		if m.Code == "" && (len(m.Body) == 0 || len(m.Body) > maxMessage || m.Epoch < 0 || m.Priority < messaging.Normal || m.Priority > messaging.Urgent) {
			t.Errorf("let through: %d bytes, epoch %d, priority %d", len(m.Body), m.Epoch, m.Priority)
		}
	})
}

func TestAllowancesAreForgottenWhenFull(t *testing.T) {
	t.Parallel()
	var a allowances
	start := time.Unix(1_800_000_000, 0)
	open := map[hub.DeviceID]bool{"here": true}
	for _, d := range []hub.DeviceID{"here", "away", "spent"} {
		a.get(d).take(start, 1, 10)
	}
	for range 9 {
		a.get("spent").take(start, 1, 10)
	}
	if a.get("spent").take(start, 1, 10) {
		t.Error("eleven of ten were taken")
	}
	a.forget(start.Add(2*time.Second), 1, func(d hub.DeviceID) bool { return open[d] })
	if a.of["here"] == nil || a.of["away"] != nil || a.of["spent"] == nil {
		t.Errorf("kept %v", a.of)
	}
	if !a.get("spent").take(start.Add(3*time.Second), 1, 10) {
		t.Error("does not fill again")
	}
}
