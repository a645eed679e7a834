package stream

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

// livePeriod is how often a console is told of changes at most.
const livePeriod = 500 * time.Millisecond

// Live tells consoles what has changed, so that they fetch it again. It carries no data:
// what a console may see is decided where it fetches.
type Live struct {
	upgrader websocket.Upgrader
	period   time.Duration
	wg       sync.WaitGroup
	stop     chan struct{}

	mu     sync.Mutex
	closed bool
	conns  map[*watcher]struct{}
}

// watcher is one console.
type watcher struct {
	ws      *websocket.Conn
	clinic  hub.ClinicID
	check   func(context.Context) error
	pending []string // under Live.mu
	turn    chan struct{}
	done    chan struct{}
}

// NewLive returns a Live that serves at once. Close ends it.
func NewLive() *Live {
	return &Live{
		upgrader: websocket.Upgrader{ReadBufferSize: 512, WriteBufferSize: 512},
		period:   livePeriod, stop: make(chan struct{}), conns: map[*watcher]struct{}{},
	}
}

// Serve upgrades a request whose session has been checked. check is asked whether it still
// holds when Recheck is called, and must not count as use of the session: an unattended
// console would never sign out otherwise.
func (l *Live) Serve(w http.ResponseWriter, r *http.Request, s accounts.Session, check func(context.Context) error) {
	ws, err := l.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	c := &watcher{ws: ws, clinic: s.Clinic, check: check, turn: make(chan struct{}, 1), done: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		ws.Close()
		return
	}
	l.conns[c] = struct{}{}
	l.wg.Go(func() { l.read(c) })
	l.wg.Go(func() { l.write(c) })
}

// read only notices the end: a console says nothing.
func (l *Live) read(c *watcher) {
	defer close(c.done)
	c.ws.SetReadLimit(512)
	alive := func(string) error { return c.ws.SetReadDeadline(time.Now().Add(30 * time.Second)) }
	c.ws.SetPongHandler(alive)
	alive("")
	for {
		if _, _, err := c.ws.ReadMessage(); err != nil {
			break
		}
	}
	l.mu.Lock()
	delete(l.conns, c)
	l.mu.Unlock()
	c.ws.Close()
}

func (l *Live) write(c *watcher) {
	ping := time.NewTicker(10 * time.Second)
	defer ping.Stop()
	for {
		select {
		case <-c.done:
			return
		case <-l.stop:
			c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""), time.Now().Add(byeBound))
			c.ws.Close()
			return
		case <-ping.C:
			c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(byeBound))
		case <-c.turn:
			l.tell(c)
			select { // whatever comes meanwhile is told together
			case <-time.After(l.period):
			case <-c.done:
			case <-l.stop:
			}
		}
	}
}

func (l *Live) tell(c *watcher) {
	l.mu.Lock()
	what := c.pending
	c.pending = nil
	l.mu.Unlock()
	c.ws.SetWriteDeadline(time.Now().Add(5 * time.Second))
	if c.ws.WriteJSON(changed{"changed", what}) != nil {
		c.ws.Close()
	}
}

type changed struct {
	T    string   `json:"t"`
	What []string `json:"what"`
}

// Changed tells all consoles of a clinic that something of these sorts has changed:
// "alerts", "connectors", "messages", "plans", "persons", "duty". It never blocks.
func (l *Live) Changed(clinic hub.ClinicID, what ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		if c.clinic != clinic {
			continue
		}
		for _, w := range what {
			if !slices.Contains(c.pending, w) {
				c.pending = append(c.pending, w)
			}
		}
		select {
		case c.turn <- struct{}{}:
		default:
		}
	}
}

// Recheck ends the connections whose sessions do not hold any more.
func (l *Live) Recheck() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.conns {
		if c.check == nil || l.closed {
			continue
		}
		l.wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			defer cancel()
			if err := c.check(ctx); hub.KindOf(err) == hub.Unauthenticated {
				c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(Expired.closeCode(), ""), time.Now().Add(byeBound))
				c.ws.Close()
			}
		})
	}
}

// Close ends all connections.
func (l *Live) Close() {
	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return
	}
	l.closed = true
	l.mu.Unlock()
	close(l.stop)
	l.wg.Wait()
}
