package recorder

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
)

// The recorder says one thing only: the newest info of a member again, after somebody has come;
// in a room of the house, which it leads, the hub's.

func newRun() string {
	var b [16]byte
	rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

// speak says the info if it must be said, or sends again what may not have got through.
func (m *room) speak() {
	s := m.r.stream.Load()
	if m.group == nil || s == nil || !m.r.ready.Load() || m.underWay() != nil || !m.word() {
		return
	}
	if m.sentOn == s {
		return // the answer is still to come
	}
	if m.dirty && m.save() != nil {
		return
	}
	out := m.st.Out
	if m.r.o.send(s, m.id, out.ID, out.Epoch, out.Body) == nil {
		m.sentOn = s
	}
}

// word makes sure of a message that is encrypted for this epoch; false if there is nothing to
// say, or if the hub knows of an epoch that we have not reached.
func (m *room) word() bool {
	out, epoch := m.st.Out, m.group.Epoch()
	switch {
	case out == nil && (m.st.Tell == 0 || m.st.Info == nil):
		return false
	case out == nil:
		m.st.N++
		return m.encrypt(spoken{ID: hub.NewID[string](), N: m.st.N, First: epoch, Said: m.st.Said})
	case out.First == refusedEpoch && out.Epoch >= epoch:
		return false
	case out.First == refusedEpoch:
		return m.encrypt(spoken{ID: out.ID, N: out.N, First: epoch, Said: m.st.Said})
	case out.Epoch < epoch && m.sentOn != m.r.stream.Load():
		// It may have been accepted long ago: then it keeps its number, and what it says is
		// said again if somebody has come since.
		return m.encrypt(spoken{ID: out.ID, N: out.N, First: out.First, Said: out.Said})
	}
	return true
}

// refusedEpoch stands for First when the hub has surely not accepted the message.
const refusedEpoch = -1

func (m *room) encrypt(out spoken) bool {
	text, err := json.Marshal(struct {
		payloadHead
		info
	}{payloadHead{1, "info", m.st.Run, out.N}, *m.st.Info})
	if err != nil {
		return false
	}
	out.Epoch = m.group.Epoch()
	if out.Body, err = m.group.Seal(text, []byte(string(m.id)+"/"+out.ID)); err != nil {
		m.log.Error("a message could not be encrypted", "cause", causeOf(err))
		return false
	}
	m.st.Out, m.sentOn = &out, nil
	m.change(true)
	return true
}

type payloadHead struct {
	V   int    `json:"v"`
	T   string `json:"t"`
	Run string `json:"run"`
	N   int64  `json:"n"`
}

// said notes that our message has its place in the log, encrypted for an epoch.
func (m *room) said(id string, epoch int64) {
	if m.st.Out == nil || m.st.Out.ID != id {
		return
	}
	if m.st.Tell <= epoch && m.st.Out.Said == m.st.Said {
		m.st.Tell = 0
	}
	m.st.Out, m.sentOn = nil, nil
	m.change(true)
	if m.st.House {
		wake(m.r.hint) // whom it names may come now
	}
}

// answered is the hub's answer to our message.
func (m *room) answered(n client.Note) {
	out := m.st.Out
	if out == nil || out.ID != n.ID {
		return
	}
	switch {
	case n.T == "sent":
		m.said(n.ID, out.First)
	case n.Code == "epoch" || n.Code == "joining":
		out.First, m.sentOn = refusedEpoch, nil
		m.change(true)
	case n.Code == "slow_down" || n.Code == "unavailable":
		m.sentOn = nil
	default:
		m.log.Error("the hub refused a message", "code", client.Clean(n.Code))
		m.st.Out, m.st.Tell, m.sentOn = nil, 0, nil
		m.change(true)
	}
	m.speak()
}

// codeOf returns the hub's code in an error's chain.
func codeOf(err error) string {
	var e *hub.Error
	if errors.As(err, &e) && e.Code != "" {
		return e.Code
	}
	return hub.KindOf(err).String()
}
