package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"github.com/wardline/wardline/connectors/espax/wire"
)

const (
	responseWait = 5 * time.Second
	heardBuffer  = 256 // indications nobody has read yet; the link stands still beyond
)

// Source is one session of an ESPA-X alarm source, from its login to the end of the
// connection. Its methods may be called from many goroutines.
type Source struct {
	conn  net.Conn
	heard chan wire.Message
	quit  chan struct{}
	once  sync.Once

	mu      sync.Mutex
	session string
	invoke  uint64
	waiting map[uint64]chan wire.Message
}

// ErrEnded means that the session is over; dial again.
var ErrEnded = errors.New("session ended")

// DialSource connects and logs in. The error of a refused login names its code.
func DialSource(ctx context.Context, addr, user, password string) (*Source, error) {
	conn, err := (&net.Dialer{Timeout: responseWait}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("dial ESPA-X: %w", err)
	}
	s := &Source{conn: conn, heard: make(chan wire.Message, heardBuffer), quit: make(chan struct{}), waiting: map[uint64]chan wire.Message{}}
	go s.read()
	response, err := s.Ask(ctx, wire.Message{Name: "REQ.LOGIN"}.With("LI-CLIENT", "Rufanlage Demo").With("LI-USER", user).With("LI-PASSWORD", password))
	if err == nil && response.Code() != wire.OK {
		err = fmt.Errorf("log in: %d %s", response.Code(), response.Code().Reason())
	}
	if err != nil {
		s.Close()
		return nil, err
	}
	s.mu.Lock()
	s.session = response.SessionID
	s.mu.Unlock()
	return s, nil
}

// Heard returns what the hub indicates, in order. It is closed when the session ends, and
// must be read: a source that does not listen blocks its own link.
func (s *Source) Heard() <-chan wire.Message { return s.heard }

// Close ends the connection and waits until nothing more can be heard.
func (s *Source) Close() error {
	s.once.Do(func() { close(s.quit) })
	err := s.conn.Close()
	for range s.heard { // drained, so that the reader can end
	}
	return err
}

// Ask sends a request and waits for its response, for five seconds at most.
func (s *Source) Ask(ctx context.Context, m wire.Message) (wire.Message, error) {
	ctx, cancel := context.WithTimeout(ctx, responseWait)
	defer cancel()
	answer, err := s.write(m)
	if err != nil {
		return wire.Message{}, fmt.Errorf("send %s: %w", m.Name, err)
	}
	select {
	case response := <-answer:
		return response, nil
	case <-s.quit:
		return wire.Message{}, ErrEnded
	case <-ctx.Done():
		return wire.Message{}, fmt.Errorf("wait for the response to %s: %w", m.Name, ctx.Err())
	}
}

func (s *Source) write(m wire.Message) (<-chan wire.Message, error) {
	answer := make(chan wire.Message, 1)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invoke++
	m.InvokeID, m.SessionID, m.Sent = s.invoke, s.session, time.Now()
	s.waiting[m.InvokeID] = answer
	s.conn.SetWriteDeadline(time.Now().Add(responseWait))
	_, err := s.conn.Write(m.AppendFrame(nil))
	return answer, err
}

// read hands responses to whoever asked and the rest to Heard, until the link ends.
func (s *Source) read() {
	defer close(s.heard)
	defer s.once.Do(func() { close(s.quit) })
	for {
		body, err := wire.ReadFrame(s.conn, wire.DefaultLimit)
		if err != nil {
			return
		}
		m, err := wire.Parse(body)
		if err != nil {
			return
		}
		if strings.HasPrefix(m.Name, "RSP.") {
			s.respond(*m)
			continue
		}
		select {
		case s.heard <- *m:
		case <-s.quit:
			return
		}
	}
}

func (s *Source) respond(m wire.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if answer := s.waiting[m.InvokeID]; answer != nil {
		answer <- m
		delete(s.waiting, m.InvokeID)
	}
}

// Call is what a source says when somebody rings.
type Call struct {
	Ref      string // at most 32 characters; one alert for each
	Ward     string
	Room     string
	Bed      string
	Text     string
	Priority string // "Low", "Standard", "Medium", "High", "Emergency"
}

// Start raises a call. A call that is running already (code 450) is no error: the source
// has sent it twice because it did not hear the response.
func (s *Source) Start(ctx context.Context, c Call) error {
	response, err := s.Ask(ctx, wire.Message{Name: "REQ.P-START"}.With("CP-PR-REF", c.Ref).
		With("CP-CALLINGNAME", wire.Cut("CP-CALLINGNAME", "Zi "+c.Room+" Bett "+c.Bed)).With("CP-TEXTMSG", wire.Cut("CP-TEXTMSG", c.Text)).
		With("CP-WARD", c.Ward).With("CP-BED", c.Room+"-"+c.Bed).With("CP-PRIO", c.Priority).With("CP-PR-DETAILS", "All"))
	if err != nil {
		return err
	}
	if code := response.Code(); code != wire.OK && code != wire.Duplicate {
		return fmt.Errorf("start call: %d %s", code, code.Reason())
	}
	return nil
}

// Stop resets a call at the bed. One the hub no longer knows is reset as well.
func (s *Source) Stop(ctx context.Context, ref string) error {
	response, err := s.Ask(ctx, wire.Message{Name: "REQ.P-STOP"}.With("CP-PR-REF", ref).With("CP-PR-MASK", "All"))
	if err != nil {
		return err
	}
	if code := response.Code(); code != wire.OK && code != wire.NotFound {
		return fmt.Errorf("stop call: %d %s", code, code.Reason())
	}
	return nil
}

// Beat gives a sign of life.
func (s *Source) Beat(ctx context.Context) error {
	_, err := s.Ask(ctx, wire.Message{Name: "REQ.HEARTBEAT"})
	return err
}
