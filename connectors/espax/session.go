package espax

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/connectors/espax/wire"
)

// session is one connection of a source, before and after its login.
type session struct {
	server *server
	conn   net.Conn
	peer   string
	id     string    // "" before login; used by the reader only
	since  time.Time // of the login; guarded by server.mu
	tries  int       // refused logins

	write sync.Mutex
	sent  string // session id for what others send here; guarded by write
}

// serve reads frames, one message at a time: the next is read when the one before is
// answered, which is also what keeps a fast source from filling our memory.
// It runs until the source leaves, goes silent or ctx ends.
func (ss *session) serve(ctx context.Context) {
	defer ss.server.leave(ss)
	stop := context.AfterFunc(ctx, func() { ss.conn.SetReadDeadline(time.Now()) })
	defer stop()
	for {
		// The deadline is for the whole frame: bytes that trickle in are no sign of life.
		ss.conn.SetReadDeadline(time.Now().Add(ss.server.config.patience()))
		if ctx.Err() != nil {
			ss.shutdown()
			return
		}
		body, err := wire.ReadFrame(ss.conn, ss.server.config.MaxFrameBytes)
		if err == nil {
			err = ss.handle(ctx, body)
		}
		if err != nil {
			if ctx.Err() != nil {
				ss.shutdown()
				return
			}
			ss.ended(err)
			return
		}
	}
}

// patience is how long a source may be silent.
func (c *Config) patience() time.Duration {
	return time.Duration(c.HeartbeatSeconds*c.MissedHeartbeats) * time.Second
}

// shutdown says goodbye before a reload or the end of the hub.
func (ss *session) shutdown() {
	if ss.id != "" {
		ss.send(wire.Message{Name: "CMD.SHUTDOWN"}.With("SD-REASON", "Service").With("SD-MODE", "Quick"))
	}
}

// ended counts why a connection came to its end and tells the peer if that helps.
func (ss *session) ended(err error) {
	count := ss.server.env.Count
	switch {
	case errors.Is(err, errEnd), errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed):
	case errors.Is(err, wire.ErrMagic), errors.Is(err, wire.ErrLength):
		count("frames_broken")
		ss.indicate(wire.BadHeader, "the frame header is not valid")
	case errors.Is(err, wire.ErrLimit):
		count("frames_too_long")
		ss.indicate(wire.BadHeader, "the frame is longer than allowed")
	case errors.Is(err, io.ErrUnexpectedEOF):
		count("frames_half")
	case errors.Is(err, os.ErrDeadlineExceeded) && ss.id != "":
		count("heartbeat_lost")
	case errors.Is(err, os.ErrDeadlineExceeded):
		count("login_timeout")
	default:
		count("connections_failed")
	}
}

// handle answers one message; an error ends the session.
func (ss *session) handle(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handBound)
	defer cancel()
	m, err := wire.Parse(body)
	if err != nil {
		return ss.refuse(ctx, body, err)
	}
	if ss.id != "" && m.SessionID == ss.id {
		ss.server.alive(ss)
	}
	for _, w := range m.Warnings {
		ss.server.env.Count("warning_" + w)
	}
	if m.Name == "REQ.LOGIN" {
		return ss.login(m)
	}
	if ss.id == "" || m.SessionID != ss.id {
		ss.server.env.Count("requests_before_login")
		if !m.IsRequest() {
			return nil
		}
		return ss.send(complete(m.Response(wire.NeedsLogin), "0"))
	}
	return ss.request(ctx, m, body)
}

// refuse answers what is not valid (601 for broken XML, 602 for broken ESPA-X): under its own name if that was read, else as a plain
// error. From a source that is logged in, it is also kept for the administrator.
func (ss *session) refuse(ctx context.Context, body []byte, err error) error {
	var p *wire.ParseError
	if !errors.As(err, &p) {
		return err
	}
	name := "messages_malformed"
	if p.Code == wire.BadMessage {
		name = "messages_invalid"
	}
	ss.server.env.Count(name)
	if ss.id != "" && p.Name != "REQ.LOGIN" {
		raw := ss.raw(p.Name, "", p.InvokeID, body)
		raw.Fault = &connectors.Fault{Name: name, Where: p.Name, Reason: p.Reason}
		ss.server.put(func() error { return ss.server.env.Inbox.PutChanges(ctx, raw) })
	}
	request := wire.Message{Name: p.Name, InvokeID: p.InvokeID, SessionID: p.SessionID}
	if !answerable(p.Name) {
		return ss.indicate(p.Code, p.Reason)
	}
	return ss.send(complete(request.Response(p.Code).With("RSP-INFO", p.Reason), "0"))
}

// login checks user and password in constant time. Three refusals end the connection.
func (ss *session) login(m *wire.Message) error {
	c := &ss.server.config
	user := subtle.ConstantTimeCompare([]byte(m.Get("LI-USER")), []byte(c.User))
	password := subtle.ConstantTimeCompare([]byte(m.Get("LI-PASSWORD")), []byte(c.Password))
	if user&password != 1 {
		ss.server.env.Count("login_refused")
		ss.server.env.Log.Warn("login refused", "peer", ss.peer)
		out := m.Response(wire.Unauthorized).With("RSP-INFO", "user or password is wrong")
		if err := ss.send(complete(out, "0")); err != nil {
			return err
		}
		if ss.tries++; ss.tries >= 3 {
			return errEnd
		}
		return nil
	}
	ss.id = rand.Text() // 26 characters, of at most 32
	ss.write.Lock()
	ss.sent = ss.id
	ss.write.Unlock()
	out := m.Response(wire.OK).With("RSP-INFO", "welcome")
	out.SessionID = ss.id
	if err := ss.send(complete(out, "0")); err != nil {
		return err
	}
	ss.server.env.Count("logins")
	ss.server.enter(ss)
	return nil
}

// complete adds what the schema demands of a response besides code and reason.
func complete(m wire.Message, tan string) wire.Message {
	switch m.Name {
	case "RSP.LOGIN":
		m = m.With("LI-SERVER", "Wardline").With("LI-SERVERSW", "1")
	case "RSP.LOGOUT":
		m = m.With("RSP-INFO", "goodbye")
	case "RSP.P-START":
		m = m.With("SP-PR-TAN", tan)
	case "RSP.S-CONDITION":
		if m.Get("S-HEALTH") == "" {
			m = m.With("S-HEALTH", "No data")
		}
	}
	if m.SessionID == "" {
		m.SessionID = "0" // mandatory even where there is no session
	}
	return m
}

// answerable reports whether a response of that name exists.
func answerable(name string) bool {
	switch name {
	case "REQ.LOGIN", "REQ.LOGOUT", "REQ.HEARTBEAT", "REQ.S-CONDITION", "REQ.S-PARAMETERS",
		"REQ.P-START", "REQ.P-STOP", "REQ.P-GETSTAT":
		return true
	}
	return false
}

// indicate reports an error that belongs to no request.
func (ss *session) indicate(code wire.Code, info string) error {
	m := (wire.Message{}).Response(code)
	m.Name = "IND.ERROR"
	return ss.send(m.With("LI-SERVER", "Wardline").With("RSP-INFO", info))
}

// send writes one message. Indications carry the id of the session they are sent in.
func (ss *session) send(m wire.Message) error {
	ss.write.Lock()
	defer ss.write.Unlock()
	if m.SessionID == "" && m.Name != "IND.ERROR" {
		m.SessionID = ss.sent
	}
	m.Sent = ss.server.env.Now()
	ss.conn.SetWriteDeadline(time.Now().Add(writeBound))
	_, err := ss.conn.Write(m.AppendFrame(nil))
	return err
}
