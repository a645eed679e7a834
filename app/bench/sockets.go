package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"golang.org/x/sync/errgroup"
)

const (
	dialersAtOnce = 32
	connectBound  = 20 * time.Second // for one socket, until it has caught up
	itemFrame     = 0x01
	perSource     = 10_000 // sockets from one loopback address: there are some 28,000 ports
)

// openArgs asks for one socket per device.
type openArgs struct {
	Chat    string   `json:"chat"`
	Devices []device `json:"devices"`
}

type openResult struct {
	Open    int     `json:"open"`
	Seconds float64 `json:"seconds"`
}

// socket is one device, connected.
type socket struct {
	ws      *websocket.Conn
	writing sync.Mutex
	ready   chan struct{}
	once    sync.Once
	ears    ears

	owing sync.Mutex
	owed  map[string]int64 // acknowledgements that wait, by room
}

// ears are told what a socket hears, from the goroutine that reads.
type ears struct {
	item    func(itemHeader, time.Time)
	refused func(id, code string) // nil for sockets that send nothing
	// ackEvery is how long acknowledgements of a room's items may wait for later ones; with 0
	// each goes at once, as that of an alarm does.
	ackEvery time.Duration
	ended    func(error) // why reading ended; nil where nobody asks
}

// open connects devices and returns when each has caught up.
func (l *loader) open(ctx context.Context, a openArgs) (openResult, error) {
	start := time.Now()
	sockets := make([]*socket, len(a.Devices))
	var group errgroup.Group
	group.SetLimit(dialersAtOnce)
	for i, d := range a.Devices {
		group.Go(func() (err error) {
			sockets[i], err = dialSocket(ctx, a.Chat, d, i, ears{
				item:  func(h itemHeader, at time.Time) { l.arrivals.note(h.Ref, at) },
				ended: func(err error) { l.ended.CompareAndSwap(nil, &err) },
			})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return openResult{}, err
	}
	l.sockets = append(l.sockets, sockets...)
	return openResult{len(sockets), time.Since(start).Seconds()}, nil
}

// dialSocket connects the i-th device of its process and returns when it has caught up.
func dialSocket(ctx context.Context, chat string, d device, i int, e ears) (*socket, error) {
	ctx, cancel := context.WithTimeout(ctx, connectBound)
	defer cancel()
	from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(1+i/perSource))}}
	dialer := websocket.Dialer{NetDialContext: from.DialContext, ReadBufferSize: 4096, WriteBufferSize: 512, Subprotocols: []string{"wardline.v1"}}
	head := http.Header{"Cookie": {"__Host-wardline=" + d.Token}, "Origin": {"http://" + chat}}
	ws, res, err := dialer.DialContext(ctx, "ws://"+chat+"/api/v1/stream", head)
	if err != nil {
		if res != nil {
			err = fmt.Errorf("%w: %s", err, res.Status)
		}
		return nil, fmt.Errorf("open socket %d: %w", i, err)
	}
	s := &socket{ws: ws, ready: make(chan struct{}), ears: e}
	ws.SetPingHandler(s.pong)
	hello, _ := json.Marshal(map[string]any{"t": "hello", "device": d.ID, "cursor": map[string]int64{}})
	if err := s.write(websocket.TextMessage, hello); err != nil {
		return nil, fmt.Errorf("say hello: %w", err)
	}
	go s.read()
	select {
	case <-s.ready:
		return s, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("socket %d did not catch up: %w", i, ctx.Err())
	}
}

func (s *socket) write(kind int, frame []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	return s.ws.WriteMessage(kind, frame)
}

// pong answers a ping. The library's own answer must be written within a second, and one of
// a thousand sockets of a process that shares its machine with the hub is late now and then;
// a late answer would end the socket.
func (s *socket) pong(said string) error {
	return s.ws.WriteControl(websocket.PongMessage, []byte(said), time.Now().Add(opBound))
}

// read takes frames as a browser does: it notes an item's arrival first and acknowledges
// it then.
func (s *socket) read() {
	for {
		kind, frame, err := s.ws.ReadMessage()
		if err != nil {
			if s.ears.ended != nil {
				s.ears.ended(err)
			}
			return
		}
		now := time.Now()
		if kind == websocket.TextMessage {
			s.hear(frame)
			continue
		}
		item, err := parseItem(frame)
		if err != nil {
			continue
		}
		s.ears.item(item, now)
		s.owe(item)
	}
}

// owe acknowledges an item, at once or together with later ones. Where that fails, reading
// fails as well.
func (s *socket) owe(item itemHeader) {
	s.owing.Lock()
	defer s.owing.Unlock()
	if s.owed == nil {
		s.owed = map[string]int64{}
	}
	waiting := len(s.owed) > 0
	s.owed[item.Room] = item.Seq
	switch {
	case s.ears.ackEvery == 0:
		s.payLocked()
	case !waiting:
		time.AfterFunc(s.ears.ackEvery, func() {
			s.owing.Lock()
			defer s.owing.Unlock()
			s.payLocked()
		})
	}
}

func (s *socket) payLocked() {
	for room, seq := range s.owed {
		_ = s.write(websocket.TextMessage, fmt.Appendf(nil, `{"t":"ack","room":%q,"seq":%d}`, room, seq))
	}
	clear(s.owed)
}

func (s *socket) hear(frame []byte) {
	var said struct{ T, ID, Code string }
	if json.Unmarshal(frame, &said) != nil {
		return
	}
	switch said.T {
	case "ready":
		s.once.Do(func() { close(s.ready) })
	case "refused":
		if s.ears.refused != nil {
			s.ears.refused(said.ID, said.Code)
		}
	}
}

// itemHeader is the readable part of an item's frame.
type itemHeader struct {
	Room string `json:"room"`
	Seq  int64  `json:"seq"`
	ID   string `json:"id"`
	Ref  string `json:"ref"` // the alert
}

var errFrame = errors.New("not an item frame")

// parseItem reads 0x01, the length of the header in four bytes, and the header.
func parseItem(frame []byte) (h itemHeader, err error) {
	if len(frame) < 5 || frame[0] != itemFrame {
		return h, errFrame
	}
	n := int(binary.BigEndian.Uint32(frame[1:]))
	if n > len(frame)-5 {
		return h, errFrame
	}
	return h, json.Unmarshal(frame[5:5+n], &h)
}

// arrivals notes when the card of each alert came, device by device.
type arrivals struct {
	mu    sync.Mutex
	times map[string][]time.Time
	taken map[string]bool // alerts of earlier rounds, whose last devices may come late
}

func newArrivals() *arrivals {
	return &arrivals{times: map[string][]time.Time{}, taken: map[string]bool{}}
}

func (a *arrivals) note(alert string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.taken[alert] {
		a.times[alert] = append(a.times[alert], at)
	}
}

// most returns on how many devices the alert that came to most has arrived.
func (a *arrivals) most() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	most := 0
	for _, at := range a.times {
		most = max(most, len(at))
	}
	return most
}

// alerts returns how many alerts have arrived anywhere.
func (a *arrivals) alerts() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.times)
}

// take returns everything noted and begins a new round.
func (a *arrivals) take() map[string][]time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := a.times
	for alert := range out {
		a.taken[alert] = true
	}
	a.times = map[string][]time.Time{}
	return out
}
