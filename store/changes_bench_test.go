package store_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
)

// BenchmarkPutChanges is one staff message about one person, stored, planned, applied and
// committed, from as many senders as -cpu says times eight. Half of them change a name,
// half say what is known. Compare with -bench BenchmarkCommit, the same machine's rate of
// bare single-row commits.
func BenchmarkPutChanges(b *testing.B) {
	h := openHouse(b)
	for i := range 100 {
		h.put(nurse(fmt.Sprint(1000+i), "Vor", "Name"))
	}
	var n atomic.Int64
	b.SetParallelism(4)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			c := nurse(fmt.Sprint(1000+i%100), "Vor", fmt.Sprint("Name", i/200))
			raw := connectors.Raw{Key: fmt.Sprint("bench", i), Type: "MFN^M02", ControlID: fmt.Sprint(i), Body: make([]byte, 1000), Received: time.Now()}
			if err := h.db.Inbox(h.clinic, h.source).PutChanges(b.Context(), raw, []directory.Change{c}...); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkCommit(b *testing.B) {
	h := openHouse(b)
	if _, err := h.super.Exec(b.Context(), `create table bench (id bigint generated always as identity primary key, body bytea)`); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := h.super.Exec(b.Context(), `insert into bench (body) values ($1)`, make([]byte, 1000)); err != nil {
			b.Fatal(err)
		}
	}
}
