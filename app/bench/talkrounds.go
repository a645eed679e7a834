package main

import (
	"context"
	"fmt"
	"time"
)

// talkLoad is one kind of round. With a rate it is an open loop and held against the clock;
// without, the hub is held against the peer.
type talkLoad struct {
	name   string
	inRoom bool // else in pairs
	atOnce int  // messages in flight in each group
	rate   int  // a second; 0: each group goes on as soon as it is done
	length time.Duration
}

// compare runs every load at every side, who begins changing from round to round.
func (f *talkFigure) compare(ctx context.Context) ([]result, error) {
	loads := []talkLoad{
		{name: "pairs", atOnce: pairsAtOnce, length: talkRound},
		{name: fmt.Sprintf("room of %d", f.scaled(talkRoom)), inRoom: true, atOnce: roomAtOnce, length: talkRound},
		{name: fmt.Sprintf("pairs at %d/s", f.scaled(talkOffered)), rate: f.scaled(talkOffered), length: talkOpen},
	}
	var out []result
	for _, l := range loads {
		got, err := f.compareBy(ctx, l)
		out = append(out, got...)
		if err != nil {
			return out, fmt.Errorf("%s: %w", l.name, err)
		}
	}
	return out, f.checkArchives(ctx)
}

// tally is what the rounds of one load at one side gave.
type tally struct {
	rate, p50, p99 []float64
	used           cpu
	sent           int
}

func (f *talkFigure) compareBy(ctx context.Context, l talkLoad) ([]result, error) {
	tallies := make([]tally, len(f.sides))
	for round := range talkRounds + 1 {
		for i := range f.sides {
			i = (i + round) % len(f.sides)
			length := f.scaledTime(l.length)
			if round == 0 {
				length /= 4 // warms up and does not count
			}
			if err := f.round(ctx, l, length, f.sides[i], &tallies[i]); err != nil {
				return nil, fmt.Errorf("%s: %w", f.sides[i].name, err)
			}
			if round == 0 {
				tallies[i] = tally{}
			}
		}
	}
	return f.results(l, tallies), nil
}

func (f *talkFigure) round(ctx context.Context, l talkLoad, length time.Duration, s *side, t *tally) error {
	groups := s.pairs
	if l.inRoom {
		groups = s.room
	}
	workers := l.atOnce * len(groups)
	if l.rate > 0 {
		workers = openAtOnce
	}
	before := f.used(s)
	var r talkResult
	args := talkArgs{Protocol: s.protocol, Groups: groups, Workers: workers, Rate: l.rate, Length: length}
	if err := f.load.do(ctx, length+roundSafety, "talk", args, &r); err != nil {
		return err
	}
	if r.Missing > 0 || r.Sent == 0 {
		return fmt.Errorf("%d of %d messages did not arrive: %s", r.Missing, r.Sent, r.Why)
	}
	if l.inRoom {
		s.sent.room += r.Sent
	} else {
		s.sent.pairs += r.Sent
	}
	t.rate, t.p50, t.p99 = append(t.rate, r.PerSecond), append(t.p50, r.Latency.P50), append(t.p99, r.Latency.P99)
	// What a server does afterwards, such as writing receipts, belongs to the messages too.
	if err := f.idle(ctx, s); err != nil {
		return err
	}
	spent := f.used(s).since(before)
	t.used, t.sent = cpu{t.used.hub + spent.hub, t.used.postgres + spent.postgres}, t.sent+r.Sent
	return nil
}

func (f *talkFigure) results(l talkLoad, tallies []tally) []result {
	var out []result
	for i, s := range f.sides {
		out = append(out, l.line(s, tallies[i]))
	}
	if len(f.sides) < 2 || l.rate > 0 {
		return out
	}
	hub, peer := tallies[0], tallies[1]
	return append(out,
		rounds("chat, "+l.name+", rate, hub : ejabberd", "x", ratios(hub.rate, peer.rate)).atLeast(aimTalkRatio),
		rounds("chat, "+l.name+", p99, hub : ejabberd", "x", ratios(hub.p99, peer.p99)).atMost(1))
}

// line is what one side did under a load: its rate, or under an offered one its p99.
func (l talkLoad) line(s *side, t tally) result {
	name := fmt.Sprintf("chat, %s, %s", l.name, s.name)
	p50, p99, cost := number(median(t.p50)), number(median(t.p99)), t.used.per(t.sent, s.name)
	if l.rate == 0 {
		r := rounds(name, "msg/s", t.rate)
		r.Note = fmt.Sprintf("durable; p50 %s, p99 %s ms; %s", p50, p99, cost)
		return r
	}
	r := rounds(name+", p99", "ms", t.p99)
	r.Note = fmt.Sprintf("p50 %s ms; %s", p50, cost)
	if s.protocol == overHub {
		r = r.atMost(aimTalkP99)
	}
	return r
}

func ratios(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return out
}

// checkArchives holds what was sent against what the database has: a server that had told
// receivers of messages and not yet kept them would be found out.
func (f *talkFigure) checkArchives(ctx context.Context) error {
	for _, s := range f.sides {
		got, err := s.archived(ctx)
		if err != nil {
			return err
		}
		if want := s.copies(s.sent); got != want {
			return fmt.Errorf("%s has %d messages in its archive, %d were sent", s.name, got, want)
		}
	}
	return nil
}
