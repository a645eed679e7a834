package recorder

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/mlscore"
)

const (
	stateLost  = "state_lost"
	maxFaults  = 500 // kept until the hub has taken them; more are only counted
	maxTitle   = 120 // UTF-16 code units, as the browsers count
	maxMembers = 256
	maxRun     = 64
)

// take is given each item of the room, in order. An item of a connection that has ended is
// left: it comes again on the next one.
func (m *room) take(ctx context.Context, s *client.Stream, it client.Item) {
	if m.r.stream.Load() != s || m.stuckOn == s {
		return
	}
	if m.on != s {
		m.on, m.seen, m.acked = s, 0, 0
	}
	if it.Seq > m.st.Seq {
		if err := m.takeIn(ctx, it); err != nil {
			m.standStill(s, it, err)
			return
		}
		m.st.Seq = it.Seq
		m.change(false)
		m.stuckOn, m.stand = nil, 0
		m.stuck.Store(false)
	}
	m.seen = it.Seq
	if m.r.ready.Load() && m.st.Tell != 0 {
		m.speak()
	}
}

// standStill leaves the room as it is: nothing after an item that cannot be taken in is looked
// at. A new connection brings it again.
func (m *room) standStill(s *client.Stream, it client.Item, err error) {
	m.stuckOn = s
	var refused mlscore.Fault
	if !errors.As(err, &refused) {
		wake(m.r.again) // the hub or the disk failed; it is a matter of seconds
		return
	}
	m.stand = min(max(2*m.stand, m.r.o.times.retryMax), stuckMax)
	m.retryAt.Store(m.r.o.now().Add(m.stand).UnixNano())
	if !m.stuck.Swap(true) {
		m.log.Error("a commit cannot be accepted; the room stands still", "seq", it.Seq, "cause", string(refused))
		m.fault(it, string(mlscore.Refused))
	}
	m.r.report()
}

func (m *room) takeIn(ctx context.Context, it client.Item) error {
	switch it.Kind {
	case messaging.ItemMessage:
		m.message(it)
	case messaging.ItemLine:
		m.line(it)
	case messaging.ItemCommit:
		return m.commit(ctx, it)
	}
	return nil
}

// fault counts an item that could not be opened, to be told to the hub.
func (m *room) fault(it client.Item, cause string) {
	m.r.faults.Add(1)
	if len(m.st.Faults) < maxFaults {
		m.st.Faults = append(m.st.Faults, client.Fault{Room: m.id, Seq: it.Seq, Cause: cause})
	}
	m.change(false)
}

// line is what the hub says of the room. Only who has gone matters.
func (m *room) line(it client.Item) {
	var l struct {
		Act   string       `json:"act"`
		Users []hub.UserID `json:"users"`
	}
	if json.Unmarshal(it.Body, &l) == nil && (l.Act == "removed" || l.Act == "left") {
		m.st.unwant(l.Users...)
	}
}

// message opens a message and keeps of it what the recorder needs.
func (m *room) message(it client.Item) {
	switch {
	case it.From == m.r.id.Device:
		m.said(it.ID, it.Epoch)
		return
	case m.group == nil && m.st.Lost:
		m.fault(it, stateLost)
		return
	case m.group == nil:
		return
	}
	got, err := m.group.Open(it.Body)
	if err == nil && string(got.AAD) != string(m.id)+"/"+it.ID {
		err = mlscore.AAD
	}
	if err != nil {
		m.fault(it, string(mlscore.CauseOf(err)))
		return
	}
	p, ok := parsePayload(got.Text)
	if !ok {
		m.fault(it, string(mlscore.Format))
		return
	}
	m.count(hub.DeviceID(got.Sender.Identity.Device), p)
	if p.T == "info" {
		m.informed(got, p)
	}
}

// count follows the numbers of a device: what is missing or comes twice, the hub has withheld
// or repeated.
func (m *room) count(device hub.DeviceID, p payload) {
	if m.st.Heard == nil {
		m.st.Heard = map[hub.DeviceID]mark{}
	}
	before, known := m.st.Heard[device]
	if known && before.Run == p.Run && p.N != before.N+1 {
		m.log.Warn("messages of a device are missing or repeated", "device", device, "after", before.N, "came", p.N)
	}
	m.st.Heard[device] = mark{p.Run, p.N}
}

// informed takes in the word of a member on title and members.
func (m *room) informed(got mlscore.Message, p payload) {
	if got.Sender.Identity.Device == string(m.r.id.Device) || m.st.House {
		return
	}
	m.st.inform(info{Title: p.Title, Members: p.Members})
	if m.st.Tell != 0 && got.Epoch >= m.st.Tell {
		m.st.Tell = 0 // whoever came last has read it from the member
	}
	wake(m.r.hint) // it may have allowed somebody
}

// payload is what the recorder reads of a message's inside.
type payload struct {
	V       int          `json:"v"`
	T       string       `json:"t"`
	Run     string       `json:"run"`
	N       int64        `json:"n"`
	Title   string       `json:"title"`
	Members []hub.UserID `json:"members"`
}

func parsePayload(text []byte) (payload, bool) {
	var p payload
	if json.Unmarshal(text, &p) != nil || len(p.Run) > maxRun || p.Run == "" || p.N < 1 {
		return p, false
	}
	if p.V != 1 || p.T != "info" {
		p.T = ""
		return p, true // counted; what it says is not for the recorder
	}
	if len(utf16.Encode([]rune(p.Title))) > maxTitle || len(p.Members) > maxMembers {
		return p, false
	}
	valid := func(u hub.UserID) bool { return hub.ValidID(string(u)) }
	return p, !slices.ContainsFunc(p.Members, func(u hub.UserID) bool { return !valid(u) })
}

// commit takes a commit in: ours that has won, the one that brings us in, or a member's.
func (m *room) commit(ctx context.Context, it client.Item) error {
	if m.group == nil {
		if it.Welcome {
			return m.join(ctx, it)
		}
		return nil // of a time when we were not in the room, or could not follow
	}
	for _, s := range m.st.Staged {
		if bytes.Equal(s.Body, it.Body) {
			return m.won(s)
		}
	}
	c, err := m.group.Read(it.Body)
	if err != nil {
		return err
	}
	if c.Committer.Index == m.group.Own() {
		m.lose("a commit of ours whose state is gone")
		return nil
	}
	return m.follow(ctx, it, c)
}

// follow applies a member's commit.
func (m *room) follow(ctx context.Context, it client.Item, c mlscore.Change) error {
	if c.Self {
		m.log.Info("taken out of the room")
		m.leave()
		return nil
	}
	for _, a := range c.Add {
		if ok, err := m.r.trust.named(ctx, a.Identity, a.Sign); err != nil || !ok {
			if err == nil {
				m.log.Error("a commit adds a device that nobody certifies", "device", a.Identity.Device, "user", a.Identity.User)
				err = mlscore.Refused
			}
			return err
		}
	}
	if err := m.group.Apply(it.Body); err != nil {
		return err
	}
	var users []hub.UserID
	for _, a := range c.Add {
		users = append(users, hub.UserID(a.Identity.User))
		delete(m.st.Rejoin, hub.DeviceID(a.Identity.Device))
	}
	m.st.want(users...)
	m.st.Commits++
	m.moved(len(c.Add) > 0)
	return nil
}

// won makes our own commit take effect.
func (m *room) won(s staged) error {
	if err := m.group.Become(s.Next); err != nil {
		return err
	}
	for _, a := range s.Added {
		if _, again := m.st.Rejoin[a.Device]; again {
			m.serve(a)
		}
		delete(m.held, a.Device)
	}
	m.st.Commits, m.st.Fresh, m.tired = 0, m.r.o.now(), 0
	m.moved(len(s.Added) > 0)
	wake(m.r.hint) // there may be more to mend, such as the second half of a rejoin
	return nil
}

// serve notes that a device has come back with this package, so that a list of the hub that is
// a moment old does not take it out again.
func (m *room) serve(a added) {
	if m.st.Served == nil {
		m.st.Served = map[hub.DeviceID][]byte{}
	}
	m.st.Served[a.Device] = a.Package
	delete(m.st.Rejoin, a.Device)
}

// moved is what follows from every new epoch.
func (m *room) moved(somebodyCame bool) {
	m.st.Staged, m.awaits = nil, time.Time{}
	if somebodyCame {
		m.st.Tell = m.group.Epoch()
	}
	m.change(true)
}

// join enters the room by the newest Welcome. When that belongs to a later commit, this one is
// history.
func (m *room) join(ctx context.Context, it client.Item) error {
	w, err := m.r.api.Welcome(ctx, m.id)
	if err != nil && hub.KindOf(err) != hub.NotFound {
		return err
	}
	if err != nil || w.Seq != it.Seq {
		m.log.Warn("no welcome belongs to this commit", "seq", it.Seq, "newest", w.Seq)
		return nil
	}
	g, used, err := m.r.pool.join(w.Body, m.r.id.signer())
	if err != nil {
		m.lose("no key package fits the welcome")
		m.fault(it, stateLost)
		return nil
	}
	roster, err := m.believe(ctx, g)
	if err != nil {
		return err
	}
	m.group = g
	m.st = state{Seq: it.Seq, Run: newRun(), Fresh: m.r.o.now(), Wanted: usersOf(roster), Faults: m.st.Faults}
	m.change(true)
	if err := m.save(); err != nil {
		return err
	}
	return m.r.pool.spend(used, m.r.o.now())
}

// believe checks everybody in the tree that we are about to enter.
func (m *room) believe(ctx context.Context, g *mlscore.Group) ([]mlscore.Leaf, error) {
	roster, err := g.Roster()
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(g.ID(), idBytes(m.id)) {
		return nil, mlscore.Refused
	}
	for _, l := range roster {
		ok, err := m.r.trust.named(ctx, l.Identity, l.Sign)
		if err != nil {
			return nil, err
		}
		if !ok {
			m.log.Error("the room has a device that nobody certifies", "device", l.Identity.Device, "user", l.Identity.User)
			return nil, mlscore.Refused
		}
	}
	return roster, nil
}

// leave forgets the room's keys.
func (m *room) leave() {
	m.group, m.st = nil, state{Seq: m.st.Seq, Faults: m.st.Faults}
	m.held = map[hub.DeviceID]added{}
	m.change(true)
}

// lose is the end of our part in a room, until somebody brings us in again.
func (m *room) lose(why string) {
	m.log.Error("the room is lost", "cause", why)
	m.leave()
	m.st.Lost = true
}

// idBytes are the 16 bytes of a room's id, which are the id of its group.
func idBytes(id hub.RoomID) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(string(id), "-", ""))
	if err != nil {
		return nil
	}
	return b
}
