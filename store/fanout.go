package store

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/fanout"
)

var _ fanout.Fanout = (*Fanout)(nil)

const (
	fanoutChannel = "wardline_items"
	// maxPayload stays below PostgreSQL's limit of 8,000 bytes for one notification.
	maxPayload  = 7900
	fanoutPause = time.Second // before a lost connection is tried again
	// notifyPause gathers what is published meanwhile: a notification is a transaction of
	// its own and costs as much as a message. The first after a quiet time goes at once.
	notifyPause = 10 * time.Millisecond
)

// Fanout is the fan-out of several nodes: items go to this node's own subscribers at once,
// the other nodes are told room and number by NOTIFY. A transaction with NOTIFY takes a
// lock of the whole database when it commits, so writers never notify themselves: what
// they published meanwhile is sent as one notification on a connection of its own.
type Fanout struct {
	fanout.Local
	url  string
	node string
	log  *slog.Logger
	wake chan struct{}

	mu    sync.Mutex
	queue []string

	stop    context.CancelFunc
	running sync.WaitGroup
}

// OpenFanout connects directly to the database (a pooler would lose LISTEN) and returns
// when it listens. It reconnects by itself until Close.
func OpenFanout(ctx context.Context, url string, log *slog.Logger) (*Fanout, error) {
	f := &Fanout{url: url, node: hub.NewID[string](), log: log, wake: make(chan struct{}, 1)}
	conn, err := f.listen(ctx)
	if err != nil {
		return nil, fmt.Errorf("open fan-out: %w", err)
	}
	run, stop := context.WithCancel(context.WithoutCancel(ctx))
	f.stop = stop
	f.running.Go(func() { f.receive(run, conn) })
	f.running.Go(func() { f.send(run) })
	return f, nil
}

// Close ends both connections.
func (f *Fanout) Close() {
	f.stop()
	f.running.Wait()
}

// Publish gives the items to this node's subscribers and queues a hint for the others.
func (f *Fanout) Publish(puts []*messaging.Put) {
	f.Local.Publish(puts)
	f.mu.Lock()
	for _, p := range puts {
		f.queue = append(f.queue, string(p.Clinic)+","+string(p.Item.Room)+","+strconv.FormatInt(p.Item.Seq, 10))
	}
	f.mu.Unlock()
	select {
	case f.wake <- struct{}{}:
	default:
	}
}

func (f *Fanout) listen(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.Connect(ctx, f.url)
	if err != nil {
		return nil, err
	}
	if _, err := conn.Exec(ctx, "listen "+fanoutChannel); err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return conn, nil
}

// receive hands hints of other nodes to this node's subscribers. After a lost connection
// it tells them that everything may have changed.
func (f *Fanout) receive(ctx context.Context, conn *pgx.Conn) {
	for {
		err := f.receiveFrom(ctx, conn)
		conn.Close(context.WithoutCancel(ctx))
		for conn = nil; conn == nil; {
			if ctx.Err() != nil {
				return
			}
			f.log.Warn("fan-out lost its connection", "err", err)
			pause(ctx, fanoutPause)
			conn, err = f.listen(ctx)
		}
		f.Lost()
	}
}

func (f *Fanout) receiveFrom(ctx context.Context, conn *pgx.Conn) error {
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return err
		}
		node, list, _ := strings.Cut(n.Payload, ";")
		if node == f.node {
			continue // our own: the subscribers have had the items themselves
		}
		f.Local.Publish(parseHints(list))
	}
}

func parseHints(list string) []*messaging.Put {
	var puts []*messaging.Put
	for hint := range strings.SplitSeq(list, ";") {
		part := strings.Split(hint, ",")
		if len(part) != 3 {
			continue
		}
		seq, err := strconv.ParseInt(part[2], 10, 64)
		if err != nil {
			continue
		}
		puts = append(puts, &messaging.Put{Clinic: hub.ClinicID(part[0]), Item: messaging.Item{Room: hub.RoomID(part[1]), Seq: seq}})
	}
	return puts
}

// send notifies the other nodes. Hints that cannot be sent are dropped: the other nodes
// also look by themselves, and this one reconnects.
func (f *Fanout) send(ctx context.Context) {
	var conn *pgx.Conn
	for {
		select {
		case <-ctx.Done():
			if conn != nil {
				conn.Close(context.WithoutCancel(ctx))
			}
			return
		case <-f.wake:
		}
		for payload := f.next(); payload != ""; payload = f.next() {
			conn = f.notify(ctx, conn, payload)
			pause(ctx, notifyPause)
		}
	}
}

// notify sends one payload and returns the connection to use next, nil after a failure.
func (f *Fanout) notify(ctx context.Context, conn *pgx.Conn, payload string) *pgx.Conn {
	var err error
	if conn == nil {
		if conn, err = pgx.Connect(ctx, f.url); err != nil {
			f.log.Warn("fan-out could not connect to notify", "err", err)
			pause(ctx, fanoutPause)
			return nil
		}
	}
	if _, err = conn.Exec(ctx, `select pg_notify($1, $2)`, fanoutChannel, payload); err != nil {
		f.log.Warn("fan-out could not notify", "err", err)
		conn.Close(context.WithoutCancel(ctx))
		return nil
	}
	return conn
}

// next returns as many queued hints as fit into one notification, or "".
func (f *Fanout) next() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.queue) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(f.node)
	n := 0
	for n < len(f.queue) && b.Len()+1+len(f.queue[n]) <= maxPayload {
		b.WriteString(";" + f.queue[n])
		n++
	}
	f.queue = f.queue[n:]
	return b.String()
}

// pause waits or returns early when ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
