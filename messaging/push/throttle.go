package push

import (
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
)

// How long a push service keeps a push for a device it cannot reach, which is how long the
// hub counts on it.
const (
	calmLife    = 24 * time.Hour
	urgentLife  = 10 * time.Minute
	urgentPause = 15 * time.Second // before a device is woken again for something urgent
	maxRecent   = 50_000
)

// throttle remembers who was woken and has not come yet: one unanswered push is enough. The
// zero value is ready.
type throttle struct {
	mu sync.Mutex
	by map[hub.DeviceID]woken
}

type woken struct {
	at     time.Time
	urgent bool
}

// counts is how long a push that was sent stands for another one.
func (w woken) counts(urgent bool) time.Duration {
	switch {
	case urgent:
		return urgentPause
	case w.urgent:
		return urgentLife
	}
	return calmLife
}

// take reports whether a device is to be woken, and notes that it is.
func (t *throttle) take(d hub.DeviceID, urgent bool, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	last, was := t.by[d]
	if was && (last.urgent || !urgent) && now.Sub(last.at) < last.counts(urgent) {
		return false
	}
	if t.by == nil || len(t.by) >= maxRecent { // forgetting costs a push too many
		t.by = map[hub.DeviceID]woken{}
	}
	t.by[d] = woken{now, urgent}
	return true
}

func (t *throttle) forget(devices ...hub.DeviceID) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, d := range devices {
		delete(t.by, d)
	}
}
