package main

import (
	"context"
	"fmt"
	"time"
)

const (
	crowdSize     = 10_000
	crowdPrefix   = "EVAK"
	crowdBound    = 3 * time.Minute // to open all sockets
	settleAtLeast = 20 * time.Second
	settleAtMost  = 150 * time.Second // Go collects at the latest after two minutes
	aimIdleKB     = 15.0
	emergencies   = 9
	aimLastMillis = 1000
)

// crowd is a whole house of signed-in devices that all belong to one ward, so that one
// emergency reaches every one of them.
type crowd struct {
	load    *worker
	size    int
	before  float64 // kB the hub had resident without them
	seconds float64 // it took them to connect
}

// openCrowd connects the crowd once per run.
func (b *bench) openCrowd(ctx context.Context) (*crowd, error) {
	if b.crowd != nil {
		return b.crowd, nil
	}
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	devices, err := b.seedWards(ctx, crowdPrefix, 1, b.scaled(crowdSize))
	if err != nil {
		return nil, err
	}
	c := &crowd{size: len(devices)}
	if c.before, err = b.settled(ctx, 0, 3*time.Second); err != nil {
		return nil, err
	}
	if c.load, err = startWorker(); err != nil {
		return nil, err
	}
	b.crowd = c
	var opened openResult
	err = c.load.do(ctx, crowdBound, "open", openArgs{Chat: b.hub.chat, Devices: devices}, &opened)
	c.seconds = opened.Seconds
	return c, err
}

// measureMemory holds the hub's resident memory with idle connections against that without.
func measureMemory(ctx context.Context, b *bench) ([]result, error) {
	c, err := b.openCrowd(ctx)
	if err != nil {
		return nil, err
	}
	after, err := b.settled(ctx, b.scaledTime(settleAtLeast), b.scaledTime(settleAtMost))
	if err != nil {
		return nil, err
	}
	note := fmt.Sprintf("%.0f MB with none, %.0f MB with %d idle, which took %.0f s to connect", c.before/1024, after/1024, c.size, c.seconds)
	each := result{Figure: "memory per idle connection", Unit: "kB", Value: (after - c.before) * 1.024 / float64(c.size), Note: note}
	return []result{each.atMost(aimIdleKB)}, nil
}

// settled returns the hub's resident memory in KiB once it has not fallen for five seconds,
// between atLeast and atMost after now.
func (b *bench) settled(ctx context.Context, atLeast, atMost time.Duration) (float64, error) {
	start, lowest, since := time.Now(), 0.0, time.Now()
	for {
		kb, err := residentKB(b.hub.cmd.Process.Pid)
		if err != nil {
			return 0, err
		}
		if lowest == 0 || kb < 0.995*lowest {
			lowest, since = kb, time.Now()
		}
		waited := time.Since(start)
		if waited >= atMost || waited >= atLeast && time.Since(since) >= 5*time.Second {
			return lowest, nil
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}

// measureEmergency raises one emergency after the other to the whole crowd.
func measureEmergency(ctx context.Context, b *bench) ([]result, error) {
	c, err := b.openCrowd(ctx)
	if err != nil {
		return nil, err
	}
	door, err := b.alarmDoor(ctx)
	if err != nil {
		return nil, err
	}
	var p50, p99, last []float64
	var cold float64
	var used cpu
	for i := range emergencies + 1 {
		before := b.hub.cpu()
		var s spread
		args := emergencyArgs{Door: door, Ward: crowdPrefix + "0", Expect: c.size, Key: newID(), Within: emergencyBound, Quiet: emergencyQuiet}
		if err := c.load.do(ctx, 2*emergencyBound, "emergency", args, &s); err != nil {
			return nil, fmt.Errorf("emergency %d: %w", i, err)
		}
		if i == 0 {
			cold = s.Last
			continue
		}
		spent := b.hub.cpu().since(before)
		used = cpu{used.hub + spent.hub, used.postgres + spent.postgres}
		p50, p99, last = append(p50, s.P50), append(p99, s.P99), append(last, s.Last)
	}
	b.crowd.load.stop()
	b.crowd = nil
	name := fmt.Sprintf("emergency to %d sockets", c.size)
	all := rounds(name+", last one (median)", "ms", last)
	all.Note = used.per(emergencies*c.size, "hub")
	worst := result{Figure: name + ", last one (worst of 9)", Unit: "ms", Value: worstOf(last), Note: "with so few rounds the p99 is the worst"}.atMost(aimLastMillis)
	first := result{Figure: name + ", last one, first of the day", Unit: "ms", Value: cold, Note: "makes a key for each device"}
	return []result{rounds(name+", p50", "ms", p50), rounds(name+", p99", "ms", p99), all, worst, first}, b.analyze(ctx)
}

func worstOf(values []float64) float64 {
	var worst float64
	for _, v := range values {
		worst = max(worst, v)
	}
	return worst
}
