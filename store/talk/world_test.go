package talk_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/messaging/framing/framingtest"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/storetest"
	"github.com/wardline/wardline/store/talk"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// world is a clinic whose people talk. Its devices make MLS messages that are right as far
// as the hub can see.
type world struct {
	tb       testing.TB
	ctx      context.Context
	url      string
	keys     *seal.Keyring
	db       *store.DB
	chat     *messaging.Chat
	super    *pgx.Conn
	clinic   hub.ClinicID
	recorder *phone
	out      *wire
}

// wire keeps what is published and hinted.
type wire struct {
	mu    sync.Mutex
	puts  []*messaging.Put
	hints []messaging.Hint
}

func (w *wire) Publish(puts []*messaging.Put) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.puts = append(w.puts, puts...)
}

func (w *wire) tell(h messaging.Hint) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hints = append(w.hints, h)
}

// take empties what was published.
func (w *wire) take() []*messaging.Put {
	w.mu.Lock()
	defer w.mu.Unlock()
	puts := w.puts
	w.puts = nil
	return puts
}

func (w *wire) told(kind messaging.HintKind) (out []messaging.Hint) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, h := range w.hints {
		if h.Kind == kind {
			out = append(out, h)
		}
	}
	return out
}

// phone is one device of somebody.
type phone struct {
	messaging.Caller
	*framingtest.Device
}

func open(tb testing.TB) *world {
	tb.Helper()
	admin := storetest.New(tb, store.Migrate)
	w := &world{tb: tb, ctx: tb.Context(), url: storetest.As(tb, admin, store.AppRole), out: &wire{}}
	var err error
	w.keys, err = seal.ParseKeyring(seal.NewKey())
	w.must(err)
	w.db = w.node()
	w.super, err = pgx.Connect(w.ctx, admin)
	w.must(err)
	tb.Cleanup(func() { w.super.Close(context.Background()) })
	clinic, err := w.db.EnsureClinic(w.ctx, "Klinikum Lindenau", "Europe/Berlin")
	w.must(err)
	w.clinic = clinic.ID
	w.chat = w.service(w.db)
	user, _, err := w.db.EnsureRecorder(w.ctx, w.clinic)
	w.must(err)
	w.exec(`update account set activated_at = now() where recorder`)
	w.recorder = w.phone(user)
	return w
}

// node opens the same database as another node would.
func (w *world) node() *store.DB {
	w.tb.Helper()
	db, err := store.Open(w.ctx, w.url, w.keys)
	w.must(err)
	w.tb.Cleanup(sync.OnceFunc(db.Close))
	return db
}

func (w *world) service(db *store.DB) *messaging.Chat {
	return messaging.NewChat(messaging.ChatOptions{Store: talk.New(db), Out: w.out, Tell: w.out.tell})
}

func (w *world) must(err error) {
	w.tb.Helper()
	if err != nil {
		w.tb.Fatal(err)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.tb.Helper()
	_, err := w.super.Exec(w.ctx, sql, args...)
	w.must(err)
}

// number reads one number with the superuser's eyes.
func (w *world) number(sql string, args ...any) (n int) {
	w.tb.Helper()
	w.must(w.super.QueryRow(w.ctx, sql, args...).Scan(&n))
	return n
}

// refused checks the kind and the code of a refusal.
func (w *world) refused(what string, err error, kind hub.Kind, code string) {
	w.tb.Helper()
	var e *hub.Error
	if !errors.As(err, &e) || e.Kind != kind || e.Code != code {
		w.tb.Errorf("%s: %v, want %v (%s)", what, err, kind, code)
	}
}

// person adds an active account.
func (w *world) person(name string) hub.UserID {
	w.tb.Helper()
	user, person := hub.NewID[hub.UserID](), hub.NewID[hub.PersonID]()
	w.exec(`insert into person (clinic_id, id, name) values ($1, $2, $3)`, w.clinic, person, name)
	w.exec(`insert into account (clinic_id, id, person_id, login, name, activated_at) values ($1, $2, $3, $4, $5, now())`, w.clinic, user, person, user, name)
	return user
}

// pending registers a device that no log vouches for yet.
func (w *world) pending(user hub.UserID) *phone {
	w.tb.Helper()
	p := &phone{Caller: messaging.Caller{Clinic: w.clinic, User: user, Device: hub.NewID[hub.DeviceID]()}}
	p.Device = framingtest.NewDevice(string(w.clinic) + "/" + string(user) + "/" + string(p.Caller.Device))
	w.exec(`insert into device (clinic_id, id, account_id, name, kem_public, sign_public) values ($1, $2, $3, 'Handy', $4, $5)`,
		w.clinic, p.Caller.Device, user, make([]byte, 1216), []byte(p.Key.Public().(ed25519.PublicKey)))
	return p
}

// phone registers a certified device with a few key packages.
func (w *world) phone(user hub.UserID) *phone {
	w.tb.Helper()
	p := w.pending(user)
	w.exec(`update device set certified_at = now() where id = $1`, p.Caller.Device)
	w.stock(p, 3)
	return p
}

func (w *world) stock(p *phone, n int) {
	w.tb.Helper()
	var packages [][]byte
	for range n {
		packages = append(packages, p.KeyPackage(framingtest.Package{}))
	}
	w.must(w.chat.PutPackages(w.ctx, p.Caller, packages, nil))
}

// circle is a room as its devices know it.
type circle struct {
	w     *world
	id    hub.RoomID
	epoch int64
	seats []*phone // by leaf; nil is blank
}

// handshake is a commit to make in a circle.
type handshake struct {
	by     *phone
	add    []*phone
	remove []*phone
}

// commit makes a handshake of the circle's epoch.
func (c *circle) commit(h handshake) messaging.Commit {
	m := framingtest.Commit{Room: string(c.id), Epoch: uint64(c.epoch), Sender: c.seat(h.by), Path: h.by.Device}
	for _, p := range h.remove {
		m.Removes = append(m.Removes, c.seat(p))
	}
	for _, p := range h.add {
		m.Adds = append(m.Adds, p.KeyPackage(framingtest.Package{}))
	}
	out := messaging.Commit{ID: hub.NewID[string](), Body: m.Message()}
	if len(m.Adds) > 0 {
		out.Welcome = framingtest.Welcome(m.Adds...)
	}
	return out
}

func (c *circle) seat(p *phone) uint32 {
	i := slices.Index(c.seats, p)
	if i < 0 {
		i = 200 // none
	}
	return uint32(i)
}

// follow does to the circle what a device that processes the commit does.
func (c *circle) follow(h handshake) {
	c.epoch++
	for _, p := range h.remove {
		c.seats[slices.Index(c.seats, p)] = nil
	}
	for _, p := range h.add {
		if i := slices.Index(c.seats, nil); i >= 0 {
			c.seats[i] = p
			continue
		}
		c.seats = append(c.seats, p)
	}
}

// do makes a handshake and has it admitted.
func (c *circle) do(h handshake) messaging.Committed {
	c.w.tb.Helper()
	done, err := c.w.chat.Commit(c.w.ctx, h.by.Caller, c.id, c.commit(h))
	c.w.must(err)
	c.follow(h)
	if done.Epoch != c.epoch {
		c.w.tb.Fatalf("epoch %d, the circle is in %d", done.Epoch, c.epoch)
	}
	return done
}

// room makes a room of some people, with all devices given and the recorder's.
func (w *world) room(kind messaging.RoomKind, by *phone, others ...*phone) *circle {
	w.tb.Helper()
	c := &circle{w: w, id: hub.NewID[hub.RoomID](), seats: []*phone{by}}
	h := handshake{by: by, add: append(slices.Clone(others), w.recorder)}
	r := messaging.NewRoom{ID: c.id, Kind: kind, Commit: c.commit(h)}
	for _, p := range others {
		r.Members = append(r.Members, p.User)
	}
	_, err := w.chat.Create(w.ctx, by.Caller, r)
	w.must(err)
	c.follow(h)
	return c
}

// message makes a message of the circle's epoch.
func (c *circle) message() *messaging.Message { return c.sized(256) }

func (c *circle) sized(bytes int) *messaging.Message {
	id := hub.NewID[string]()
	return &messaging.Message{Room: c.id, ID: id, Epoch: c.epoch, Body: framingtest.Private(string(c.id), uint64(c.epoch), string(c.id)+"/"+id, bytes)}
}

// say sends a message and returns its number.
func (c *circle) say(by *phone) int64 {
	c.w.tb.Helper()
	m := c.message()
	c.w.must(c.w.chat.Send(c.w.ctx, by.Caller, []*messaging.Message{m}))
	if m.Code != "" {
		c.w.tb.Fatalf("refused: %s", m.Code)
	}
	return m.Seq
}

// since reads all that a device may have, as number and kind.
func (c *circle) since(p *phone) (got []entry) {
	c.w.tb.Helper()
	list, err := c.w.db.Since(c.w.ctx, c.w.clinic, p.Caller.Device, c.id, 0, 1000)
	c.w.must(err)
	for _, d := range list {
		got = append(got, entry{d.Item.Seq, d.Item.Kind, d.Welcome})
	}
	return got
}

type entry struct {
	Seq     int64
	Kind    messaging.ItemKind
	Welcome bool
}

// eventually polls: what is waited for happens by itself.
func (w *world) eventually(f func() bool) {
	w.tb.Helper()
	for end := time.Now().Add(20 * time.Second); !f(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			w.tb.Fatal("it did not come to that")
		}
	}
}

func day(n int) time.Time { return time.Now().Add(time.Duration(n) * 24 * time.Hour) }
