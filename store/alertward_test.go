package store_test

import (
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/fanout"
	"github.com/wardline/wardline/notify"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/storetest"
)

// callWard is a clinic with one ward, "4B", one duty role on it, one alarm source, and all
// that carries a call to a device and back.
type callWard struct {
	tb      testing.TB
	db      *store.DB
	keys    *seal.Keyring
	url     string // as the application's role
	super   *pgx.Conn
	clinic  hub.ClinicID
	source  hub.ConnectorID
	unit    hub.UnitID
	role    hub.RoleID
	box     *store.Inbox
	fan     *fanout.Local
	log     *messaging.Log
	cards   *notify.Cards
	sender  *seal.Sender
	hubKey  ed25519.PublicKey
	private hpke.PrivateKey // of every device: making keys is not what is tested
	sent    int
	mu      sync.Mutex
}

// staff is somebody with an account and perhaps a device.
type staff struct {
	user   hub.UserID
	device hub.DeviceID
}

func openCallWard(tb testing.TB) *callWard {
	tb.Helper()
	admin := storetest.New(tb, store.Migrate)
	w := &callWard{tb: tb, url: storetest.As(tb, admin, store.AppRole), fan: &fanout.Local{}}
	var err error
	w.keys, err = seal.ParseKeyring(seal.NewKey())
	w.must(err)
	w.db = w.reopen()
	w.super, err = pgx.Connect(tb.Context(), admin)
	w.must(err)
	tb.Cleanup(func() { w.super.Close(context.Background()) })
	clinic, err := w.db.EnsureClinic(tb.Context(), "Klinikum Lindenau", "Europe/Berlin")
	w.must(err)
	w.clinic = clinic.ID
	source, err := w.db.SaveConnector(tb.Context(), w.clinic, connectors.Record{Kind: "espa-x", Name: "Rufanlage", Enabled: true, Config: json.RawMessage(`{}`)}, "", "")
	w.must(err)
	w.source, w.box = source.ID, w.db.Inbox(w.clinic, source.ID)
	w.unit, w.role = hub.NewID[hub.UnitID](), hub.NewID[hub.RoleID]()
	w.exec(`insert into unit (clinic_id, id, code, name, kind) values ($1, $2, '4B', 'Station 4B', 'ward')`, w.clinic, w.unit)
	w.exec(`insert into role (clinic_id, id, unit_id, name) values ($1, $2, $3, 'Pflege')`, w.clinic, w.role, w.unit)
	w.openCards()
	return w
}

// reopen opens the same database as another node would.
func (w *callWard) reopen() *store.DB {
	w.tb.Helper()
	db, err := store.Open(w.tb.Context(), w.url, w.keys)
	w.must(err)
	w.tb.Cleanup(sync.OnceFunc(db.Close))
	return db
}

func (w *callWard) openCards() {
	public, private, err := ed25519.GenerateKey(nil)
	w.must(err)
	w.sender, err = seal.NewSender(private)
	w.must(err)
	w.private, err = hpke.MLKEM768X25519().GenerateKey()
	w.must(err)
	w.hubKey, w.log = public, messaging.NewLog(w.db, w.fan)
	w.cards = notify.NewCards(w.db, w.log, w.sender, slog.New(slog.DiscardHandler))
}

func (w *callWard) must(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
}

func (w *callWard) exec(sql string, args ...any) {
	w.tb.Helper()
	_, err := w.super.Exec(w.tb.Context(), sql, args...)
	w.must(err)
}

// number reads one number with the superuser's eyes.
func (w *callWard) number(sql string, args ...any) int {
	w.tb.Helper()
	var n int
	w.must(w.super.QueryRow(w.tb.Context(), sql, args...).Scan(&n))
	return n
}

// nurse adds somebody who works on the ward, on duty or not, with so many devices.
func (w *callWard) nurse(name string, onDuty bool, devices int) staff {
	w.tb.Helper()
	s := staff{user: hub.NewID[hub.UserID]()}
	person := hub.NewID[hub.PersonID]()
	w.exec(`insert into person (clinic_id, id, name) values ($1, $2, $3)`, w.clinic, person, name)
	w.exec(`insert into person_unit (clinic_id, person_id, unit_id, source) values ($1, $2, $3, $4)`, w.clinic, person, w.unit, w.source)
	w.exec(`insert into account (clinic_id, id, person_id, login, name, activated_at) values ($1, $2, $3, $4, $5, now())`, w.clinic, s.user, person, s.user, name)
	if onDuty {
		w.exec(`insert into duty (clinic_id, id, role_id, account_id) values ($1, gen_random_uuid(), $2, $3)`, w.clinic, w.role, s.user)
	}
	for range devices {
		s.device = w.device(s.user)
	}
	return s
}

func (w *callWard) device(user hub.UserID) hub.DeviceID {
	w.tb.Helper()
	id := hub.NewID[hub.DeviceID]()
	w.exec(`insert into device (clinic_id, id, account_id, name, kem_public, sign_public) values ($1, $2, $3, 'Handy', $4, $5)`,
		w.clinic, id, user, w.private.PublicKey().Bytes(), make([]byte, 32))
	return id
}

// admin adds a technical contact.
func (w *callWard) admin(devices int) staff {
	s := w.nurse("Technik", false, devices)
	w.exec(`update account set level = 'admin' where id = $1`, s.user)
	w.exec(`delete from person_unit where person_id = (select person_id from account where id = $1)`, s.user)
	return s
}

func nurseCall(ref string, p alerting.Priority) alerting.Signal {
	return alerting.Signal{Ref: ref, Phase: alerting.PhaseRaise, Kind: "nurse-call", Priority: p, Ward: "4b", Room: "12", Bed: "1", Text: "Ruf Großmann", Caller: "Zi 12"}
}

// signal puts a signal as the alarm source does and returns the alert it came to.
func (w *callWard) signal(s alerting.Signal) hub.AlertID {
	w.tb.Helper()
	w.must(w.put(s))
	a, err := w.db.AlertByRef(w.tb.Context(), w.clinic, w.source, s.Ref)
	w.must(err)
	return a.ID
}

func (w *callWard) put(s alerting.Signal) error {
	w.mu.Lock()
	w.sent++
	key := fmt.Sprint(w.sent)
	w.mu.Unlock()
	return w.box.PutSignal(w.tb.Context(), connectors.Raw{Key: key, Type: "REQ.P-START", Body: []byte("<x/>")}, s)
}

func (w *callWard) act(alert hub.AlertID, kind alerting.ActKind, user hub.UserID) alerting.Result {
	w.tb.Helper()
	r, err := w.db.Act(w.tb.Context(), w.clinic, alerting.Act{Alert: alert, Kind: kind, User: user})
	w.must(err)
	return r
}

// carry seals all cards that are owed.
func (w *callWard) carry() {
	w.tb.Helper()
	for {
		n, err := w.cards.Carry(w.tb.Context())
		w.must(err)
		if n == 0 {
			return
		}
	}
}

func (w *callWard) detail(id hub.AlertID) alerting.Detail {
	w.tb.Helper()
	d, err := w.db.Alert(w.tb.Context(), w.clinic, id)
	w.must(err)
	return d
}

// received opens everything a device can read in the ward's alarm room.
func (w *callWard) received(s staff) []map[string]any {
	w.tb.Helper()
	room, err := w.db.AlarmRoom(w.tb.Context(), w.clinic, "4B")
	w.must(err)
	list, err := w.log.Since(w.tb.Context(), w.clinic, s.device, room, 0, 0)
	w.must(err)
	var cards []map[string]any
	for _, d := range list {
		cards = append(cards, w.open(s.device, d))
	}
	return cards
}

func (w *callWard) open(device hub.DeviceID, d messaging.Delivery) map[string]any {
	w.tb.Helper()
	seed, err := w.private.Bytes()
	w.must(err)
	r := seal.Recipient{Device: string(device), Seed: seed, Hub: w.hubKey}
	row := seal.Row{Device: string(device), KEK: d.Wrap.KEK, Enc: d.Wrap.Enc, Wrap: d.Wrap.Row}
	_, plain, err := r.Open(d.Item.Body, row, time.Now())
	w.must(err)
	var card map[string]any
	w.must(json.Unmarshal(plain, &card))
	return card
}

// makeDue lets every timer of an alert of these kinds be due now, as if time had passed.
func (w *callWard) makeDue(id hub.AlertID, kinds ...alerting.TimerKind) {
	w.tb.Helper()
	w.exec(`update alert_timer set due_at = now() - interval '1 ms' where alert_id = $1 and kind = any($2)`, id, kinds)
}

func (w *callWard) fire() int {
	w.tb.Helper()
	n, _, err := w.db.FireDue(w.tb.Context(), w.clinic, 100)
	w.must(err)
	return n
}

func answerKinds(d alerting.Detail) []alerting.AnswerKind {
	var kinds []alerting.AnswerKind
	for _, a := range d.Answers {
		kinds = append(kinds, a.Kind)
	}
	return kinds
}

func entryKinds(d alerting.Detail) []alerting.EntryKind {
	var kinds []alerting.EntryKind
	for _, e := range d.Story {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}
