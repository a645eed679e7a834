package staff_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// gate makes whoever writes a row of a table wait behind it, with all the locks that the row
// has brought; open lets them go on once so many transactions wait, there or for one another.
func (h *house) gate(table string) (open func(waiting int)) {
	h.tb.Helper()
	_, err := h.super.Exec(h.tb.Context(), `
create function gate() returns trigger language plpgsql as $$ begin perform pg_advisory_xact_lock_shared(4711); return null; end $$;
create trigger zz_gate after insert or update on `+table+` for each row execute function gate()`)
	must(h.tb, err)
	keeper := dial(h.tb, h.url)
	_, err = keeper.Exec(h.tb.Context(), `select pg_advisory_lock(4711)`)
	must(h.tb, err)
	return func(waiting int) {
		h.tb.Helper()
		h.await(fmt.Sprintf("%d transactions that wait", waiting), waiting, `
select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`)
		_, err := keeper.Exec(h.tb.Context(), `select pg_advisory_unlock(4711)`)
		must(h.tb, err)
	}
}

// await polls until a count is what it is to be.
func (h *house) await(what string, want int, q string, args ...any) {
	h.tb.Helper()
	ctx, cancel := context.WithTimeout(h.tb.Context(), time.Minute)
	defer cancel()
	for scalar[int](h, q, args...) < want {
		if _, err := h.super.Exec(ctx, `select pg_sleep(0.01)`); err != nil {
			h.tb.Fatalf("never came: %s", what)
		}
	}
}

// begin runs a pass to its end beside the test.
func (h *house) begin(c hub.ConnectorID, people ...directory.Change) <-chan error {
	h.tb.Helper()
	run, err := h.staff.BeginRun(h.tb.Context(), h.clinic, c, connectors.RunStart{Mode: connectors.PassFull, Cause: "hand"})
	must(h.tb, err)
	var in connectors.RunInput
	in.End.Full = true
	for _, p := range people {
		in.Pulled = append(in.Pulled, connectors.Pulled{Change: p})
	}
	done := make(chan error, 1)
	go func() {
		_, err := h.staff.FinishRun(h.tb.Context(), h.clinic, run.ID, in)
		done <- err
	}()
	return done
}

// Two systems speak of the same people in the same moment, as they do when a night's jobs
// begin on the hour. Each had its rows written and waited for the other's person.
func TestTwoPassesAboutTheSamePeopleAtOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	people := func(key, field, text string) (out []directory.Change) {
		for i := range 5 {
			out = append(out, nurse(fmt.Sprint(key, i), fmt.Sprint(100+i), fmt.Sprint("Name", i), field, text))
		}
		return out
	}
	h.full(h.ad, people("guid-", "title", "1")...)
	h.full(h.kis, people("K", "title", "1")...)
	open := h.gate("person_value")
	ad, kis := h.begin(h.ad, people("guid-", "phone", "2")...), h.begin(h.kis, people("K", "mobile", "2")...)
	open(2)
	must(t, <-ad)
	must(t, <-kis)
	for i := range 5 {
		number := fmt.Sprint(100 + i)
		if phone, mobile := h.shown(number, directory.Phone), h.shown(number, directory.Mobile); phone != "2" || mobile != "2" {
			t.Errorf("%s is shown with %q and %q: a word was lost", number, phone, mobile)
		}
	}
}

// Of two sources that bring the same newcomer in the same moment, the later finds whom the
// earlier has made.
func TestOneNewcomerOfTwoSourcesAtOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	open := h.gate("person")
	ad, kis := h.begin(h.ad, nurse("guid-1", "4711", "Eins")), h.begin(h.kis, nurse("K1", "4711", "Eins"))
	open(2)
	must(t, <-ad)
	must(t, <-kis)
	h.wantCount("persons", 1, `select count(*) from person`)
	if d := h.detail("4711"); len(d.Sources) != 2 {
		t.Errorf("known to %+v", d.Sources)
	}
}

// A login goes to whoever comes first. The other source's pass changes nobody, and says so the
// next time.
func TestOneLoginWantedByTwoSourcesAtOnce(t *testing.T) {
	t.Parallel()
	h := openHouse(t)
	open := h.gate("account")
	sides := map[hub.ConnectorID]directory.Change{h.ad: nurse("guid-1", "1", "Eins", "login", "eva"), h.kis: nurse("K2", "2", "Zwei", "login", "eva")}
	ends := map[hub.ConnectorID]<-chan error{}
	for c, person := range sides {
		ends[c] = h.begin(c, person, nurse("b"+person.Key, "9"+person.Fields[directory.StaffNumber].Text, "Andere"))
	}
	open(2)
	var late hub.ConnectorID
	for c, end := range ends {
		if err := <-end; err != nil {
			wantCode(t, err, hub.Unavailable, "login_race")
			late += c
		}
	}
	if _, one := sides[late]; !one {
		t.Fatalf("both got the login, or neither: %q", late)
	}
	h.wantCount("persons", 2, `select count(*) from person`)
	h.wantCount("keys of whoever came too late", 0, `select count(*) from person_source where source = $1`, late)
	_, err := h.staff.EndRuns(t.Context(), h.clinic)
	must(t, err)
	r := h.full(late, sides[late])
	h.wantState(r, connectors.RunApplied)
	page, err := h.staff.PlanActions(t.Context(), h.clinic, r.Plan, staffFilter(directory.LoginTaken))
	must(t, err)
	if len(page.Items) != 1 || page.Items[0].Problems[0] != directory.LoginTaken || page.Items[0].Login != "" {
		t.Errorf("the next time: %+v", page.Items)
	}
	h.wantCount("accounts of that name", 1, `select count(*) from account where login = 'eva'`)
}
