package recorder

import (
	"context"

	"github.com/wardline/wardline/hub"
)

// underWay returns our commit of this epoch that may still win, or nil.
func (m *room) underWay() *staged {
	for i := range m.st.Staged {
		if s := &m.st.Staged[i]; !s.Refused {
			return s
		}
	}
	return nil
}

// stage makes a commit, keeps it with the group after it, and only then posts it.
func (m *room) stage(ctx context.Context, remove []uint32, add []added) {
	var wires [][]byte
	for _, a := range add {
		wires = append(wires, a.Package)
	}
	s, err := m.group.Stage(remove, wires)
	if err != nil {
		m.log.Error("a commit could not be made", "cause", causeOf(err), "remove", len(remove), "add", len(add))
		m.tire()
		m.avoidAll(add)
		return
	}
	before := m.st.Staged
	m.st.Staged = append(before[max(0, len(before)-maxStaged):], staged{
		ID: hub.NewID[string](), Epoch: m.group.Epoch(), Body: s.Commit, Welcome: s.Welcome, Next: s.Next, Added: add,
	})
	if m.save() != nil {
		m.st.Staged = before // nobody has seen it
		return
	}
	m.post(ctx)
}

// post offers the hub our commit. Whatever it answers, the room's log decides; the answer only
// says whether to wait for it.
func (m *room) post(ctx context.Context) {
	s := m.underWay()
	if !m.awaits.IsZero() {
		if m.r.o.now().Sub(m.awaits) > m.r.o.times.await {
			m.awaits = m.r.o.now()
			wake(m.r.again) // what the hub has decided did not come: ask by a new connection
		}
		return
	}
	var err error
	if s.Epoch == 0 {
		err = m.r.api.CreateRoom(ctx, m.id, m.r.id.User, s.ID, s.Body)
	} else {
		err = m.r.api.Commit(ctx, m.id, s.ID, s.Body, s.Welcome)
	}
	switch refusalOf(err) {
	case "":
		if err == nil {
			m.awaits = m.r.o.now()
		}
	case "epoch":
		m.awaits = m.r.o.now()
	default:
		m.log.Warn("the hub refused a commit", "cause", causeOf(err), "epoch", s.Epoch)
		s.Refused = true
		m.avoidAll(s.Added)
		m.tire()
		m.change(true)
	}
}

// refusalOf returns the code by which the hub has refused something for good; "" when it took
// it, or when that is not known.
func refusalOf(err error) string {
	switch hub.KindOf(err) {
	case hub.Invalid, hub.Forbidden, hub.NotFound, hub.Conflict:
		return codeOf(err)
	}
	return ""
}

// tire lets some time pass before the next commit.
func (m *room) tire() {
	m.tired = min(max(2*m.tired, m.r.o.times.retry), m.r.o.times.retryMax)
	m.rest = m.r.o.now().Add(m.tired)
}

// avoidAll drops packages that did no good, and looks at their devices later again.
func (m *room) avoidAll(devices []added) {
	for _, a := range devices {
		delete(m.held, a.Device)
		m.avoid[a.Device] = m.r.o.now().Add(m.r.o.times.claim)
	}
}

// stale reports whether our own keys in the room are due for a refresh.
func (m *room) stale() bool {
	return m.st.Commits >= refreshAfter || m.r.o.now().Sub(m.st.Fresh) > m.r.o.times.refresh
}
