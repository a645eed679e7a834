package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// bodyBytes is the length of every message.
const bodyBytes = 1024

// talker is one user of a chat server, with one device.
type talker struct {
	Login  string   `json:"login"`           // of XMPP
	Device device   `json:"device"`          // of the hub
	Rooms  []string `json:"rooms,omitempty"` // to be joined after the sign-in: XMPP alone
}

// line is the connection of one talker, whatever the protocol.
type line interface {
	// send hands one message over under an id of its own and does not wait for an answer. It is
	// called by one goroutine at a time.
	send(room, id string, body []byte) error
	close()
}

// news is told what a line hears, from the goroutine that reads.
type news interface {
	arrived(id string, at time.Time)
	refused(id, why string)
}

// dial signs a talker in by the protocol of that name.
func dial(ctx context.Context, protocol, addr string, u talker, to news) (line, error) {
	switch protocol {
	case overXMPP:
		return dialXMPP(ctx, addr, u, to)
	case overHub:
		return dialHub(ctx, addr, u, to)
	}
	return nil, fmt.Errorf("unknown protocol %q", protocol)
}

const (
	overXMPP = "xmpp"
	overHub  = "hub"
)

// party is everybody who is connected to one server.
type party struct {
	lines   []line
	sending []sync.Mutex // one for each line
	flights flights
}

// connectArgs asks for one line per talker.
type connectArgs struct {
	Protocol string   `json:"protocol"`
	Addr     string   `json:"addr"`
	Talkers  []talker `json:"talkers"`
}

// connect opens lines, as many at once as dialersAtOnce, and returns when all are in.
func (l *loader) connect(ctx context.Context, a connectArgs) (openResult, error) {
	start := time.Now()
	p := &party{lines: make([]line, len(a.Talkers)), sending: make([]sync.Mutex, len(a.Talkers))}
	p.flights.on = map[string]*flight{}
	var group errgroup.Group
	group.SetLimit(dialersAtOnce)
	for i, u := range a.Talkers {
		group.Go(func() (err error) {
			bounded, cancel := context.WithTimeout(ctx, connectBound)
			defer cancel()
			p.lines[i], err = dial(bounded, a.Protocol, a.Addr, u, ear{&p.flights, i})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return openResult{}, err
	}
	l.parties[a.Protocol] = p
	return openResult{len(p.lines), time.Since(start).Seconds()}, nil
}

// leave closes the lines of a protocol.
func (l *loader) leave(_ context.Context, protocol string) (openResult, error) {
	p := l.parties[protocol]
	if p == nil {
		return openResult{}, fmt.Errorf("nobody is connected by %s", protocol)
	}
	for _, line := range p.lines {
		line.close()
	}
	delete(l.parties, protocol)
	return openResult{}, nil
}

// talkArgs is one round: in each group the lines take turns in writing, and all the others
// hear. So no device of the hub exceeds what one may send in the long run.
type talkArgs struct {
	Protocol string        `json:"protocol"`
	Groups   []group       `json:"groups"`
	Workers  int           `json:"workers"` // messages in flight at most, shared evenly by the groups
	Rate     int           `json:"rate"`    // a second; 0: closed loop
	Length   time.Duration `json:"length"`
}

// group is a room: the lines in it, by their index, and how each of them addresses it.
type group struct {
	Lines []int    `json:"lines"`
	Rooms []string `json:"rooms"`
}

type talkResult struct {
	Sent      int     `json:"sent"`
	Missing   int     `json:"missing"` // somebody did not hear it
	PerSecond float64 `json:"per_second"`
	Latency   spread  `json:"latency"` // until the last one has it
	Why       string  `json:"why,omitempty"`
}

// talk runs a round. A message's time ends when the last of its room has it, and with a rate
// begins when it was due.
func (l *loader) talk(ctx context.Context, a talkArgs) (talkResult, error) {
	p := l.parties[a.Protocol]
	if p == nil {
		return talkResult{}, fmt.Errorf("nobody is connected by %s", a.Protocol)
	}
	bodies, turns := randomBodies(), make([]atomic.Int64, len(a.Groups))
	var mu sync.Mutex
	var r talkResult
	var latencies []time.Duration
	_, took := paced(ctx, pace{Workers: a.Workers, Rate: a.Rate, Length: a.Length}, func(ctx context.Context, c call) error {
		i := c.worker % len(a.Groups)
		if a.Rate > 0 {
			i = c.n % len(a.Groups)
		}
		last, err := p.say(ctx, a.Groups[i], int(turns[i].Add(1)), bodies[c.n%len(bodies)])
		mu.Lock()
		defer mu.Unlock()
		r.Sent++
		if err != nil {
			r.Missing, r.Why = r.Missing+1, err.Error()
			return err
		}
		latencies = append(latencies, last.Sub(c.due))
		return nil
	})
	r.PerSecond = float64(len(latencies)) / took.Seconds()
	r.Latency = spreadOf(latencies)
	return r, nil
}

// randomBodies are enough different ones that nothing on the way can profit from repetition.
func randomBodies() [][]byte {
	out := make([][]byte, 256)
	for i := range out {
		out[i] = make([]byte, bodyBytes)
		rand.Read(out[i])
	}
	return out
}

// say lets one line write and waits until everybody else in the group has it.
func (p *party) say(ctx context.Context, g group, turn int, body []byte) (last time.Time, err error) {
	turn %= len(g.Lines)
	writer, id := g.Lines[turn], newID()
	f := p.flights.start(id, slices.Concat(g.Lines[:turn], g.Lines[turn+1:]))
	defer p.flights.end(id)
	p.sending[writer].Lock()
	err = p.lines[writer].send(g.Rooms[turn], id, body)
	p.sending[writer].Unlock()
	if err != nil {
		return last, err
	}
	select {
	case <-f.done:
		return f.last, nil
	case why := <-f.refused:
		return last, fmt.Errorf("a message was refused: %s", why)
	case <-ctx.Done():
		return last, fmt.Errorf("a message did not reach everybody: %w", ctx.Err())
	}
}

// flights are the messages on their way.
type flights struct {
	mu sync.Mutex
	on map[string]*flight
}

type flight struct {
	missing []int // lines that have not heard it
	last    time.Time
	done    chan struct{}
	refused chan string
}

// ear is one line's way to the flights.
type ear struct {
	flights *flights
	line    int
}

func (fs *flights) start(id string, hearers []int) *flight {
	f := &flight{missing: hearers, done: make(chan struct{}), refused: make(chan string, 1)}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.on[id] = f
	return f
}

func (fs *flights) end(id string) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	delete(fs.on, id)
}

// arrived notes that the line has a message. A copy for its sender, or a second one, is
// nothing anybody waits for.
func (e ear) arrived(id string, at time.Time) {
	e.flights.mu.Lock()
	defer e.flights.mu.Unlock()
	f := e.flights.on[id]
	if f == nil {
		return
	}
	i := slices.Index(f.missing, e.line)
	if i < 0 {
		return
	}
	f.missing = slices.Delete(f.missing, i, i+1)
	if at.After(f.last) {
		f.last = at
	}
	if len(f.missing) == 0 {
		close(f.done)
	}
}

func (e ear) refused(id, why string) {
	e.flights.mu.Lock()
	defer e.flights.mu.Unlock()
	if f := e.flights.on[id]; f != nil {
		select {
		case f.refused <- why:
		default: // said already
		}
	}
}
