package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

type alertArgs struct {
	Door   door
	URL    string // of the database, to learn which alert a reference became
	Wards  int
	Rate   int
	Length time.Duration
	Round  string // begins every reference of the round
}

type alertResult struct {
	Sent      int
	PerSecond float64
	Commit    spread        // sent (or due) until 202
	First     spread        // sent (or due) until the first device has its frame
	Behind    int           // cards not yet at any device when the last 202 came
	Late      time.Duration // how long after the end of the round that was
	Missing   int           // cards that had not come catchUp later
	Failed    int64
	Why       string
}

// held reports whether the hub kept up: all taken, all arrived, and at the end neither
// alarms nor cards waiting for more than a moment.
func (r alertResult) held(rate int) bool {
	return r.Failed == 0 && r.Missing == 0 && r.Late <= heldLag && r.Behind <= int(heldLag.Seconds()*float64(rate))
}

// catchUp is how long a round waits for its last cards.
const catchUp = 15 * time.Second

// alertLoad is one round: when each reference was due.
type alertLoad struct {
	alertArgs
	doors  []*alarmConn
	mu     sync.Mutex
	due    map[string]time.Time
	failed atomic.Int64
	why    atomic.Value
}

// raiseAlerts raises alerts over keep-alive connections while the sockets of this process
// note the cards.
func (l *loader) raiseAlerts(ctx context.Context, a alertArgs) (alertResult, error) {
	round := &alertLoad{alertArgs: a, due: map[string]time.Time{}}
	for range alertConns {
		c, err := openDoor(ctx, a.Door)
		if err != nil {
			return alertResult{}, err
		}
		defer c.Close()
		round.doors = append(round.doors, c)
	}
	l.arrivals.take()
	latencies, took := paced(ctx, pace{Workers: alertConns, Rate: a.Rate, Length: a.Length}, round.raiseOne)
	r := alertResult{Sent: len(latencies), PerSecond: float64(len(latencies)) / took.Seconds(), Commit: spreadOf(latencies), Failed: round.failed.Load()}
	r.Behind, r.Late = r.Sent-l.arrivals.alerts(), took-a.Length
	for end := time.Now().Add(catchUp); l.arrivals.alerts() < r.Sent && time.Now().Before(end) && ctx.Err() == nil; {
		time.Sleep(5 * time.Millisecond)
	}
	if why := round.why.Load(); why != nil {
		r.Why, _ = why.(string)
	}
	first, err := round.firstArrivals(ctx, l.arrivals.take())
	r.First, r.Missing = spreadOf(first), r.Sent-len(first)
	return r, err
}

func (l *alertLoad) raiseOne(_ context.Context, c call) error {
	ref := fmt.Sprintf("%s/%d", l.Round, c.n)
	l.mu.Lock()
	l.due[ref] = c.due
	l.mu.Unlock()
	err := l.doors[c.worker].trigger(ref, fmt.Sprintf("A%d", c.n%l.Wards), "normal")
	if err != nil {
		l.failed.Add(1)
		l.why.Store(err.Error())
	}
	return err
}

// firstArrivals returns how long each alert took to its first device. Cards name the alert
// and not the source's reference, so the database is asked for both.
func (l *alertLoad) firstArrivals(ctx context.Context, seen map[string][]time.Time) ([]time.Duration, error) {
	db, err := pgx.Connect(ctx, l.URL)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	rows, err := db.Query(ctx, `select id::text, ref from alert where ref like $1 || '/%'`, l.Round)
	if err != nil {
		return nil, fmt.Errorf("read references: %w", err)
	}
	var out []time.Duration
	var id, ref string
	_, err = pgx.ForEachRow(rows, []any{&id, &ref}, func() error {
		if at := seen[id]; len(at) > 0 {
			out = append(out, at[0].Sub(l.due[ref]))
		}
		return nil
	})
	return out, err
}

// alarmConn is one keep-alive connection of an alarm server. It speaks HTTP/1.1 by hand,
// because the load must leave the processors to the hub.
type alarmConn struct {
	*tls.Conn
	r    *bufio.Reader
	host string
	auth string
}

func openDoor(ctx context.Context, d door) (*alarmConn, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(d.CA) {
		return nil, errors.New("no certificate of the alarm connector")
	}
	dialer := tls.Dialer{Config: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}}
	conn, err := dialer.DialContext(ctx, "tcp", d.Addr)
	if err != nil {
		return nil, fmt.Errorf("connect to the alarm connector: %w", err)
	}
	c, ok := conn.(*tls.Conn)
	if !ok {
		return nil, fmt.Errorf("connected by %T", conn)
	}
	return &alarmConn{Conn: c, r: bufio.NewReader(c), host: d.Addr, auth: d.Token}, nil
}

// trigger raises one alert and returns when it was answered 202.
func (c *alarmConn) trigger(ref, ward, priority string) error {
	body, err := json.Marshal(map[string]string{"action": "trigger", "dedup_key": ref, "kind": "nurse-call", "priority": priority,
		"ward": ward, "room": "302", "bed": "2", "text": "Ruf", "caller": "Zi 302 Bett 2"})
	if err != nil {
		return err
	}
	request := fmt.Appendf(nil, "POST /v1/events HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		c.host, c.auth, len(body), body)
	if err := c.SetDeadline(time.Now().Add(opBound)); err != nil {
		return err
	}
	if _, err := c.Write(request); err != nil {
		return fmt.Errorf("send alert: %w", err)
	}
	res, err := http.ReadResponse(c.r, nil)
	if err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusAccepted {
		err = fmt.Errorf("answered %s: %s", res.Status, answer)
	}
	return err
}

type emergencyArgs struct {
	Door          door
	Ward, Key     string
	Expect        int // sockets that must get it
	Within, Quiet time.Duration
}

// raiseEmergency raises one and waits until every socket has its frame.
func (l *loader) raiseEmergency(ctx context.Context, a emergencyArgs) (spread, error) {
	c, err := openDoor(ctx, a.Door)
	if err != nil {
		return spread{}, err
	}
	defer c.Close()
	l.arrivals.take()
	start := time.Now()
	if err := c.trigger(a.Key, a.Ward, "emergency"); err != nil {
		return spread{}, err
	}
	for time.Since(start) < a.Within && ctx.Err() == nil && l.arrivals.most() < a.Expect {
		time.Sleep(2 * time.Millisecond)
	}
	time.Sleep(a.Quiet) // receipts of this one must not be in the way of the next
	var took []time.Duration
	for _, at := range l.arrivals.take() {
		for _, t := range at {
			took = append(took, t.Sub(start))
		}
	}
	if len(took) != a.Expect {
		err := fmt.Errorf("%d frames came to %d sockets", len(took), a.Expect)
		if ended := l.ended.Load(); ended != nil {
			err = fmt.Errorf("%w; a socket ended: %w", err, *ended)
		}
		return spread{}, err
	}
	return spreadOf(took), nil
}
