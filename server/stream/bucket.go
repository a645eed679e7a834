package stream

import (
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
)

// bucket is a token bucket; the zero value is full.
type bucket struct {
	spent float64
	last  time.Time
}

func (b *bucket) take(now time.Time, rate, burst float64) bool {
	b.refill(now, rate)
	if b.spent+1 > burst {
		return false
	}
	b.spent++
	return true
}

func (b *bucket) refill(now time.Time, rate float64) {
	b.spent = max(0, b.spent-rate*now.Sub(b.last).Seconds())
	b.last = now
}

// allowance is what a device may send, over all its connections: coming back does not fill
// it again.
type allowance struct {
	mu sync.Mutex
	bucket
}

func (a *allowance) take(now time.Time, rate, burst float64) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.bucket.take(now, rate, burst)
}

// allowances are those of the devices that have sent lately.
type allowances struct {
	mu sync.Mutex
	of map[hub.DeviceID]*allowance
}

func (a *allowances) get(device hub.DeviceID) *allowance {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.of[device] == nil {
		if a.of == nil {
			a.of = map[hub.DeviceID]*allowance{}
		}
		a.of[device] = &allowance{}
	}
	return a.of[device]
}

// forget drops those that are full again and belong to no connection.
func (a *allowances) forget(now time.Time, rate float64, open func(hub.DeviceID) bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for device, of := range a.of {
		of.mu.Lock()
		of.refill(now, rate)
		full := of.spent == 0
		of.mu.Unlock()
		if full && !open(device) {
			delete(a.of, device)
		}
	}
}
