package store_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// BenchmarkSignals is how many new calls 256 senders get committed: the raw input, the
// alert, its dispatches, story, timers, answer and card of each.
func BenchmarkSignals(b *testing.B) {
	w := openCallWard(b)
	for i := range 4 {
		w.nurse(fmt.Sprint("Pflege ", i), true, 1)
	}
	var n atomic.Int64
	b.SetParallelism(128)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := w.put(nurseCall(fmt.Sprint(n.Add(1)), alerting.Normal)); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "alerts/s")
}

// BenchmarkAccepts is how many acts of different alerts are committed.
func BenchmarkAccepts(b *testing.B) {
	w := openCallWard(b)
	eva := w.nurse("Eva", true, 1)
	ids := make([]hub.AlertID, b.N)
	var all sync.WaitGroup
	for i := range ids {
		all.Go(func() {
			w.must(w.put(nurseCall(fmt.Sprint(i), alerting.Normal)))
			a, err := w.db.AlertByRef(b.Context(), w.clinic, w.source, fmt.Sprint(i))
			w.must(err)
			ids[i] = a.ID
		})
	}
	all.Wait()
	var n atomic.Int64
	b.SetParallelism(64)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			w.act(ids[n.Add(1)-1], alerting.ActAccept, eva.user)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "accepts/s")
}

// BenchmarkCallToDevice is the time from handing a call to the inbox until its sealed card
// reaches the subscriber that serves the sockets, with 200 devices on duty.
func BenchmarkCallToDevice(b *testing.B) { callToDevice(b, 200) }

// BenchmarkEmergencyToHouse is the same with 10,000 devices in one room.
func BenchmarkEmergencyToHouse(b *testing.B) { callToDevice(b, 10_000) }

func callToDevice(b *testing.B, devices int) {
	w := openCallWard(b)
	w.crowd(devices)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var run sync.WaitGroup
	run.Go(func() { w.cards.Run(ctx) })
	run.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-w.db.Woken():
				w.cards.Poke()
			}
		}
	})
	arrived := make(chan *messaging.Put, 64)
	defer w.fan.Subscribe(func(puts []*messaging.Put) {
		for _, p := range puts {
			arrived <- p
		}
	})()
	var took []time.Duration
	once := func(i int) {
		start := time.Now()
		w.must(w.put(nurseCall(fmt.Sprint("call ", i), alerting.Emergency)))
		p := <-arrived
		took = append(took, time.Since(start))
		if len(p.Wraps) != devices {
			b.Fatalf("card for %d devices", len(p.Wraps))
		}
	}
	once(-1) // makes the keys of the day
	took = nil
	b.ResetTimer()
	for i := range b.N {
		once(i)
	}
	b.StopTimer()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
	cancel()
	run.Wait()
}

// crowd puts so many people with a device each on duty, with set-based statements.
func (w *callWard) crowd(n int) {
	w.tb.Helper()
	w.exec(`create temp table crowd as select gen_random_uuid() id, i from generate_series(1, $1::int) i`, n)
	w.exec(`insert into account (clinic_id, id, login, name, activated_at) select $1, id, 'crowd' || i, 'Pflege ' || i, now() from crowd`, w.clinic)
	w.exec(`insert into duty (clinic_id, id, role_id, account_id) select $1, gen_random_uuid(), $2, id from crowd`, w.clinic, w.role)
	w.exec(`insert into device (clinic_id, id, account_id, name, kem_public, sign_public) select $1, gen_random_uuid(), id, 'Handy', $2, $3 from crowd`,
		w.clinic, w.private.PublicKey().Bytes(), make([]byte, 32))
	w.exec(`analyze`)
}
