package main

import (
	"context"
	"fmt"
	"time"

	"github.com/wardline/wardline/hub/hubtest"
)

const (
	mllpConns    = 8
	mllpRounds   = 5
	mllpClosed   = 4 * time.Second
	mllpSingle   = 2 * time.Second
	mllpOffered  = 200 // messages a second
	mllpOpen     = 6 * time.Second
	mllpOpens    = 3
	staffSeeded  = 500
	oneMFNIn     = 4 // of the mix; the others are ADT
	aimMLLPRatio = 2
	aimMLLPP99   = 50 // ms
	// roundSafety is added to a round before the parent gives it up.
	roundSafety = 60 * time.Second
)

// measureMLLP holds stored-and-acknowledged messages of eight connections against what one
// connection to the same database can insert, in turns.
func measureMLLP(ctx context.Context, b *bench) ([]result, error) {
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	addr, err := hubtest.FreeAddr()
	if err != nil {
		return nil, err
	}
	if _, err := b.admin.addConnector(ctx, "hl7v2-mllp", "KIS", map[string]any{"address": addr}); err != nil {
		return nil, err
	}
	load, err := startWorker()
	if err != nil {
		return nil, err
	}
	defer load.stop()
	m := &mllpFigure{bench: b, load: load, addr: addr}
	if err := m.seedStaff(ctx); err != nil {
		return nil, err
	}
	closed, err := m.closedLoop(ctx)
	if err != nil {
		return closed, err
	}
	open, err := m.openLoop(ctx)
	return append(closed, open...), err
}

type mllpFigure struct {
	*bench
	load  *worker
	addr  string
	round int
}

// send runs one round of load. Each round has numbers of its own, so that none of its
// messages is a repetition.
func (m *mllpFigure) send(ctx context.Context, a hl7Args) (hl7Result, error) {
	m.round++
	a.Addr, a.Round, a.Staff = m.addr, m.round, m.scaled(staffSeeded)
	var r hl7Result
	err := m.load.do(ctx, a.Length+roundSafety, "mllp", a, &r)
	if err == nil && r.Refused > 0 {
		err = fmt.Errorf("%d of %d messages were not accepted: %s", r.Refused, r.Sent, r.Why)
	}
	return r, err
}

// seedStaff sends the people the mix will change.
func (m *mllpFigure) seedStaff(ctx context.Context) error {
	_, err := m.send(ctx, hl7Args{Conns: mllpConns, Length: 30 * time.Second, Limit: m.scaled(staffSeeded), What: mixHire})
	if err != nil {
		return fmt.Errorf("seed staff: %w", err)
	}
	return nil
}

func (m *mllpFigure) closedLoop(ctx context.Context) ([]result, error) {
	var single, sent, ratio []float64
	var used cpu
	total := 0
	for range mllpRounds {
		var inserted insertResult
		args := insertArgs{URL: m.hub.databaseURL(), Clinic: m.clinic, Length: m.scaledTime(mllpSingle)}
		if err := m.load.do(ctx, args.Length+roundSafety, "insert", args, &inserted); err != nil {
			return nil, err
		}
		before := m.hub.cpu()
		r, err := m.send(ctx, hl7Args{Conns: mllpConns, Length: m.scaledTime(mllpClosed), What: mixAll})
		if err != nil {
			return nil, err
		}
		spent := m.hub.cpu().since(before)
		used, total = cpu{used.hub + spent.hub, used.postgres + spent.postgres}, total+r.Sent
		single, sent = append(single, inserted.PerSecond), append(sent, r.PerSecond)
		ratio = append(ratio, r.PerSecond/inserted.PerSecond)
	}
	rate := rounds("MLLP stored and ACKed, 8 connections", "msg/s", sent)
	rate.Note = fmt.Sprintf("1 MFN^M02 in %d, else ADT; %s", oneMFNIn, used.per(total, "hub"))
	base := rounds("single inserts, 1 connection", "commits/s", single)
	base.Note = "the same raw row, with the indexes of its table"
	return append([]result{rounds("MLLP ratio to single inserts", "x", ratio).atLeast(aimMLLPRatio), rate, base}, m.kinds(ctx)...), nil
}

// kinds tells the two halves of the mix apart, one round each.
func (m *mllpFigure) kinds(ctx context.Context) []result {
	var out []result
	for _, k := range []struct{ name, what string }{{"only MFN^M02 updates", mixStaff}, {"only ADT", mixADT}} {
		before := m.hub.cpu()
		r, err := m.send(ctx, hl7Args{Conns: mllpConns, Length: m.scaledTime(mllpClosed), What: k.what})
		if err != nil {
			continue
		}
		out = append(out, result{Figure: "MLLP, " + k.name, Unit: "msg/s", Value: r.PerSecond, Note: m.hub.cpu().since(before).per(r.Sent, "hub")})
	}
	return out
}

func (m *mllpFigure) openLoop(ctx context.Context) ([]result, error) {
	var p50, p99 []float64
	for range mllpOpens {
		r, err := m.send(ctx, hl7Args{Conns: mllpConns, Rate: mllpOffered, Length: m.scaledTime(mllpOpen), What: mixAll})
		if err != nil {
			return nil, err
		}
		p50, p99 = append(p50, r.ACK.P50), append(p99, r.ACK.P99)
	}
	return []result{
		rounds("MLLP at 200 msg/s offered, ACK p50", "ms", p50),
		rounds("MLLP at 200 msg/s offered, ACK p99", "ms", p99).atMost(aimMLLPP99),
	}, nil
}
