package staff_test

import (
	"slices"
	"testing"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// asked is the question about a key, which there must be in this state.
func (h *house) asked(key string, state directory.ConflictState) directory.Conflict {
	h.tb.Helper()
	all := h.conflicts(state)
	i := slices.IndexFunc(all, func(c directory.Conflict) bool { return c.Key == key })
	if i < 0 {
		h.tb.Fatalf("no %s question about %s among %+v", state, key, all)
	}
	return all[i]
}

func TestEveryDoubtIsAQuestionOfItsOwn(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	h.full(h.ad, nurse("a", "1", "Eins", "mail", "eins@linden.test"), nurse("b", "2", "Zwei", "mail", "zwei@linden.test"))
	for key, c := range map[string]struct {
		says directory.Change
		why  directory.ConflictReason
		who  []string
	}{
		"mail":    {nurse("mail", "3", "Drei", "mail", "EINS@linden.test"), directory.MailMatches, []string{"1"}},
		"number":  {nurse("number", "2", "Vier"), directory.NumberMatches, []string{"2"}},
		"several": {nurse("several", "1", "Fünf", "mail", "zwei@linden.test"), directory.SeveralMatch, []string{"1", "2"}},
	} {
		h.say(h.ad, c.says)
		q := h.asked(key, directory.ConflictOpen)
		var who []string
		for _, p := range q.Candidates {
			who = append(who, p.StaffNumber)
		}
		slices.Sort(who)
		if q.Reason != c.why || !slices.Equal(who, c.who) || q.Source.Name != "AD" || q.Stated[directory.FamilyName] != c.says.Fields[directory.FamilyName].Text {
			t.Errorf("%s: %s about %v, %+v", key, q.Reason, who, q)
		}
	}
	h.wantCount("persons", 2, `select count(*) from person`)

	// Two newcomers of one message have one number: the first is made, the other asked about.
	h.say(h.kis, nurse("x", "9", "Neun"), nurse("y", "9", "Neuner"))
	if q := h.asked("y", directory.ConflictOpen); q.Reason != directory.NumberMatches || len(q.Candidates) != 1 || q.Candidates[0].FamilyName != "Neun" {
		t.Errorf("of two newcomers: %+v", q)
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	ctx := t.Context()
	h.full(h.ad, nurse("a", "1", "Eins", "mail", "eins@linden.test", "phone", "1"), nurse("b", "2", "Zwei"))
	guest := func(key string, more ...string) directory.Change {
		return nurse(key, "", "Gast "+key, append([]string{"mail", "eins@linden.test"}, more...)...)
	}
	h.say(h.ad, guest("same", "phone", "2"), guest("other"), guest("dismissed"))
	decide := func(key string, as directory.ConflictState, who hub.PersonID) error {
		t.Helper()
		return h.staff.DecideConflict(ctx, h.clinic, h.asked(key, directory.ConflictOpen).ID, as, who, "")
	}
	one, two := h.person("1"), h.person("2")
	wantCode(t, decide("same", directory.ConflictOpen, one.ID), hub.Invalid, "")
	wantCode(t, decide("same", directory.ConflictSame, ""), hub.Invalid, "")
	wantCode(t, decide("same", directory.ConflictSame, two.ID), hub.Invalid, "")
	wantCode(t, h.staff.DecideConflict(ctx, h.clinic, hub.NewID[hub.ConflictID](), directory.ConflictOther, "", ""), hub.NotFound, "")
	h.wantCount("persons while nothing is decided", 2, `select count(*) from person`)

	same := h.asked("same", directory.ConflictOpen)
	must(t, decide("same", directory.ConflictSame, one.ID))
	if h.person("1").ID != one.ID || h.shown("1", directory.Phone) != "2" {
		t.Error("the new key does not speak of the person")
	}
	h.wantCount("keys of the person", 1, `select count(*) from person_source where person_id = $1 and key = 'same'`, one.ID)
	wantCode(t, h.staff.DecideConflict(ctx, h.clinic, same.ID, directory.ConflictOther, "", ""), hub.Conflict, "decided")

	must(t, decide("other", directory.ConflictOther, ""))
	h.wantCount("persons after another one", 3, `select count(*) from person`)
	h.wantCount("accounts of them", 1, `select count(*) from account where login = 'other'`)

	must(t, decide("dismissed", directory.ConflictDismissed, ""))
	h.say(h.ad, guest("dismissed"))
	if q := h.asked("dismissed", directory.ConflictDismissed); q.DecidedAt == nil {
		t.Errorf("nobody has decided %+v", q)
	}
	h.say(h.ad, guest("dismissed", "phone", "3"))
	if q := h.asked("dismissed", directory.ConflictOpen); q.DecidedAt != nil || q.Stated[directory.Phone] != "3" {
		t.Errorf("asked again: %+v", q)
	}
	h.wantCount("persons in the end", 3, `select count(*) from person`)

	must(t, h.staff.ErasePerson(ctx, h.clinic, one.ID, ""))
	h.wantCount("questions about somebody erased", 0, `select count(*) from directory_conflict where state = 'open' or $1 = any(candidates)`, one.ID)
}

// The source had corrected the address itself. The newcomer was made, the question stayed, and
// answering it ended in an error.
func TestAQuestionEndsWithItsReason(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	eins := nurse("a", "1", "Eins", "mail", "eins@linden.test")
	for _, dismiss := range []bool{false, true} {
		key, number := "open", "2"
		if dismiss {
			key, number = "dismissed", "3"
		}
		h.say(h.ad, eins, nurse(key, number, "Neu", "mail", "eins@linden.test"))
		if dismiss {
			must(t, h.staff.DecideConflict(t.Context(), h.clinic, h.asked(key, directory.ConflictOpen).ID, directory.ConflictDismissed, "", ""))
		}
		h.say(h.ad, nurse(key, number, "Neu", "mail", key+"@linden.test"))
		h.person(number)
	}
	if all := h.conflicts(""); len(all) != 0 {
		t.Errorf("still asked: %+v", all)
	}
	said, total, err := h.staff.Stated(h.clinic, h.ad).ListStated(t.Context(), "", 10)
	must(t, err)
	if len(said) != 3 || total != 3 {
		t.Errorf("the source reads back %d people, %d in all", len(said), total)
	}
}

// What a source has stated of somebody it is asked about is its own to read, find and page
// through as of everybody else.
func TestASourceReadsBackWhomItIsAskedAbout(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	asked := nurse("z", "3", "Drei", "mail", "eins@linden.test")
	asked.Groups = []directory.GroupRef{{Code: "g", Name: "OP", Role: "4B/Dienst"}}
	h.full(h.ad, nurse("a", "1", "Eins", "mail", "eins@linden.test"), nurse("b", "2", "Zwei"), asked)
	s := h.staff.Stated(h.clinic, h.ad)
	p, err := s.StatedPerson(t.Context(), "z")
	must(t, err)
	if p.Values[directory.StaffNumber] != "3" || !p.Active || len(p.Groups) != 1 || len(p.Units) != 1 {
		t.Errorf("stated: %+v", p)
	}
	hits, err := s.FindStated(t.Context(), directory.Mail, "EINS@linden.test\x00")
	must(t, err)
	if len(hits) != 2 {
		t.Errorf("found %+v", hits)
	}
	var keys []string
	for after := ""; ; {
		page, total, err := s.ListStated(t.Context(), after, 2)
		must(t, err)
		for _, p := range page {
			keys = append(keys, p.Key)
		}
		if total != 3 {
			t.Errorf("%d in all", total)
		}
		if len(page) < 2 {
			break
		}
		after = page[1].Key
	}
	groups, err := s.StatedGroups(t.Context())
	must(t, err)
	if !slices.Equal(keys, []string{"a", "b", "z"}) || len(groups) != 1 || !slices.Equal(groups[0].Members, []string{"z"}) || groups[0].Role != "4B/Dienst" {
		t.Errorf("listed %v, groups %+v", keys, groups)
	}
	for _, key := range []string{"a\x00", "a\xff", "A", ""} {
		_, err := s.StatedPerson(t.Context(), key)
		wantCode(t, err, hub.NotFound, "")
	}
	var _ connectors.Stated = s
}
