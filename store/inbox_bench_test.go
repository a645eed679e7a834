package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store"
)

// benchSenders is how many senders wait for their commit at any time, as eight MLLP
// connections do: nobody sends the next message before the last one is acknowledged.
const benchSenders = 8

// BenchmarkInboxStaff is staff messages about one person each. "known" says what is there
// already, "phone" changes one value, "hire" makes a person with an account.
func BenchmarkInboxStaff(b *testing.B) {
	for name, change := range map[string]func(n int) directory.Change{
		"known": func(n int) directory.Change { return nurse(fmt.Sprint(1000+n%500), "Vor", "Name") },
		"phone": func(n int) directory.Change { return withPhone(n) },
		"hire":  func(n int) directory.Change { return nurse(fmt.Sprint(100_000+n), "Vor", "Name") },
	} {
		b.Run(name, func(b *testing.B) {
			benchInbox(b, func(ctx context.Context, box *store.Inbox, n int) error {
				return box.PutChanges(ctx, benchRaw(n), change(n))
			})
		})
	}
}

// BenchmarkInboxMovements is stays of patients: two admissions, a transfer and a discharge
// of each visit.
func BenchmarkInboxMovements(b *testing.B) {
	benchInbox(b, func(ctx context.Context, box *store.Inbox, n int) error {
		return box.PutMovements(ctx, benchRaw(n), benchMove(n))
	})
}

// BenchmarkInboxMix is one staff message to three about patients, on one connector.
func BenchmarkInboxMix(b *testing.B) {
	benchInbox(b, func(ctx context.Context, box *store.Inbox, n int) error {
		if n%4 == 0 {
			return box.PutChanges(ctx, benchRaw(n), withPhone(n))
		}
		return box.PutMovements(ctx, benchRaw(n), benchMove(n))
	})
}

func withPhone(n int) directory.Change {
	c := nurse(fmt.Sprint(1000+n%500), "Vor", "Name")
	c.Fields[directory.Phone] = directory.Value{Text: fmt.Sprint("+49351", n)}
	return c
}

func benchMove(n int) alerting.Movement {
	at := time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC).Add(time.Duration(n) * time.Second)
	m := alerting.Movement{Op: alerting.MovementPut, Key: fmt.Sprint(n), Visit: fmt.Sprint("V", n/4), Patient: fmt.Sprint("P", n/4),
		Ward: fmt.Sprint("W", n%20), Room: fmt.Sprint(n % 30), Bed: fmt.Sprint(n % 2), Start: at}
	if n%4 == 3 {
		m.Op, m.End = alerting.MovementEnd, at
	}
	return m
}

func benchRaw(n int) connectors.Raw {
	body := make([]byte, 600)
	rand.Read(body) // as sealed text is: nothing to compress
	return connectors.Raw{Key: fmt.Sprintf("%064d", n), Type: "ADT^A01", ControlID: fmt.Sprint(n), Peer: "127.0.0.1", Body: body}
}

// benchInbox has benchSenders send b.N messages and holds the rate against single inserts
// of one connection into a twin of the message table, before and after.
func benchInbox(b *testing.B, send func(context.Context, *store.Inbox, int) error) {
	h := openHouse(b)
	var all []directory.Change
	for i := range 500 {
		all = append(all, nurse(fmt.Sprint(1000+i), "Vor", "Name"))
	}
	h.put(all...)
	box := h.db.Inbox(h.clinic, h.source)
	var n atomic.Int64
	run := func(last int64) {
		var senders sync.WaitGroup
		for range benchSenders {
			senders.Go(func() {
				for i := n.Add(1); i <= last; i = n.Add(1) {
					if err := send(b.Context(), box, int(i)); err != nil {
						b.Error(err)
					}
				}
			})
		}
		senders.Wait()
		n.Store(last)
	}
	run(500)
	// A database has statistics from its first minute on; without them the planner takes
	// any index of a table for as good as the right one.
	if _, err := h.super.Exec(b.Context(), `analyze`); err != nil {
		b.Fatal(err)
	}
	single := singleInserts(b, h)
	b.ResetTimer()
	run(500 + int64(b.N))
	b.StopTimer()
	rate := float64(b.N) / b.Elapsed().Seconds()
	single = (single + singleInserts(b, h)) / 2
	b.ReportMetric(rate, "msg/s")
	b.ReportMetric(single, "single/s")
	b.ReportMetric(rate/single, "ratio")
}

// singleInserts is the rate of half a second of single-row commits.
func singleInserts(b *testing.B, h *house) float64 {
	if _, err := h.super.Exec(b.Context(), `create table if not exists bench_message (like message including all)`); err != nil {
		b.Fatal(err)
	}
	raw, n, start := benchRaw(0), 0, time.Now()
	for ; time.Since(start) < 500*time.Millisecond; n++ {
		id := hub.NewID[hub.MessageID]()
		_, err := h.super.Exec(b.Context(), `
insert into bench_message (clinic_id, id, connector_id, key, type, control_id, peer, size, body, status)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'applied')`, h.clinic, id, h.source, string(id), raw.Type, raw.ControlID, raw.Peer, len(raw.Body), raw.Body)
		if err != nil {
			b.Fatal(err)
		}
	}
	return float64(n) / time.Since(start).Seconds()
}
