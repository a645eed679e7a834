package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
)

// TestWarmMakesKeysAhead: a card after it is sealed with the keys made then, also where
// there are more devices than one batch and one of them has no usable key.
func TestWarmMakesKeysAhead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := &desk{keys: map[hub.DeviceID][]byte{"broken": {1}}}
		var devices []seal.Device
		for i := range warmBatch + 3 {
			_, public, err := seal.NewDeviceKey()
			if err != nil {
				t.Fatal(err)
			}
			id := fmt.Sprint("d", i)
			d.keys[hub.DeviceID(id)] = public
			devices = append(devices, seal.Device{ID: id, Public: public})
		}
		sender, _ := newSender(t)
		c := NewCards(d, d, sender, slog.New(slog.DiscardHandler))
		if err := c.Warm(t.Context()); err != nil {
			t.Fatal(err)
		}
		// A key lives for a day: one that ends a day after Warm was made by it.
		keks := func() map[string]string {
			sealed, err := sender.Seal(seal.Header{Kind: kindAlert, Created: time.Now(), Expires: time.Now().Add(time.Hour)}, []byte("x"), devices)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]string{}
			for _, r := range sealed.Rows {
				out[r.Device] = string(r.KEK)
			}
			return out
		}
		time.Sleep(24*time.Hour - time.Second)
		before := keks()
		time.Sleep(time.Second)
		after := keks()
		for _, dev := range devices {
			if before[dev.ID] == "" || before[dev.ID] == after[dev.ID] {
				t.Errorf("the key of %s was not made ahead", dev.ID)
			}
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if err := c.Warm(ended); !errors.Is(err, context.Canceled) {
			t.Errorf("after the end: %v", err)
		}
	})
}
