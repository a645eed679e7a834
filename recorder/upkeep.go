package recorder

import (
	"bytes"
	"context"
	"slices"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/mlscore"
)

// turn is the room's turn to mend what the hub says, and to go on with what did not get
// through.
func (m *room) turn(ctx context.Context, u client.Upkeep) {
	m.tell(ctx)
	if m.group == nil && u.House != nil && u.House.Begin && m.r.ready.Load() {
		m.begin(ctx)
		return
	}
	if m.group == nil || m.stuckOn != nil && m.stuckOn == m.r.stream.Load() || !m.r.ready.Load() {
		return
	}
	switch {
	case m.underWay() != nil:
		m.post(ctx)
	case m.r.o.now().Before(m.rest):
	default:
		m.mend(ctx, u)
	}
	m.speak()
}

// tell reports faults to the hub.
func (m *room) tell(ctx context.Context) {
	if len(m.st.Faults) == 0 {
		return
	}
	err := m.r.api.PutFaults(ctx, m.st.Faults)
	if err == nil || refusalOf(err) != "" {
		m.st.Faults = nil
		m.change(false)
	}
}

func (m *room) mend(ctx context.Context, u client.Upkeep) {
	if m.group.Epoch() == 0 {
		m.stage(ctx, nil, nil) // the hub would not have the first try
		return
	}
	m.lead(u.House)
	remove := m.removals(u.Remove)
	m.rejoins(ctx, u.Rejoin)
	remove, add := m.returning(remove)
	add = append(add, m.missing(ctx, u.Missing)...)
	if m.unsaid() {
		add = nil
	}
	add = m.fitting(remove, add)
	if len(remove) > 0 || len(add) > 0 || m.stale() {
		m.stage(ctx, remove, add)
	}
}

// removals are the leaves that the hub wants out. Taking out is the hub's right; but its list
// may be of another epoch, so that a leaf counts only with the device it names.
func (m *room) removals(wanted []client.Leaf) []uint32 {
	var out []uint32
	for _, w := range wanted {
		l, ok := m.group.Find(string(w.Device))
		if ok && l.Index != m.group.Own() && l.Identity.User == string(w.User) && !slices.Contains(out, l.Index) {
			out = append(out, l.Index)
		}
	}
	return out
}

// rejoins takes in which devices have lost their state and may come back.
func (m *room) rejoins(ctx context.Context, wanted []client.KeyPackage) {
	for _, w := range wanted {
		if bytes.Equal(m.st.Served[w.Device], w.Package) || bytes.Equal(m.st.Rejoin[w.Device], w.Package) || m.avoided(w.Device) {
			continue
		}
		if w.Device == m.r.id.Device || !m.admit(ctx, added(w)) {
			continue
		}
		if m.st.Rejoin == nil {
			m.st.Rejoin = map[hub.DeviceID][]byte{}
		}
		m.st.Rejoin[w.Device] = w.Package
		m.change(false)
	}
}

// returning are the devices to be added again, and the old leaves that must go first: the
// library refuses both in one commit (see package mlscore).
func (m *room) returning(remove []uint32) ([]uint32, []added) {
	var add []added
	for device, wire := range m.st.Rejoin {
		if old, ok := m.group.Find(string(device)); ok {
			if !slices.Contains(remove, old.Index) {
				remove = append(remove, old.Index)
			}
			continue
		}
		offer, err := mlscore.ReadPackage(wire)
		if err != nil || offer.NotAfter.Before(m.r.o.now()) || !slices.Contains(m.st.Wanted, hub.UserID(offer.Identity.User)) {
			delete(m.st.Rejoin, device)
			continue
		}
		add = append(add, added{hub.UserID(offer.Identity.User), device, wire})
	}
	return remove, add
}

// missing gets packages of members' devices that are not in the tree and may be.
func (m *room) missing(ctx context.Context, devices []hub.DeviceID) []added {
	var add []added
	var claim []hub.DeviceID
	for _, d := range devices {
		_, back := m.st.Rejoin[d]
		if _, in := m.group.Find(string(d)); in || back || m.avoided(d) {
			continue
		}
		if a, ok := m.held[d]; ok {
			add = append(add, a)
		} else if m.known(ctx, d) {
			claim = append(claim, d)
		}
	}
	if len(claim) == 0 {
		return add
	}
	got, err := m.r.api.Claim(ctx, claim)
	if err != nil {
		m.log.Warn("no key packages", "cause", causeOf(err))
	}
	for _, d := range claim {
		m.avoid[d] = m.r.o.now().Add(m.r.o.times.claim) // unless it turns out well
	}
	for _, k := range got {
		if slices.Contains(claim, k.Device) && m.admit(ctx, added(k)) {
			delete(m.avoid, k.Device)
			m.held[k.Device] = added(k)
			add = append(add, added(k))
		}
	}
	return add
}

// avoided reports whether a device is not to be looked at yet.
func (m *room) avoided(d hub.DeviceID) bool {
	until, ok := m.avoid[d]
	if ok && m.r.o.now().After(until) {
		delete(m.avoid, d)
		return false
	}
	return ok
}

// known reports whether somebody who is wanted in the room has certified the device. Without
// this a package would be claimed, and used up, for devices that cannot be added.
func (m *room) known(ctx context.Context, d hub.DeviceID) bool {
	for _, user := range m.st.Wanted {
		if log, err := m.r.trust.known(user); err == nil && log.Has(d) {
			return true
		}
	}
	for _, user := range m.st.Wanted {
		log, err := m.r.trust.newest(ctx, user)
		if err == nil && log.Has(d) {
			return true
		}
		if err != nil && m.r.trust.unlessUntrue(user, err) != nil {
			return false // it could not be found out; the next turn tries again
		}
	}
	m.refuse(d, "nobody who is wanted here has certified it")
	return false
}

// admit decides whether a device may be added with this package: the rule "Who may be in the
// tree" of chat.md.
func (m *room) admit(ctx context.Context, a added) bool {
	offer, err := mlscore.ReadPackage(a.Package)
	if err != nil || offer.Identity.Device != string(a.Device) || offer.Identity.User != string(a.User) {
		m.refuse(a.Device, "its package is another's or malformed")
		return false
	}
	now := m.r.o.now()
	if offer.NotBefore.After(now) || offer.NotAfter.Before(now.Add(m.r.o.times.spare)) {
		m.refuse(a.Device, "its package is about to expire")
		return false
	}
	if !slices.Contains(m.st.Wanted, a.User) {
		m.refuse(a.Device, "no member wants its user here")
		return false
	}
	ok, err := m.r.trust.certified(ctx, offer.Identity, offer.Sign)
	if err != nil {
		m.log.Warn("a device log could not be read", "user", a.User, "cause", causeOf(err))
		return false
	}
	if !ok {
		m.refuse(a.Device, "its user's log does not certify this key")
	}
	return ok
}

func (m *room) refuse(d hub.DeviceID, why string) {
	m.avoid[d] = m.r.o.now().Add(m.r.o.times.claim)
	m.r.refused.Add(1)
	m.log.Warn("a device was not added", "device", d, "why", why)
}

// fitting leaves out what one commit cannot hold: more leaves than a room may have, one device
// twice, or the newcomer whose old leaf goes at the same time.
func (m *room) fitting(remove []uint32, add []added) []added {
	roster, err := m.group.Roster()
	if err != nil {
		return nil
	}
	space := maxLeaves - len(roster) + len(remove)
	var out []added
	seen := map[hub.DeviceID]bool{}
	for _, a := range add {
		_, in := m.group.Find(string(a.Device))
		if in || seen[a.Device] {
			continue
		}
		if len(out) == space {
			m.log.Error("the room is full", "leaves", len(roster))
			break
		}
		seen[a.Device] = true
		out = append(out, a)
	}
	return out
}
