package recorder

import (
	"context"
	"slices"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/mlscore"
)

// A room of the house follows a ward, a duty role or a group. Nobody begins it by hand, so
// that the recorder does: its group has the recorder at leaf 0, and its info says so
// (`"house":true`). In such a room, and in no other, the hub's word is enough for an Add;
// that is why nobody is added before an info of the recorder has named them to everybody in
// the room, and why a room that people have begun can never become one.

// begin makes the group of a room of the house, and its first commit. As with every commit the
// state is kept first and the room's log decides.
func (m *room) begin(ctx context.Context) {
	p, err := mlscore.NewPackage(m.r.id.signer(), m.r.o.now(), packageLife, false)
	if err != nil {
		m.log.Error("a room could not be begun", "cause", causeOf(err))
		return
	}
	g, err := mlscore.Create(idBytes(m.id), m.r.id.signer(), p)
	if err != nil {
		m.log.Error("a room could not be begun", "cause", causeOf(err))
		return
	}
	m.group = g
	m.st = state{Run: newRun(), Fresh: m.r.o.now(), House: true, Faults: m.st.Faults}
	m.stage(ctx, nil, nil)
}

// lead takes in how the hub says that a room is called and who is in it, to be said before
// anything follows from it. Of a room that we have not begun the hub has nothing to say.
func (m *room) lead(h *client.House) {
	if h == nil || !m.st.House {
		return
	}
	members := slices.DeleteFunc(slices.Clone(h.Members), func(u hub.UserID) bool { return u == m.r.id.User })
	if was := m.st.Info; was != nil && was.Title == h.Title && slices.Equal(was.Members, members) {
		return
	}
	m.st.inform(info{Title: h.Title, Members: members, House: true})
	m.st.Said++
	m.st.Tell = m.group.Epoch()
	m.change(true)
}

// unsaid reports whether the others do not know yet whom the hub wants in a room of the house.
func (m *room) unsaid() bool { return m.st.House && (m.st.Tell != 0 || m.st.Out != nil) }
