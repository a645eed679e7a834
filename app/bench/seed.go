package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"runtime"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/seal"
)

// device is a signed-in browser: what a load client needs to be one.
type device struct {
	ID    string `json:"id"`
	Token string `json:"token"` // the value of the session cookie

	account string
	public  []byte
}

// session mirrors what the hub hands to a browser that has signed in: the clinic, a point
// and 256 random bits, of which only the hash is stored.
func (b *bench) session() (token string, hash []byte) {
	var secret [32]byte
	rand.Read(secret[:])
	token = b.clinic + "." + base64.RawURLEncoding.EncodeToString(secret[:])
	sum := sha256.Sum256([]byte(token))
	return token, sum[:]
}

// seedAdmin signs an administrator in at the console.
func (b *bench) seedAdmin(ctx context.Context) (*console, error) {
	id := newID()
	_, err := b.database.Exec(ctx, `insert into account (clinic_id, id, login, name, level, roles, activated_at) values ($1, $2, 'bench', 'Bench', 'admin', '{owner}', now())`, b.clinic, id)
	if err != nil {
		return nil, fmt.Errorf("seed administrator: %w", err)
	}
	token, hash := b.session()
	_, err = b.database.Exec(ctx, `
insert into session (clinic_id, hash, id, account_id, console, created_at, used_at, proved_at, expires_at)
values ($1, $2, $3, $4, true, now(), now(), now(), now() + interval '2 hours')`, b.clinic, hash, newID(), id)
	if err != nil {
		return nil, fmt.Errorf("seed the administrator's session: %w", err)
	}
	return newConsole(b.hub.console, token), nil
}

// seedWards makes wards <prefix>0, <prefix>1, ... each with a duty role, its alarm room and
// people on duty who have one signed-in device each. It returns the devices, ward by ward.
func (b *bench) seedWards(ctx context.Context, prefix string, wards, people int) ([]device, error) {
	devices, err := b.newDevices(wards * people)
	if err != nil {
		return nil, err
	}
	rows := map[string][][]any{}
	add := func(table string, columns ...any) {
		rows[table] = append(rows[table], append([]any{b.clinic}, columns...))
	}
	now := time.Now()
	for w := range wards {
		code := fmt.Sprintf("%s%d", prefix, w)
		unit, role, room := newID(), newID(), newID()
		add("unit", unit, code, "Station "+code, "ward")
		add("role", role, unit, "Pflege "+code)
		add("room", room, "alarm", "Alarme "+code, unit)
		for i := range people {
			d := &devices[w*people+i]
			token, hash := b.session()
			d.Token = token
			add("account", d.account, strings.ToLower(code)+"-"+fmt.Sprint(i), "Probe "+fmt.Sprint(i), now)
			add("device", d.ID, d.account, "Bench", d.public, make([]byte, 32))
			add("session", hash, newID(), d.account, d.ID, false, now, now, now, now.Add(8*time.Hour))
			add("duty", newID(), role, d.account)
			add("room_member", room, d.account)
		}
	}
	return devices, b.copyRows(ctx, wardTables, rows)
}

// seedTable is a table and its columns after clinic_id.
type seedTable struct {
	name    string
	columns []string
}

// wardTables are in the order in which they refer to each other.
var wardTables = []seedTable{
	{"unit", []string{"id", "code", "name", "kind"}},
	{"role", []string{"id", "unit_id", "name"}},
	{"room", []string{"id", "kind", "name", "unit_id"}},
	{"account", []string{"id", "login", "name", "activated_at"}},
	{"device", []string{"id", "account_id", "name", "kem_public", "sign_public"}},
	{"session", []string{"hash", "id", "account_id", "device_id", "console", "created_at", "used_at", "proved_at", "expires_at"}},
	{"duty", []string{"id", "role_id", "account_id"}},
	{"room_member", []string{"room_id", "user_id"}},
}

func (b *bench) copyRows(ctx context.Context, tables []seedTable, rows map[string][][]any) error {
	for _, t := range tables {
		columns := append([]string{"clinic_id"}, t.columns...)
		if _, err := b.database.CopyFrom(ctx, pgx.Identifier{t.name}, columns, pgx.CopyFromRows(rows[t.name])); err != nil {
			return fmt.Errorf("seed %s: %w", t.name, err)
		}
	}
	return b.analyze(ctx)
}

// newDevices makes real X-Wing keys, so that sealing costs what it costs; the private
// halves are thrown away, because nothing here opens a card.
func (b *bench) newDevices(n int) ([]device, error) {
	out := make([]device, n)
	var group errgroup.Group
	group.SetLimit(runtime.NumCPU())
	for i := range out {
		group.Go(func() error {
			_, public, err := seal.NewDeviceKey()
			out[i] = device{ID: newID(), account: newID(), public: public}
			return err
		})
	}
	return out, group.Wait()
}

func newID() string { return hub.NewID[string]() }

// analyze gathers statistics, as autovacuum does every minute where time is not short.
// Without them the planner takes a table that has just been filled for an empty one.
func (b *bench) analyze(ctx context.Context) error {
	if _, err := b.database.Exec(ctx, `analyze`); err != nil {
		return fmt.Errorf("gather statistics: %w", err)
	}
	return nil
}
