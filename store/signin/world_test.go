package signin_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/accounts/passkey/passkeytest"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/signin"
	"github.com/wardline/wardline/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

const (
	password   = "drei grüne Äpfel im Korb"
	chatURL    = "https://chat.klinik.example"
	consoleURL = "https://console.klinik.example"
)

// world is a clinic and everything that signs people in, with a clock only tests move.
type world struct {
	*testing.T
	ctx    context.Context
	db     *store.DB
	ways   *signin.Store
	s      *accounts.Service
	super  *pgx.Conn
	url    string
	clinic hub.ClinicID
	binder *directory
	mailer *mailer
	mu     sync.Mutex
	now    time.Time
}

// directory is an LDAP that knows passwords by login.
type directory struct {
	mu     sync.Mutex
	people map[string][2]string // login -> password, key
	source hub.ConnectorID
	down   bool
	off    bool // configured for reading people only
	asked  int
	missed []string // whose wrong tries it has counted
}

func (d *directory) SignsIn(hub.ClinicID) bool { return !d.off }

func (d *directory) Bind(_ context.Context, _ hub.ClinicID, login, password string) (hub.ConnectorID, string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if d.down {
		return "", "", hub.E("fake", hub.Unavailable, "directory_away", "")
	}
	if p, ok := d.people[login]; ok && p[0] == password {
		return d.source, p[1], nil
	} else if ok {
		d.missed = append(d.missed, login)
	}
	return "", "", hub.E("fake", hub.Unauthenticated, "wrong", "")
}

func (d *directory) BindAs(_ context.Context, _ hub.ClinicID, keys map[hub.ConnectorID]string, password string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked++
	if d.down {
		return hub.E("fake", hub.Unavailable, "directory_away", "")
	}
	for login, p := range d.people {
		if p[1] != keys[d.source] {
			continue
		}
		if p[0] == password {
			return nil
		}
		d.missed = append(d.missed, login)
	}
	return hub.E("fake", hub.Unauthenticated, "wrong", "")
}

type mailer struct{ sent []string }

func (m *mailer) Mail(_ context.Context, _ hub.ClinicID, to, _, text string) error {
	m.sent = append(m.sent, to+"\n"+text)
	return nil
}

func open(t *testing.T) *world {
	t.Helper()
	admin := storetest.New(t, store.Migrate)
	keys, err := seal.ParseKeyring(seal.NewKey())
	w := &world{T: t, ctx: t.Context(), url: storetest.As(t, admin, store.AppRole), now: time.Now().UTC().Truncate(time.Second), binder: &directory{people: map[string][2]string{}}, mailer: &mailer{}}
	w.must(err)
	w.super, err = pgx.Connect(w.ctx, admin)
	w.must(err)
	t.Cleanup(func() { w.super.Close(context.Background()) })
	w.db, err = store.Open(w.ctx, w.url, keys)
	w.must(err)
	t.Cleanup(w.db.Close)
	row, err := w.db.EnsureClinic(w.ctx, "Klinikum Linden", "Europe/Berlin")
	w.must(err)
	w.clinic, w.ways = row.ID, signin.New(w.db, keys)
	w.s, err = accounts.New(accounts.Options{Store: w.db, Ways: w.ways, Binder: w.binder, Mailer: w.mailer, Now: w.read, Name: "Klinikum", ChatURL: chatURL, ConsoleURL: consoleURL})
	w.must(err)
	return w
}

func (w *world) read() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// want fails unless err is a refusal with this code.
func (w *world) want(err error, code string) {
	w.Helper()
	var e *hub.Error
	if !errors.As(err, &e) || e.Code != code {
		w.Errorf("got %v, want %q", err, code)
	}
}

func (w *world) exec(sql string, args ...any) {
	w.Helper()
	_, err := w.super.Exec(w.ctx, sql, args...)
	w.must(err)
}

func (w *world) count(sql string, args ...any) (n int) {
	w.Helper()
	w.must(w.super.QueryRow(w.ctx, sql, args...).Scan(&n))
	return n
}

// person makes somebody with an account; level and roles as given.
func (w *world) person(login string, roles ...string) hub.UserID {
	w.Helper()
	person, user := hub.NewID[hub.PersonID](), hub.NewID[hub.UserID]()
	level := "internal"
	if len(roles) > 0 {
		level = "admin"
	}
	w.exec(`insert into person (clinic_id, id, name, staff_number) values ($1, $2, $3, $4)`, w.clinic, person, strings.ToUpper(login), "N-"+login)
	w.exec(`insert into account (clinic_id, id, person_id, login, name, level, roles) values ($1, $2, $3, $4, $5, $6, coalesce($7::text[], '{}'))`, w.clinic, user, person, login, strings.ToUpper(login), level, roles)
	for _, r := range roles {
		w.exec(`insert into account_role (clinic_id, account_id, role) values ($1, $2, $3)`, w.clinic, user, r)
	}
	return user
}

// withPassword gives an account a password and returns a session of it.
func (w *world) withPassword(user hub.UserID, login string) (accounts.Session, string) {
	w.Helper()
	code, _, err := w.s.IssueCode(w.ctx, w.clinic, user)
	w.must(err)
	s, token, err := w.s.Activate(w.ctx, w.clinic, login, code, password, ward)
	w.must(err)
	return s, token
}

var (
	ward    = accounts.Place{Address: "10.0.0.4", Agent: "Firefox"}
	console = accounts.Place{Address: "10.0.0.5", Console: true}
)

func (w *world) login(login, otp string, at accounts.Place) (accounts.Session, string, error) {
	return w.s.SignIn(w.ctx, w.clinic, accounts.Login{Login: login, Password: password, OTP: otp}, at)
}

func (w *world) save(change func(p *accounts.SignInPolicy)) {
	w.Helper()
	p, revision, err := w.ways.SignInPolicy(w.ctx, w.clinic)
	w.must(err)
	change(&p)
	_, err = w.ways.SaveSignInPolicy(w.ctx, w.clinic, p, revision, "")
	w.must(err)
}

func key(at accounts.Place) *passkeytest.Authenticator {
	address := chatURL
	if at.Console {
		address = consoleURL
	}
	return &passkeytest.Authenticator{Origin: address, Host: strings.TrimPrefix(address, "https://")}
}

// register adds a passkey to a session's account.
func (w *world) register(of accounts.Session, k *passkeytest.Authenticator, at accounts.Place) (accounts.Passkey, error) {
	w.Helper()
	c, err := w.s.BeginPasskey(w.ctx, of, at)
	if err != nil {
		return accounts.Passkey{}, err
	}
	return w.s.AddPasskey(w.ctx, of, c.Handle, "Schlüssel", k.Create(w, c.Options), at)
}

func (w *world) byKey(k *passkeytest.Authenticator, login string, at accounts.Place) (accounts.Session, string, error) {
	w.Helper()
	c, err := w.s.AskPasskey(w.ctx, w.clinic, login, at)
	w.must(err)
	return w.s.SignInByPasskey(w.ctx, w.clinic, c.Handle, k.Get(w, c.Options), at)
}

// otp is RFC 6238 written down again, so that both sides cannot be wrong alike.
func (w *world) otp(secret string, at time.Time) string {
	w.Helper()
	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	w.must(err)
	mac := hmac.New(sha1.New, raw)
	w.must(binary.Write(mac, binary.BigEndian, at.Unix()/30))
	sum := mac.Sum(nil)
	at4 := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at4:])&0x7fffffff)%1_000_000)
}

// enrol switches an authenticator app on.
func (w *world) enrol(of accounts.Session) (secret string, recovery []string) {
	w.Helper()
	e, err := w.s.BeginTOTP(w.ctx, of, "Klinikum Linden")
	w.must(err)
	recovery, err = w.s.ConfirmTOTP(w.ctx, of, w.otp(e.Secret, w.read()), ward)
	w.must(err)
	w.later(30 * time.Second)
	return e.Secret, recovery
}

// told reports whether every node was told of somebody's access.
func (w *world) told(user hub.UserID, do func()) {
	w.Helper()
	conn, err := pgx.Connect(w.ctx, w.url)
	w.must(err)
	defer conn.Close(context.Background())
	_, err = conn.Exec(w.ctx, `listen wardline_access`)
	w.must(err)
	do()
	ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
	defer cancel()
	n, err := conn.WaitForNotification(ctx)
	if err != nil || !strings.Contains(n.Payload, string(user)) {
		w.Errorf("told %+v, %v", n, err)
	}
}
