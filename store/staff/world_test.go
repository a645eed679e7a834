package staff_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/staff"
	"github.com/wardline/wardline/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// house is a clinic with a directory and a hospital system.
type house struct {
	tb     testing.TB
	db     *store.DB
	staff  *staff.Store
	clinic hub.ClinicID
	ad     hub.ConnectorID
	kis    hub.ConnectorID
	super  *pgx.Conn
	url    string
}

func openHouse(tb testing.TB) *house {
	tb.Helper()
	admin := storetest.New(tb, store.Migrate)
	keys, err := seal.ParseKeyring(seal.NewKey())
	must(tb, err)
	h := &house{tb: tb, super: dial(tb, admin), url: storetest.As(tb, admin, store.AppRole)}
	h.db, err = store.Open(tb.Context(), h.url, keys)
	must(tb, err)
	tb.Cleanup(h.db.Close)
	row, err := h.db.EnsureClinic(tb.Context(), "Klinikum Linden", "Europe/Berlin")
	must(tb, err)
	h.clinic, h.staff = row.ID, h.db.Staff()
	h.ad, h.kis = h.connector("ldap", "AD"), h.connector("hl7v2-mllp", "KIS")
	return h
}

// in is the same house in a test under the one that opened it.
func (h *house) in(tb testing.TB) *house {
	sub := *h
	sub.tb = tb
	return &sub
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}

func dial(tb testing.TB, url string) *pgx.Conn {
	tb.Helper()
	conn, err := pgx.Connect(tb.Context(), url)
	must(tb, err)
	tb.Cleanup(func() { conn.Close(context.WithoutCancel(tb.Context())) })
	return conn
}

func (h *house) connector(kind, name string) hub.ConnectorID {
	h.tb.Helper()
	r, err := h.db.SaveConnector(h.tb.Context(), h.clinic, connectors.Record{Kind: kind, Name: name, Enabled: true, Config: json.RawMessage(`{}`)}, "", "")
	must(h.tb, err)
	return r.ID
}

// source is a system as a connector of it reads it.
type source struct {
	people  []directory.Change
	spoilt  map[int]connectors.Fault // by the place of the record
	dies    int                      // after so many records; 0: never
	changes bool                     // it knows what has changed
	cursor  string
}

var errCut = errors.New("the connection was cut")

// Pull hands over everybody, as far as the source gets.
func (s *source) Pull(_ context.Context, p connectors.Pass, take func(connectors.Pulled) error) (connectors.PassEnd, error) {
	for i, c := range s.people {
		if s.dies > 0 && i == s.dies {
			return connectors.PassEnd{}, errCut
		}
		pulled := connectors.Pulled{Change: c, Record: fmt.Sprint(i + 1)}
		if f, bad := s.spoilt[i]; bad {
			pulled.Fault = &f
		}
		if err := take(pulled); err != nil {
			return connectors.PassEnd{}, err
		}
	}
	return connectors.PassEnd{Full: p.Mode == connectors.PassFull || !s.changes, Cursor: []byte(s.cursor)}, nil
}

func (s *source) Schedule() connectors.Schedule { return connectors.Schedule{} }

var _ connectors.StaffSource = (*source)(nil)

// pass runs a full pass the way the hub does: what ends in an error makes no plan at all.
func (h *house) pass(c hub.ConnectorID, s *source, start connectors.RunStart) connectors.Run {
	h.tb.Helper()
	if start.Mode == "" {
		start.Mode = connectors.PassFull
	}
	if start.Cause == "" {
		start.Cause = "hand"
	}
	ctx := h.tb.Context()
	run, err := h.staff.BeginRun(ctx, h.clinic, c, start)
	must(h.tb, err)
	var in connectors.RunInput
	in.End, err = s.Pull(ctx, connectors.Pass{Mode: start.Mode}, func(p connectors.Pulled) error {
		in.Pulled = append(in.Pulled, p)
		return nil
	})
	if err != nil {
		run, err = h.staff.FailRun(ctx, h.clinic, run.ID, connectors.Fault{Name: "ended_early", Reason: "The connection ended before the last page."}, len(in.Pulled))
	} else {
		run, err = h.staff.FinishRun(ctx, h.clinic, run.ID, in)
	}
	must(h.tb, err)
	return run
}

// full is a full pass over people.
func (h *house) full(c hub.ConnectorID, people ...directory.Change) connectors.Run {
	h.tb.Helper()
	return h.pass(c, &source{people: people}, connectors.RunStart{})
}

// say has a source state something in one message, which must be taken.
func (h *house) say(c hub.ConnectorID, changes ...directory.Change) {
	h.tb.Helper()
	raw := connectors.Raw{Key: hub.NewID[string](), Type: "MFN^M02", ControlID: "C", Body: []byte("MSH|"), Received: time.Now()}
	must(h.tb, h.db.Inbox(h.clinic, c).PutChanges(h.tb.Context(), raw, changes...))
}

// nurse is somebody on ward 4B; more is "field=value".
func nurse(key, number, family string, more ...string) directory.Change {
	c := directory.Change{Op: directory.OpPut, Key: key, Fields: map[directory.Field]directory.Value{directory.FamilyName: {Text: family}},
		Units: []directory.UnitRef{{Code: "4B", Name: "Station 4B", Kind: directory.Ward}}}
	if number != "" {
		c.Fields[directory.StaffNumber] = directory.Value{Text: number}
	}
	for i := 0; i < len(more); i += 2 {
		c.Fields[directory.Field(more[i])] = directory.Value{Text: more[i+1]}
	}
	return c
}

func on(c directory.Change, codes ...string) directory.Change {
	c.Units = []directory.UnitRef{}
	for _, code := range codes {
		c.Units = append(c.Units, directory.UnitRef{Code: code, Kind: directory.Ward})
	}
	return c
}

func nurses(n int) []directory.Change {
	out := make([]directory.Change, n)
	for i := range out {
		out[i] = nurse(fmt.Sprintf("guid-%05d", i), fmt.Sprint(10000+i), fmt.Sprintf("Name%05d", i), "given_name", "Eva", "mail", fmt.Sprintf("n%05d@linden.test", i))
	}
	return out
}

// person finds somebody by staff number.
func (h *house) person(number string) directory.PersonRow {
	h.tb.Helper()
	page, err := h.staff.Persons(h.tb.Context(), h.clinic, directory.PersonFilter{Query: number, Limit: 50})
	must(h.tb, err)
	i := slices.IndexFunc(page.Items, func(p directory.PersonRow) bool { return p.StaffNumber == number })
	if i < 0 {
		h.tb.Fatalf("nobody has the staff number %s", number)
	}
	return page.Items[i]
}

func (h *house) detail(number string) directory.PersonDetail {
	h.tb.Helper()
	d, err := h.staff.Person(h.tb.Context(), h.clinic, h.person(number).ID)
	must(h.tb, err)
	return d
}

// shown is what counts of a field of somebody.
func (h *house) shown(number string, f directory.Field) string {
	h.tb.Helper()
	return scalar[string](h, `select coalesce(shown->>$1, '') from person where id = $2`, string(f), h.person(number).ID)
}

func (h *house) works(number string) []string {
	h.tb.Helper()
	var out []string
	for _, u := range h.person(number).Units {
		out = append(out, u.Code)
	}
	return out
}

func scalar[T any](h *house, q string, args ...any) T {
	h.tb.Helper()
	var out T
	if err := h.super.QueryRow(h.tb.Context(), q, args...).Scan(&out); err != nil {
		h.tb.Fatalf("%s: %v", q, err)
	}
	return out
}

func (h *house) wantCount(what string, want int, q string, args ...any) {
	h.tb.Helper()
	if got := scalar[int](h, q, args...); got != want {
		h.tb.Errorf("%s: %d, want %d", what, got, want)
	}
}

// locked counts accounts that cannot be used.
func (h *house) wantLocked(want int) {
	h.tb.Helper()
	h.wantCount("locked accounts", want, `select count(*) from account where state = 'locked'`)
}

func (h *house) conflicts(state directory.ConflictState) []directory.Conflict {
	h.tb.Helper()
	page, err := h.staff.Conflicts(h.tb.Context(), h.clinic, state, "", 50)
	must(h.tb, err)
	return page.Items
}

func (h *house) wantState(r connectors.Run, want connectors.RunState) {
	h.tb.Helper()
	if r.State != want {
		h.tb.Fatalf("run is %s, want %s: %+v", r.State, want, r)
	}
}

func wantCode(tb testing.TB, err error, kind hub.Kind, code string) {
	tb.Helper()
	var e *hub.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Code != code {
		tb.Errorf("got %v, want %v %q", err, kind, code)
	}
}

// snapshot is all that plans write of people, as text, to be compared.
func (h *house) snapshot() string {
	h.tb.Helper()
	return scalar[string](h, `select coalesce(string_agg(t, e'\n' order by t), '') from (
  select 'person ' || p.id || p.name || p.active || p.shown as t from person p
  union all select 'source ' || source || key || person_id || status from person_source
  union all select 'value ' || person_id || field || source || text from person_value
  union all select 'unit ' || person_id || unit_id || source || is_primary from person_unit
  union all select 'stated ' || person_id || unit_id || source || is_primary from person_unit_stated
  union all select 'group ' || person_id || source || code from group_stated
  union all select 'account ' || person_id || login || name || locked_there || locked_here from account where person_id is not null) x`)
}

func staffFilter(problem directory.Problem) directory.ActionFilter {
	return directory.ActionFilter{Problem: problem, Limit: 10}
}
