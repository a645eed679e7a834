package directory_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

var now = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func put(key string, fields map[directory.Field]string, units ...directory.UnitRef) directory.Change {
	c := directory.Change{Op: directory.OpPut, Key: key, Fields: map[directory.Field]directory.Value{}, Units: units}
	for f, text := range fields {
		c.Fields[f] = directory.Value{Text: text}
	}
	return c
}

func nurse(key string) directory.Change {
	return put(key, map[directory.Field]string{directory.StaffNumber: key, directory.FamilyName: "Name " + key},
		directory.UnitRef{Code: "4B", Kind: directory.Ward, Parent: "CHI"})
}

func nurses(n int) []directory.Change {
	var out []directory.Change
	for i := range n {
		out = append(out, nurse(fmt.Sprint(1000+i)))
	}
	return out
}

func full(changes ...directory.Change) []directory.Change {
	return append(slices.Clone(changes), directory.Change{Op: directory.OpComplete})
}

func deactivate(key string) directory.Change {
	return directory.Change{Op: directory.OpDeactivate, Key: key}
}

// hospital applies plans to a state in memory, the way the store does to tables. It is a
// model for properties of planning; how the store writes is tested on PostgreSQL.
type hospital struct {
	known  directory.Known
	limits directory.Limits
}

func newHospital(changes ...directory.Change) *hospital {
	h := &hospital{directory.Known{Persons: map[string]directory.Person{}, Units: map[string]directory.Unit{}, Logins: map[string]bool{}}, directory.DefaultLimits()}
	h.put(now, changes...)
	return h
}

func (h *hospital) plan(at time.Time, changes ...directory.Change) directory.Plan {
	return directory.MakePlan(h.known, changes, h.limits, at)
}

func (h *hospital) put(at time.Time, changes ...directory.Change) directory.Plan {
	p := h.plan(at, changes...)
	if !p.Held {
		h.apply(p)
	}
	return p
}

func (h *hospital) apply(p directory.Plan) {
	for _, u := range p.Units {
		h.known.Units[u.Code] = directory.Unit{Name: u.Name, Kind: u.Kind, Parent: u.Parent}
	}
	for _, a := range p.Actions {
		person := h.known.Persons[a.Key]
		if a.Op == directory.ActCreate {
			person = directory.Person{ID: hub.NewID[hub.PersonID](), Key: a.Key}
		}
		person.Status, person.Values = a.Status, maps.Clone(person.Values)
		if person.Values == nil {
			person.Values = map[directory.Field]string{}
		}
		applyFields(&person, a.Fields)
		if a.Works != nil {
			person.Units = a.Works
		}
		if a.Groups != nil {
			person.Groups = a.Groups.To
		}
		if a.Login != "" {
			person.Login = a.Login
		}
		h.known.Persons[a.Key] = person
	}
	clear(h.known.Logins)
	h.known.Mails, h.known.Numbers = map[string][]hub.PersonID{}, map[string][]hub.PersonID{}
	for _, person := range h.known.Persons {
		h.known.Logins[person.Login] = person.Login != ""
		if m := person.Values[directory.Mail]; m != "" {
			h.known.Mails[m] = append(h.known.Mails[m], person.ID)
		}
		if n := person.Values[directory.StaffNumber]; n != "" {
			h.known.Numbers[n] = append(h.known.Numbers[n], person.ID)
		}
	}
}

func applyFields(p *directory.Person, diffs []directory.Diff) {
	for _, d := range diffs {
		switch {
		case d.Field == directory.FieldStatus || d.Field == directory.FieldPrimary || d.Field == directory.FieldLogin || d.Field == directory.FieldGroups:
		case d.Field == directory.FieldPhoto:
			p.Photo = d.To
		case d.To == "":
			delete(p.Values, d.Field)
		default:
			p.Values[d.Field] = d.To
		}
	}
}

func (h *hospital) working() int {
	n := 0
	for _, p := range h.known.Persons {
		if p.Status == directory.Working {
			n++
		}
	}
	return n
}

func TestBrake(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		staff   int
		changes []directory.Change
		want    directory.ReasonCode // "" is not held
		locks   int
	}{
		"the same full set":                    {500, full(nurses(500)...), "", 0},
		"10 of 500":                            {500, full(nurses(10)...), directory.ReasonShrunk, 490},
		"empty":                                {500, full(), directory.ReasonEmpty, 500},
		"empty, and nobody was there":          {0, full(), "", 0},
		"first load":                           {0, full(nurses(500)...), "", 0},
		"25 of 500 leave":                      {500, full(nurses(475)...), "", 25},
		"26 of 1000 leave":                     {1000, full(nurses(974)...), directory.ReasonShrunk, 26},
		"exactly 5 %":                          {100, full(nurses(95)...), "", 5},
		"6 of 100 leave":                       {100, full(nurses(94)...), directory.ReasonShrunk, 6},
		"one of ten is more than 5 %":          {10, full(nurses(9)...), directory.ReasonShrunk, 1},
		"a full set deactivates 6 of 100":      {100, full(append(nurses(94), leavers(94, 6)...)...), directory.ReasonLocks, 6},
		"one message deactivates 26":           {100, leavers(0, 26), directory.ReasonLocks, 26},
		"one message deactivates one of three": {3, leavers(0, 1), "", 1},
		"a full set of strangers":              {100, full(put("x1", nil), put("x2", nil)), directory.ReasonShrunk, 100},
		"a full set only of the future":        {100, full(later(nurses(100))...), "", 0},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHospital(nurses(c.staff)...)
			p := h.plan(now, c.changes...)
			var got directory.ReasonCode
			if p.Reason != nil {
				got = p.Reason.Code
			}
			if got != c.want || p.Held != (c.want != "") || p.Counts().Lock != c.locks {
				t.Errorf("held %v (%q), %d locks; want %q, %d", p.Held, got, p.Counts().Lock, c.want, c.locks)
			}
			if p.Held && (p.Reason.Numbers["known"] != c.staff || p.Reason.Numbers["locks"] != c.locks) {
				t.Errorf("numbers: %v", p.Reason.Numbers)
			}
			h.limits.Approved = true
			if p := h.plan(now, c.changes...); p.Held || p.Counts().Lock != c.locks {
				t.Errorf("approved: held %v, %d locks", p.Held, p.Counts().Lock)
			}
		})
	}
}

func leavers(from, n int) []directory.Change {
	var out []directory.Change
	for i := range n {
		out = append(out, deactivate(fmt.Sprint(1000+from+i)))
	}
	return out
}

func later(changes []directory.Change) []directory.Change {
	for i := range changes {
		changes[i].At = now.Add(time.Hour)
	}
	return changes
}

// TestActions goes through what single statements come to for somebody already there:
// Name 1, of 4B, with a phone.
func TestActions(t *testing.T) {
	t.Parallel()
	start := put("1", map[directory.Field]string{directory.StaffNumber: "1", directory.FamilyName: "Alt", directory.Phone: "12"},
		directory.UnitRef{Code: "4B", Kind: directory.Ward})
	field := func(f directory.Field, v directory.Value) directory.Change {
		return directory.Change{Op: directory.OpPut, Key: "1", Fields: map[directory.Field]directory.Value{f: v}}
	}
	tests := map[string]struct {
		changes []directory.Change
		want    string // the actions, in short
	}{
		"nothing mentioned":         {[]directory.Change{put("1", nil)}, ""},
		"the same":                  {[]directory.Change{start}, ""},
		"renamed":                   {[]directory.Change{field(directory.FamilyName, directory.Value{Text: "Neu"})}, "update 1: family_name Alt>Neu"},
		"null clears":               {[]directory.Change{field(directory.Phone, directory.Value{Null: true})}, "update 1: phone 12>"},
		"empty clears":              {[]directory.Change{field(directory.Phone, directory.Value{Text: " "})}, "update 1: phone 12>"},
		"null of what is not there": {[]directory.Change{field(directory.Mail, directory.Value{Null: true})}, ""},
		"unknown field is dropped":  {[]directory.Change{field("birthday", directory.Value{Text: "1980"})}, ""},
		"mail in lower case":        {[]directory.Change{field(directory.Mail, directory.Value{Text: "Eva@Linden.Test"})}, "update 1: mail >eva@linden.test"},
		"unreadable date":           {[]directory.Change{field(directory.ActiveUntil, directory.Value{Text: "soon"})}, ""},
		"last word counts": {[]directory.Change{field(directory.FamilyName, directory.Value{Text: "B"}), field(directory.FamilyName, directory.Value{Text: "C"})},
			"update 1: family_name Alt>C"},
		"there and back":       {[]directory.Change{field(directory.FamilyName, directory.Value{Text: "B"}), field(directory.FamilyName, directory.Value{Text: "Alt"})}, ""},
		"deactivated":          {[]directory.Change{deactivate("1")}, "lock 1: status working>gone"},
		"deactivated and back": {[]directory.Change{deactivate("1"), {Op: directory.OpReactivate, Key: "1"}}, ""},
		"deactivated while updated": {[]directory.Change{field(directory.FamilyName, directory.Value{Text: "B"}), deactivate("1")},
			"lock 1: family_name Alt>B status working>gone"},
		"unknown leaver":   {[]directory.Change{deactivate("2")}, ""},
		"no key":           {[]directory.Change{put("", nil)}, ""},
		"key with NUL":     {[]directory.Change{put("1\x00", nil)}, ""},
		"key too long":     {[]directory.Change{put(strings.Repeat("k", 256), nil)}, ""},
		"key not UTF-8":    {[]directory.Change{put("\xff", nil)}, ""},
		"newcomer":         {[]directory.Change{put("2", map[directory.Field]string{directory.FamilyName: "N"})}, "create 2: family_name >N status >working login 2"},
		"works nowhere":    {[]directory.Change{{Op: directory.OpPut, Key: "1", Units: []directory.UnitRef{}}}, "update 1: primary_unit 4B> -4B"},
		"moves":            {[]directory.Change{put("1", nil, directory.UnitRef{Code: "5A", Kind: directory.Ward})}, "update 1: primary_unit 4B>5A +5A -4B"},
		"also elsewhere":   {[]directory.Change{put("1", nil, directory.UnitRef{Code: "4B"}, directory.UnitRef{Code: "5A"})}, "update 1: +5A"},
		"new primary only": {[]directory.Change{put("1", nil, directory.UnitRef{Code: "4B"}, directory.UnitRef{Code: "5A"}), put("1", nil, directory.UnitRef{Code: "4B"}, directory.UnitRef{Code: "5A", Primary: true})}, "update 1: primary_unit 4B>5A +5A"},
		"login":            {[]directory.Change{field(directory.Login, directory.Value{Text: "EVA.A"})}, "update 1: login >EVA.A account_login 1>eva.a login eva.a"},
		"ended yesterday":  {[]directory.Change{field(directory.ActiveUntil, directory.Value{Text: "2026-03-01"})}, "lock 1: active_until >2026-03-02T00:00:00Z status working>ended"},
		"ends today":       {[]directory.Change{field(directory.ActiveUntil, directory.Value{Text: "20260302"})}, "update 1: active_until >2026-03-03T00:00:00Z"},
		"starts tomorrow":  {[]directory.Change{field(directory.ActiveFrom, directory.Value{Text: "2026-03-03"})}, "lock 1: active_from >2026-03-03T00:00:00Z status working>waiting"},
		"in the future":    {[]directory.Change{{Op: directory.OpDeactivate, Key: "1", At: now.Add(time.Hour)}}, ""},
		"a fast clock":     {[]directory.Change{{Op: directory.OpDeactivate, Key: "1", At: now.Add(time.Minute)}}, "lock 1: status working>gone"},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHospital(start)
			p := h.put(now, c.changes...)
			if diff := cmp.Diff(c.want, short(p)); diff != "" {
				t.Error(diff)
			}
			if again := h.plan(now, c.changes...); len(again.Actions) != 0 || len(again.Units) != 0 {
				t.Errorf("the same again: %s %+v", short(again), again.Units)
			}
		})
	}
}

// short writes actions on one line each.
func short(p directory.Plan) string {
	var out []string
	for _, a := range p.Actions {
		s := string(a.Op) + " " + a.Key + ":"
		for _, d := range a.Fields {
			s += fmt.Sprintf(" %s %s>%s", d.Field, d.From, d.To)
		}
		for _, u := range a.Units.Gain {
			s += " +" + u
		}
		for _, u := range a.Units.Lose {
			s += " -" + u
		}
		if a.Login != "" {
			s += " login " + a.Login
		}
		out = append(out, s)
	}
	return strings.Join(out, "\n")
}

func TestComingBackUnderTheSameKey(t *testing.T) {
	t.Parallel()
	h := newHospital(nurses(100)...)
	h.put(now, full(nurses(99)...)...)
	if got := h.known.Persons["1099"].Status; got != directory.Gone {
		t.Fatalf("missing from a full set: %s", got)
	}
	id := h.known.Persons["1099"].ID
	p := h.put(now, full(nurses(100)...)...)
	if len(p.Actions) != 1 || p.Actions[0].Op != directory.ActUnlock || p.Actions[0].Person.ID != id {
		t.Errorf("back again: %s", short(p))
	}
}

func TestUnlockOfALocallyLockedAccountSaysThatItStaysLocked(t *testing.T) {
	t.Parallel()
	h := newHospital(nurse("1"))
	h.put(now, deactivate("1"))
	person := h.known.Persons["1"]
	person.LockedHere = true
	h.known.Persons["1"] = person
	p := h.plan(now, directory.Change{Op: directory.OpReactivate, Key: "1"})
	if len(p.Actions) != 1 || !slices.Contains(p.Actions[0].Problems, directory.StaysLocked) {
		t.Errorf("plan: %+v", p.Actions)
	}
}

// TestSameMailOtherKeyIsAQuestion: two people may share an address, and one may have got a
// new key. Nobody but a person can tell, and until then nobody is merged and nobody made.
func TestSameMailOtherKeyIsAQuestion(t *testing.T) {
	t.Parallel()
	mail := map[directory.Field]string{directory.Mail: "Station4b@linden.test"}
	h := newHospital(put("1", mail))
	p := h.put(now, put("2", mail))
	if len(p.Actions) != 0 || len(p.Asks) != 1 || p.Asks[0].Reason != directory.MailMatches || p.Asks[0].Candidates[0] != h.known.Persons["1"].ID {
		t.Errorf("plan: %+v %+v", p.Actions, p.Asks)
	}
	h.known.Decided = map[string]directory.Decision{"2": {State: directory.ConflictDismissed, Digest: p.Asks[0].Digest}}
	if again := h.plan(now, put("2", mail)); len(again.Asks)+len(again.Actions) != 0 {
		t.Errorf("asked again after the answer: %+v", again.Asks)
	}
	mail[directory.FamilyName] = "Neu"
	if again := h.plan(now, put("2", mail)); len(again.Asks) != 1 {
		t.Error("another statement is another question")
	}
	h.known.Decided["2"] = directory.Decision{State: directory.ConflictOther}
	if p = h.put(now, put("2", mail)); len(p.Actions) != 1 || p.Actions[0].Op != directory.ActCreate || !slices.Contains(p.Actions[0].Problems, directory.MailKnown) {
		t.Errorf("plan: %+v", p.Actions)
	}
	if len(h.known.Persons) != 2 {
		t.Errorf("%d persons", len(h.known.Persons))
	}
}

func TestLogins(t *testing.T) {
	t.Parallel()
	login := func(key, l string) directory.Change {
		return put(key, map[directory.Field]string{directory.Login: l})
	}
	tests := map[string]struct {
		before, changes []directory.Change
		want            map[string]string
		problems        int
	}{
		"two newcomers want one":        {nil, []directory.Change{login("1", "eva"), login("2", "Eva")}, map[string]string{"1": "eva", "2": ""}, 1},
		"taken before":                  {[]directory.Change{login("1", "eva")}, []directory.Change{login("2", "eva")}, map[string]string{"1": "eva", "2": ""}, 1},
		"freed by a rename, later":      {[]directory.Change{login("1", "a"), login("2", "b")}, []directory.Change{login("1", "c"), login("2", "a")}, map[string]string{"1": "c", "2": "a"}, 0},
		"freed by a rename, earlier":    {[]directory.Change{login("1", "a"), login("2", "b")}, []directory.Change{login("2", "a"), login("1", "c")}, map[string]string{"1": "c", "2": "a"}, 0},
		"a swap needs a human":          {[]directory.Change{login("1", "a"), login("2", "b")}, []directory.Change{login("1", "b"), login("2", "a")}, map[string]string{"1": "a", "2": "b"}, 2},
		"staff number, else key":        {nil, []directory.Change{put("K1", map[directory.Field]string{directory.StaffNumber: "P1"}), put("K2", nil)}, map[string]string{"K1": "p1", "K2": "k2"}, 0},
		"a leaver does not take a name": {[]directory.Change{login("1", "a")}, []directory.Change{login("1", "b"), deactivate("1"), login("2", "b")}, map[string]string{"1": "a", "2": "b"}, 0},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHospital(c.before...)
			p := h.put(now, c.changes...)
			got := map[string]string{}
			for key, person := range h.known.Persons {
				got[key] = person.Login
			}
			if diff := cmp.Diff(c.want, got); diff != "" || p.Problems() != c.problems {
				t.Errorf("%s\n%d problems, want %d", diff, p.Problems(), c.problems)
			}
			if again := h.plan(now, c.changes...); len(again.Actions) != 0 {
				t.Errorf("the same again: %s", short(again))
			}
		})
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	h := newHospital()
	p := h.put(now, put("1", nil, directory.UnitRef{Code: " 4B ", Name: "Station 4B", Parent: "CHI"}, directory.UnitRef{Code: "CHI", Name: "Chirurgie", Kind: directory.Clinic, Parent: "LINDEN"}))
	want := []directory.UnitRef{
		{Code: "LINDEN", Name: "LINDEN", Kind: directory.House},
		{Code: "CHI", Name: "Chirurgie", Kind: directory.Clinic, Parent: "LINDEN"},
		{Code: "4B", Name: "Station 4B", Kind: directory.Ward, Parent: "CHI"},
	}
	if diff := cmp.Diff(want, p.Units); diff != "" {
		t.Fatal(diff)
	}
	tests := map[string]struct {
		ref  directory.UnitRef
		want []directory.UnitRef
	}{
		"only the code":        {directory.UnitRef{Code: "4B"}, nil},
		"renamed":              {directory.UnitRef{Code: "4B", Name: "Unfall"}, []directory.UnitRef{{Code: "4B", Name: "Unfall", Kind: directory.Ward, Parent: "CHI"}}},
		"another kind":         {directory.UnitRef{Code: "4B", Kind: directory.House}, nil},
		"below itself":         {directory.UnitRef{Code: "4B", Parent: "4B"}, nil},
		"below its child":      {directory.UnitRef{Code: "CHI", Kind: directory.Clinic, Parent: "4B"}, nil},
		"parent moved":         {directory.UnitRef{Code: "4B", Parent: "LINDEN"}, []directory.UnitRef{{Code: "4B", Name: "Station 4B", Kind: directory.Ward, Parent: "LINDEN"}}},
		"no code":              {directory.UnitRef{Name: "nowhere"}, nil},
		"code too long":        {directory.UnitRef{Code: strings.Repeat("4", 65)}, nil},
		"parent code too long": {directory.UnitRef{Code: "4B", Parent: strings.Repeat("4", 65)}, nil},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, h.plan(now, put("2", nil, c.ref)).Units); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPlanSurvivesStorage(t *testing.T) {
	t.Parallel()
	h := newHospital(nurses(100)...)
	changes := full(append(nurses(50), put("new", map[directory.Field]string{directory.Mail: "a@b"}), put("1001", nil, directory.UnitRef{Code: "5A"}),
		directory.Change{Op: directory.OpPut, Key: "1002", Units: []directory.UnitRef{}})...)
	p := h.plan(now, changes...)
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var stored directory.Plan
	if err := json.Unmarshal(b, &stored); err != nil {
		t.Fatal(err)
	}
	if !stored.Same(h.plan(now.Add(time.Hour), changes...)) {
		t.Error("a stored plan differs from itself")
	}
	h.put(now, nurse("other"))
	if stored.Same(h.plan(now, changes...)) {
		t.Error("somebody more would be locked, and the plan counts as the same")
	}
}

func TestWantedBy(t *testing.T) {
	t.Parallel()
	c := put("K1", map[directory.Field]string{directory.Login: "Eva", directory.StaffNumber: "P1", directory.Mail: "E@X"}, directory.UnitRef{Code: "4B", Parent: "CHI"})
	person := directory.Person{Key: "K1", Values: map[directory.Field]string{directory.StaffNumber: "P0"}}
	got := directory.WantedBy([]directory.Change{c, {Op: directory.OpComplete}, put("", nil)}, map[string]directory.Person{"K1": person})
	want := directory.Wanted{Keys: []string{"K1"}, Logins: []string{"eva", "k1", "p0", "p1"}, Mails: []string{"e@x"}, Units: []string{"4B", "CHI"}, All: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
