package hl7v2

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
	"github.com/wardline/wardline/hub"
)

// receiver is one connector: a port that HIS and integration engines send to.
type receiver struct {
	config  Config
	env     connectors.Env
	peers   connectors.Peers
	mapping *mapping
	options hl7.Options
	ln      net.Listener
	tls     *tls.Config
	poll    time.Duration // of the drop folder

	reporting sync.Mutex // keeps an older health from being reported after a newer one

	mu      sync.Mutex
	conns   int
	healthy bool
	folder  string // what is wrong with the drop folder
}

// Prepare reads the certificate, makes the folders and takes the address.
func (r *receiver) Prepare() (err error) {
	if err = r.prepareFolder(); err != nil {
		return err
	}
	if r.tls, err = r.config.TLS.Load(r.env.Now()); err != nil {
		return err
	}
	r.ln, err = r.env.Listen("tcp", r.config.Address)
	return err
}

// Check is the Test button.
func (r *receiver) Check(context.Context) []connectors.Check {
	return connectors.CheckListener(r.env, r.config.Address, r.config.TLS)
}

// Run receives until ctx ends and the messages in hand are answered.
func (r *receiver) Run(ctx context.Context) error {
	r.report()
	if r.config.DropFolder != "" {
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() { r.watch(ctx) })
	}
	server := &mllp.Server{
		Handler:     r.frame,
		Refuse:      r.oversize,
		Observe:     func(_ *mllp.Peer, err error) { r.env.Count(mllp.Name(err)) },
		TLS:         r.tls,
		MaxFrame:    r.config.MaxFrameBytes,
		IdleTimeout: time.Duration(r.config.IdleSeconds) * time.Second,
	}
	if err := server.Serve(ctx, &gate{Listener: r.ln, receiver: r}); err != nil {
		return fmt.Errorf("serve MLLP: %w", err)
	}
	return nil
}

// frame handles what came in one MLLP frame: mostly one message, sometimes several or a
// batch, each of which is stored and answered by itself. An error makes the server close
// the connection, so that a sender that was told to try again does.
func (r *receiver) frame(ctx context.Context, p *mllp.Peer, frame []byte) ([]byte, error) {
	batch, err := r.options.Split(frame)
	if err != nil {
		return r.refuse(ctx, connectors.PeerHost(p.RemoteAddr()), frame, err)
	}
	out := r.batch(ctx, context.Background(), connectors.PeerHost(p.RemoteAddr()), batch)
	replies, failed := out.replies, out.err
	if r.config.BatchAck == "batch" {
		if whole := batch.Reply(replies, rand.Text()[:20], r.env.Now()); whole != nil {
			return whole, failed
		}
	}
	if len(replies) == 0 {
		return nil, failed
	}
	last := len(replies) - 1
	for _, reply := range replies[:last] {
		if err := p.Send(reply); err != nil {
			return nil, err
		}
	}
	return replies[last], failed
}

// fate is what became of some messages.
type fate struct {
	replies [][]byte
	refused int   // came to nothing, or to less than they hold
	err     error // nothing was stored from here on: the sender should try again
}

// batch handles messages that came together, in their order, until quit ends.
func (r *receiver) batch(ctx, quit context.Context, peer string, b hl7.Batch) (all fate) {
	for _, raw := range b.Messages {
		if all.err = quit.Err(); all.err != nil {
			return all
		}
		one := r.message(ctx, peer, raw)
		all.replies = append(all.replies, one.replies...)
		all.refused += one.refused
		if one.err != nil {
			all.err = one.err
			break // the sender repeats from here on; what came before is stored
		}
	}
	return all
}

// message stores one message with its effect, in one call that commits both or nothing.
func (r *receiver) message(ctx context.Context, peer string, raw []byte) fate {
	msg, err := r.options.Parse(raw)
	if err != nil {
		reply, err := r.refuse(ctx, peer, raw, err)
		return fate{oneOrNone(reply), 1, err}
	}
	h := msg.Header()
	if len(r.config.Sources) > 0 && !slices.Contains(r.config.Sources, h.Sender.App.Namespace) {
		r.env.Count("source_refused")
		return fate{r.replies(h, hl7.Rejected, hl7.Fault{At: hl7.MustPath("MSH-3"), Code: hl7.CodeTableValue,
			Text: "this sender is not accepted here"}, mapped{}), 1, nil}
	}
	m := r.read(msg)
	if err := put(ctx, r.env.Inbox, r.input(msg, h, peer, raw), m); err != nil {
		r.setHealthy(false)
		r.env.Count("inbox_unavailable")
		r.env.Log.Warn("message not stored", "error", err)
		return fate{r.replies(h, hl7.Failed, hl7.Fault{Code: hl7.CodeInternal, Text: "not stored, please send again"}, m), 0, err}
	}
	r.setHealthy(true)
	r.count(m)
	out := fate{replies: r.replies(h, hl7.Accepted, hl7.Fault{}, m)}
	if m.Fault != nil {
		out.refused = 1
	}
	return out
}

// read maps a message. A mistake of ours in it is kept as that message's fault: closing the
// connection would make the sender repeat it for ever, and nothing behind it would come in.
func (r *receiver) read(msg *hl7.Message) (m mapped) {
	defer func() {
		if recover() != nil { // its value may quote the message
			r.env.Count("panics")
			m = mapped{Fault: fault("internal", "", "the mapping failed on this message")}
		}
	}()
	return r.mapping.message(msg, r.env.Now())
}

func oneOrNone(reply []byte) [][]byte {
	if reply == nil {
		return nil
	}
	return [][]byte{reply}
}

// count makes faults and tolerated quirks visible by name. All names come from the mapping,
// never from a message, so their number is bounded.
func (r *receiver) count(m mapped) {
	if m.Fault != nil {
		r.env.Count("fault_" + m.Fault.Name)
	}
	for _, w := range m.Warnings {
		r.env.Count("warning_" + w)
	}
}

// put stores an input and its effect. Where only some records of a master file could be
// used, the others are stored once more as a fault, so that the administrator sees them.
func put(ctx context.Context, in connectors.Inbox, raw connectors.Raw, m mapped) error {
	raw.Warnings = append(raw.Warnings, m.Warnings...)
	if m.Fault == nil || len(m.Changes) > 0 {
		var err error
		if len(m.Moves) > 0 {
			err = in.PutMovements(ctx, raw, m.Moves...)
		} else {
			err = in.PutChanges(ctx, raw, m.Changes...)
		}
		if err != nil || m.Fault == nil {
			return err
		}
		raw.Key += "/refused"
	}
	raw.Fault = m.Fault
	return in.PutChanges(ctx, raw)
}

// input describes a message as it came. The key holds the body as well as the header's
// identity: a sender that reuses a control id for another message is heard.
func (r *receiver) input(msg *hl7.Message, h hl7.Header, peer string, raw []byte) connectors.Raw {
	body := sha256.Sum256(raw)
	key := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%x", h.Sender.App.Namespace, h.Sender.Facility.Namespace, h.ControlID, h.Time, body))
	out := connectors.Raw{Key: hex.EncodeToString(key[:]), Type: clip(h.Type+"^"+h.Trigger, 40), ControlID: clip(h.ControlID, 199),
		Peer: peer, Body: raw, Received: r.env.Now()}
	warnings := msg.Warnings()
	for w := hl7.WarnLineEnd; w <= hl7.WarnBatch; w++ {
		if warnings.Count(w) > 0 {
			out.Warnings = append(out.Warnings, w.String())
		}
	}
	for _, w := range out.Warnings {
		r.env.Count("warning_" + w)
	}
	return out
}

// clip bounds what a sender chooses and we keep in the clear, on a whole character.
func clip(s string, n int) string { return clean(s[:min(n, len(s))]) }

// refuse answers what cannot be parsed and keeps it for the administrator. Without a
// header there is nobody to answer to by name, so the answer has an empty MSA-2.
func (r *receiver) refuse(ctx context.Context, peer string, raw []byte, cause error) ([]byte, error) {
	f := hl7.FaultOf(cause)
	h, _ := hl7.PeekHeader(raw)
	body := sha256.Sum256(raw)
	in := connectors.Raw{Key: "broken/" + hex.EncodeToString(body[:]), Type: "broken", ControlID: clip(h.ControlID, 199), Peer: peer,
		Body: raw, Received: r.env.Now(), Fault: fault("not_parseable", f.At.String(), cause.Error())}
	r.env.Count("not_parseable")
	if err := r.env.Inbox.PutChanges(ctx, in); err != nil {
		r.env.Log.Warn("refused message not kept", "error", err)
	}
	return first(r.replies(h, hl7.Rejected, f, mapped{})), nil
}

// oversize answers a frame beyond the limit, of which only the beginning was read.
func (r *receiver) oversize(_ *mllp.Peer, err *mllp.OversizeError) []byte {
	h, _ := hl7.PeekHeader(err.Head)
	return first(r.replies(h, hl7.Rejected, hl7.Fault{Code: hl7.CodeInternal, Text: err.Error()}, mapped{}))
}

func first(replies [][]byte) []byte {
	if len(replies) == 0 {
		return nil
	}
	return replies[0]
}

// replies builds the acknowledgements a sender asked for. The application level of a
// master file notification is an MFK with the fate of each record.
func (r *receiver) replies(h hl7.Header, o hl7.Outcome, f hl7.Fault, m mapped) [][]byte {
	var out [][]byte
	for _, code := range h.Acks(o) {
		ack := hl7.Ack{Code: code, ControlID: rand.Text()[:20], Time: r.env.Now()}
		if o != hl7.Accepted {
			ack.Faults = []hl7.Fault{f}
		}
		b := r.reply(h, ack, m)
		reply, err := b.Bytes()
		if err != nil {
			r.env.Count("reply_failed")
			r.env.Log.Error("acknowledgement not built", "error", err)
			continue
		}
		out = append(out, reply)
	}
	return out
}

// reply begins one acknowledgement: a plain ACK at the commit level and wherever the sender
// wants no word about records (MFI-6 NE or absent), else an MFK (HL7 2.5.1 ch.8 s.8.5.2).
func (r *receiver) reply(h hl7.Header, ack hl7.Ack, m mapped) *hl7.Builder {
	application := ack.Code == hl7.AA || ack.Code == hl7.AE
	if !application || len(m.Records) == 0 || m.level == "" || m.level == "NE" {
		return h.Reply(ack)
	}
	ack.Type = "MFK^" + m.kind + "^MFK_M01"
	return addMFA(h.Reply(ack), m, hl7.FormatTime(ack.Time), ack.Code == hl7.AA)
}

// addMFA writes one MFA for each record the sender wants to hear about: all (AL), those
// that failed (ER) or those that did not (SU), as MFI-6 says.
func addMFA(b *hl7.Builder, m mapped, now string, stored bool) *hl7.Builder {
	b.Segment("MFI")
	for _, place := range mfiPlaces {
		b.Set(place, m.file[place])
	}
	b.Set("6", m.level)
	for _, r := range m.Records {
		ok := stored && r.Fault == nil
		if m.level == "ER" && ok || m.level == "SU" && !ok {
			continue
		}
		b.Segment("MFA").Set("1", r.Event).Set("2", r.Control).Set("3", now)
		if ok {
			b.Set("4", "S")
		} else {
			b.Set("4", "U")
			if r.Fault != nil {
				b.Set("4.2", r.Fault.Reason)
			}
		}
		b.Set("5", r.Key).Set("6", r.KeyType)
		for i, part := range r.parts {
			if i > 0 && part != "" {
				b.Set("5."+strconv.Itoa(i+1), part)
			}
		}
	}
	return b
}

// Replay maps a stored message again, with the configuration that runs now: this is how
// messages that failed are repaired after the mapping was corrected.
func (r *receiver) Replay(ctx context.Context, in connectors.Inbox, raw connectors.Raw) error {
	msg, err := r.options.Parse(raw.Body)
	if err != nil {
		return &hub.Error{Op: "hl7v2.replay", Kind: hub.Invalid, Code: "not_parseable", Err: err}
	}
	raw.Fault, raw.Warnings = nil, nil
	return put(ctx, in, raw, r.mapping.message(msg, raw.Received))
}

// setHealthy remembers whether the last message could be stored. It is the senders' traffic
// itself that finds out; no probe is needed on a port that is never silent for long.
func (r *receiver) setHealthy(ok bool) {
	r.mu.Lock()
	changed := r.healthy != ok
	r.healthy = ok
	r.mu.Unlock()
	if changed {
		r.report()
	}
}

func (r *receiver) report() {
	r.reporting.Lock()
	defer r.reporting.Unlock()
	r.mu.Lock()
	h := connectors.Health{State: connectors.Up, Peers: r.conns}
	if !r.healthy {
		h.State, h.Detail = connectors.Degraded, "messages cannot be stored at the moment; senders are asked to try again"
	} else if r.folder != "" {
		h.State, h.Detail = connectors.Degraded, r.folder
	}
	r.mu.Unlock()
	r.env.Report(h)
}

// gate lets in the allowed peers only and counts connections.
type gate struct {
	net.Listener
	receiver *receiver
}

func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if g.receiver.peers.Allow(conn.RemoteAddr()) {
			g.receiver.connected(1)
			return &counted{Conn: conn, receiver: g.receiver}, nil
		}
		g.receiver.env.Count("peer_refused")
		conn.Close()
	}
}

func (r *receiver) connected(n int) {
	r.mu.Lock()
	r.conns += n
	r.mu.Unlock()
	r.report()
}

type counted struct {
	net.Conn
	receiver *receiver
	once     sync.Once
}

func (c *counted) Close() error {
	c.once.Do(func() { c.receiver.connected(-1) })
	return c.Conn.Close()
}
