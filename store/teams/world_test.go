package teams_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/storetest"
	"github.com/wardline/wardline/store/talk"
	"github.com/wardline/wardline/store/teams"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// world is a clinic with a few units: HAUS > CHI > 4B, 5A.
type world struct {
	t      *testing.T
	db     *store.DB
	teams  *teams.Store
	chat   *messaging.Chat
	duty   *directory.Duty
	super  *pgx.Conn
	clinic hub.ClinicID
	units  map[string]hub.UnitID
	admin  hub.UserID
}

type nowhere struct{}

func (nowhere) Publish([]*messaging.Put) {}

func open(t *testing.T) *world {
	t.Helper()
	url := storetest.New(t, store.Migrate)
	keys, err := seal.ParseKeyring(seal.NewKey())
	w := &world{t: t, units: map[string]hub.UnitID{}}
	w.must(err)
	w.db, err = store.Open(t.Context(), storetest.As(t, url, store.AppRole), keys)
	w.must(err)
	t.Cleanup(w.db.Close)
	w.super, err = pgx.Connect(t.Context(), url)
	w.must(err)
	t.Cleanup(func() { w.super.Close(context.Background()) })
	clinic, err := w.db.EnsureClinic(t.Context(), "Klinikum Lindenau", "Europe/Berlin")
	w.must(err)
	w.clinic, w.teams, w.duty = clinic.ID, teams.New(w.db), directory.NewDuty(w.db, time.Now)
	w.chat = messaging.NewChat(messaging.ChatOptions{Store: talk.New(w.db), Out: nowhere{}})
	w.unit("HAUS", "Klinikum", directory.House, "")
	w.unit("CHI", "Chirurgie", directory.Clinic, "HAUS")
	w.unit("4B", "Station 4B", directory.Ward, "CHI")
	w.unit("5A", "Station 5A", directory.Ward, "CHI")
	w.admin = hub.NewID[hub.UserID]()
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.t.Helper()
	_, err := w.super.Exec(w.t.Context(), sql, args...)
	w.must(err)
}

func (w *world) number(sql string, args ...any) (n int) {
	w.t.Helper()
	w.must(w.super.QueryRow(w.t.Context(), sql, args...).Scan(&n))
	return n
}

func (w *world) refused(what string, err error, kind hub.Kind, code, field string) {
	w.t.Helper()
	var e *hub.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Code != code || e.Field != field {
		w.t.Errorf("%s: %v, want %v (%s) at %q", what, err, kind, code, field)
	}
}

func (w *world) unit(code, name string, kind directory.UnitKind, parent string) hub.UnitID {
	w.t.Helper()
	id, err := w.teams.SaveUnit(w.t.Context(), w.clinic, directory.UnitEdit{Code: code, Name: name, Kind: kind, Parent: w.units[parent]}, w.admin)
	w.must(err)
	w.units[code] = id
	return id
}

// someone is a person with an active account.
type someone struct {
	person hub.PersonID
	user   hub.UserID
}

// person makes somebody on units, with shown values "field=value".
func (w *world) person(name string, units []string, shown ...string) someone {
	w.t.Helper()
	s := someone{hub.NewID[hub.PersonID](), hub.NewID[hub.UserID]()}
	values := map[string]string{}
	for _, v := range shown {
		field, text, _ := strings.Cut(v, "=")
		values[field] = text
	}
	w.exec(`insert into person (clinic_id, id, name, staff_number, shown) values ($1, $2, $3, $4, $5)`, w.clinic, s.person, name, values["staff_number"], values)
	w.exec(`insert into account (clinic_id, id, person_id, login, name, activated_at) values ($1, $2, $3, lower($4), $4, now())`, w.clinic, s.user, s.person, name)
	for _, u := range units {
		w.exec(`insert into person_unit (clinic_id, person_id, unit_id, source) values ($1, $2, $3, $4)`, w.clinic, s.person, w.units[u], hub.NewID[hub.ConnectorID]())
	}
	return s
}

// device gives somebody a device that can chat, as far as the hub knows.
func (w *world) device(user hub.UserID) hub.DeviceID {
	w.t.Helper()
	id := hub.NewID[hub.DeviceID]()
	w.exec(`insert into device (clinic_id, id, account_id, name, kem_public, sign_public, certified_at) values ($1, $2, $3, 'Handy', $4, $5, now())`,
		w.clinic, id, user, make([]byte, 1216), make([]byte, 32))
	return id
}

func (w *world) source(name string) hub.ConnectorID {
	w.t.Helper()
	id := hub.NewID[hub.ConnectorID]()
	w.exec(`insert into connector (clinic_id, id, kind, name, enabled, revision) values ($1, $2, 'ldap', $3, true, 1)`, w.clinic, id, name)
	return id
}

func (w *world) role(unit, name string) hub.RoleID {
	w.t.Helper()
	id, err := w.db.CreateRole(w.t.Context(), w.clinic, w.units[unit], name)
	w.must(err)
	return id
}

func (w *world) save(g directory.Group, members ...hub.PersonID) directory.Group {
	w.t.Helper()
	out, err := w.teams.SaveGroup(w.t.Context(), w.clinic, g, members, w.admin)
	w.must(err)
	return out
}

func (w *world) refresh() {
	w.t.Helper()
	_, err := w.teams.Refresh(w.t.Context(), w.clinic)
	w.must(err)
}

// in lists the names of a group's members.
func (w *world) in(g hub.GroupID) (names []string) {
	w.t.Helper()
	page, err := w.teams.GroupMembers(w.t.Context(), w.clinic, g, "", 100)
	w.must(err)
	for _, p := range page.Items {
		names = append(names, p.Name)
	}
	return names
}

func (w *world) group(name string) directory.Group {
	w.t.Helper()
	all, err := w.teams.Groups(w.t.Context(), w.clinic)
	w.must(err)
	i := slices.IndexFunc(all, func(g directory.Group) bool { return g.Name == name })
	if i < 0 {
		w.t.Fatalf("no group %q", name)
	}
	return all[i]
}

func byRule(field directory.Field, op directory.TestOp, text string) *directory.Expression {
	return &directory.Expression{All: []directory.Clause{{Any: []directory.Test{{Field: field, Op: op, Text: text}}}}}
}
