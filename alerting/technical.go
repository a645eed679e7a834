package alerting

import (
	"fmt"
	"strings"

	"github.com/wardline/wardline/hub"
)

// Notices are bits of Alert.Notices: which technical alerts this run of the chain has
// already raised, so that ten empty steps raise one.
const (
	noticeNobody = 1 << iota
	noticeExhausted
	noticeGiven // of an earlier run, which is enough: a source may raise every second while nobody is there
)

// KindTechnical is the kind of alerts the hub raises about itself. A rule that names it
// routes them; without one they go to the technical contacts.
const KindTechnical = "technical"

// technicalPolicy is used where no rule names technical alerts: they must reach somebody
// even in a clinic that has configured nothing.
func technicalPolicy() Policy {
	return Policy{
		Steps: []Step{{Targets: []Target{{Kind: TargetAdmins}}, Seconds: 900}},
		Need:  1, MaxSeconds: 86400,
	}
}

// testPolicy is how a test alarm goes to one account, and ends by itself soon.
func testPolicy(to hub.UserID) Policy {
	return Policy{
		Steps: []Step{{Targets: []Target{{Kind: TargetUser, Code: string(to)}}, Seconds: 300}},
		Need:  1, MaxSeconds: 600,
	}
}

// technical asks for a technical alert about r. Alerts that are technical themselves lead
// to none: two wrong rules must not feed each other for ever. The reference holds the
// generation, so a later run of the same alert gets a new one.
func (b *Book) technical(r *running, notice int) {
	if r.alert.Technical || r.alert.Notices&(notice|noticeGiven) != 0 {
		return
	}
	r.alert.Notices |= notice
	b.touch(r)
	name, text := "nobody_on_duty", "Niemand im Dienst oder erreichbar / nobody on duty or reachable"
	if notice == noticeExhausted {
		name, text = "not_accepted", "Von niemandem angenommen / not accepted by anybody"
	}
	b.follow = append(b.follow, Signal{
		Connector: r.alert.Connector, Ref: fmt.Sprintf("tech:%s:%s:%d", name, r.alert.ID, r.alert.Gen),
		Phase: PhaseRaise, Kind: KindTechnical, Priority: min(max(r.alert.Priority, Normal), Urgent),
		Ward: r.alert.Ward, Room: r.alert.Room, Bed: r.alert.Bed, Text: text + place(&r.alert), Technical: true,
	})
}

// place names where an alert is, in the source's own codes.
func place(a *Alert) string {
	var parts []string
	for _, p := range []string{a.Ward, a.Room, a.Bed} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return ": " + strings.Join(parts, " / ")
}
