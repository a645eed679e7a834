package talk_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/wardline/wardline/messaging"
)

// BenchmarkSend is the durable rate of messages of 1 KB: many rooms and one hot room, each
// sender with one call under way, of one message or as many as a socket hands over at once.
func BenchmarkSend(b *testing.B) {
	for _, rooms := range []int{1, 64} {
		for _, batch := range []int{1, 64} {
			b.Run(fmt.Sprintf("rooms=%d/batch=%d", rooms, batch), func(b *testing.B) { benchSend(b, rooms, batch) })
		}
	}
}

func benchSend(b *testing.B, rooms, batch int) {
	const senders = 256
	w := open(b)
	eva := w.phone(w.person("Eva"))
	var circles []*circle
	for range rooms {
		circles = append(circles, w.room(messaging.GroupRoom, eva))
	}
	messages := make([]*messaging.Message, b.N)
	for i := range messages {
		messages[i] = circles[i/batch%rooms].sized(1024)
	}
	b.ResetTimer()
	var next atomic.Int64
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for {
				to := int(next.Add(int64(batch)))
				from := to - batch
				if from >= b.N {
					return
				}
				some := messages[from:min(to, b.N)]
				if err := w.chat.Send(b.Context(), eva.Caller, some); err != nil || some[0].Code != "" {
					b.Errorf("%v %q", err, some[0].Code)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}
