package notify

import (
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
)

// A device gets a new key once a day, which takes 0.3 ms of a processor: with 10,000 of
// them the first emergency of the day would wait for seconds. So the keys of those on duty
// are made ahead, a few at a time, so that alerts meanwhile hardly notice.
const (
	warmEvery = 5 * time.Minute // for who has come on duty and what has expired since
	warmBatch = 32
	warmPause = 50 * time.Millisecond
)

// keepWarm warms at once and then again and again until ctx ends.
func (c *Cards) keepWarm(ctx context.Context) {
	for ctx.Err() == nil {
		if err := c.Warm(ctx); err != nil && ctx.Err() == nil {
			c.log.Warn("keys were not made ahead", "err", err)
		}
		rest(ctx, warmEvery, nil)
	}
}

// Warm makes the keys of all devices on duty that have none of today.
func (c *Cards) Warm(ctx context.Context) error {
	onDuty, err := c.box.DevicesOnDuty(ctx)
	if err != nil {
		return err
	}
	for clinic, ids := range onDuty {
		for some := range slices.Chunk(ids, warmBatch) {
			if err := c.warm(ctx, clinic, some); err != nil {
				return err
			}
		}
	}
	return nil
}

func (c *Cards) warm(ctx context.Context, clinic hub.ClinicID, ids []hub.DeviceID) error {
	keys, err := c.keys.get(ctx, c.box, clinic, ids)
	if err != nil {
		return err
	}
	devices := make([]seal.Device, 0, len(ids))
	for id, key := range keys {
		devices = append(devices, seal.Device{ID: string(id), Public: key})
	}
	start := time.Now()
	if err := c.sender.Warm(ctx, devices); err != nil {
		return err
	}
	if time.Since(start) > time.Millisecond { // some were made: others may have the processor
		rest(ctx, warmPause, nil)
	}
	return ctx.Err()
}
