package stream

import (
	"slices"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// Hint is a small frame that makes clients fetch something again.
type Hint string

// The hints there are.
const (
	HintDuty     Hint = "duty"
	HintRooms    Hint = "rooms"
	HintMail     Hint = "mail"     // a letter has come
	HintPackages Hint = "packages" // few key packages are left
	HintUpkeep   Hint = "upkeep"   // for the recorder: there may be something to mend
)

// Tell sends a hint to the given accounts of a clinic, or to all of it without any.
func (h *Hub) Tell(clinic hub.ClinicID, what Hint, users ...hub.UserID) {
	h.tell(what, func(c *conn) bool {
		return c.clinic == clinic && (len(users) == 0 || slices.Contains(users, c.user))
	})
}

// TellRecorder tells the recorder that there may be something to mend.
func (h *Hub) TellRecorder(clinic hub.ClinicID) {
	if h.o.Recorder != "" {
		h.Tell(clinic, HintUpkeep, h.o.Recorder)
	}
}

// Told takes a hint of the delivery service to the connections here it is meant for. It
// never blocks.
func (h *Hub) Told(m messaging.Hint) {
	switch m.Kind {
	case messaging.HintRooms, messaging.HintUpkeep:
		if len(m.Users) > 0 { // Tell without anybody would reach everybody
			h.Tell(m.Clinic, Hint(m.Kind), m.Users...)
		}
	case messaging.HintMail, messaging.HintPackages:
		h.tellDevice(m.Clinic, Hint(m.Kind), m.Device)
	case messaging.HintReceipts: // what has moved is told by HintRead and by cursors
	case messaging.HintRead:
		for _, user := range m.Users {
			h.tellRead(m, user)
		}
	case messaging.HintLog:
		for _, user := range m.Users {
			h.tellLog(m.Clinic, user)
		}
	}
}

func (h *Hub) tellDevice(clinic hub.ClinicID, what Hint, device hub.DeviceID) {
	h.mu.RLock()
	c := h.devices[device]
	h.mu.RUnlock()
	if c != nil && c.clinic == clinic {
		c.hint(what)
	}
}

func (h *Hub) tell(what Hint, wanted func(*conn) bool) {
	for _, c := range h.match(wanted) {
		c.hint(what)
		if what == HintRooms {
			c.relist()
		}
	}
}

// tellLog tells the account itself and everybody here who reads a room with it that its
// device log has grown. Whose rooms are not known here is told to all.
func (h *Hub) tellLog(clinic hub.ClinicID, user hub.UserID) {
	own := h.match(func(c *conn) bool { return c.clinic == clinic && c.user == user })
	told := map[*conn]struct{}{}
	for _, c := range own {
		told[c] = struct{}{}
		for _, room := range c.conversations() {
			for _, other := range h.readers(room) {
				told[other] = struct{}{}
			}
		}
	}
	if len(own) == 0 {
		for _, c := range h.match(func(c *conn) bool { return c.clinic == clinic }) {
			told[c] = struct{}{}
		}
	}
	b := encode(said{T: "log", User: user})
	for c := range told {
		c.note("log/"+string(user), b)
	}
}

func (c *conn) conversations() (rooms []hub.RoomID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range c.marks {
		if c.marks[i].talk {
			rooms = append(rooms, c.marks[i].room)
		}
	}
	return rooms
}

// open reports whether a device has a connection here, also one that is about to end.
func (h *Hub) open(device hub.DeviceID) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return h.devices[device] != nil
}

// Connected reports whether a device has an open connection to this node.
func (h *Hub) Connected(clinic hub.ClinicID, device hub.DeviceID) bool {
	h.mu.RLock()
	c := h.devices[device]
	h.mu.RUnlock()
	return c != nil && c.clinic == clinic && !c.ending()
}
