package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// talkTables are filled in this order.
var talkTables = []seedTable{
	{"account", []string{"id", "login", "name", "activated_at"}},
	{"device", []string{"id", "account_id", "name", "kem_public", "sign_public", "certified_at"}},
	{"session", []string{"hash", "id", "account_id", "device_id", "console", "created_at", "used_at", "proved_at", "expires_at"}},
	{"room", []string{"id", "kind", "name", "epoch", "min_epoch", "direct_key", "at"}},
	{"room_member", []string{"room_id", "user_id", "role"}},
	{"room_leaf", []string{"room_id", "device_id", "from_seq", "leaf", "user_id"}},
}

// hubSide makes the hub's talkers and their rooms. The rows are those that signing in,
// certifying a device and beginning a conversation leave behind, written straight into the
// database: groups at epoch 1 whose first commit is missing, since nobody here could open it.
// In every room is the recorder, as in the product, with a device that reads and acknowledges
// but opens nothing.
func (f *talkFigure) hubSide(ctx context.Context) (*side, error) {
	s := &side{name: "hub", protocol: overHub, addr: f.hub.chat, pid: f.hub.cmd.Process.Pid}
	recorder, err := f.recorderAccount(ctx)
	if err != nil {
		return nil, err
	}
	devices, err := f.newDevices(f.scaled(talkers))
	if err != nil {
		return nil, err
	}
	last := len(devices) - 1
	devices[last].account = recorder
	pairRooms := make([]string, f.scaled(talkPairs))
	for i := range pairRooms {
		pairRooms[i] = newID()
	}
	s.pairs, s.room = f.groupsOf(func(pair, _ int) string { return pairRooms[pair] }, newID())
	t := &talkSeed{clinic: f.clinic, rows: map[string][][]any{}}
	for i := range devices {
		var hash []byte
		devices[i].Token, hash = f.session()
		t.device(i, devices[i], hash, i == last)
		s.talkers = append(s.talkers, talker{Device: devices[i]})
	}
	for _, g := range append(s.pairs, s.room...) {
		t.room(g, devices, devices[last])
	}
	s.archived = func(ctx context.Context) (int, error) {
		return f.arena.count(ctx, hubDatabase, `select count(*) from item where kind = 'msg'`)
	}
	s.copies = func(n sent) int { return n.pairs + n.room }
	return s, f.copyRows(ctx, talkTables, t.rows)
}

// recorderAccount finds the account the hub made for its recorder, or makes one.
func (f *talkFigure) recorderAccount(ctx context.Context) (id string, err error) {
	err = f.database.QueryRow(ctx, `select id::text from account where recorder`).Scan(&id)
	if !errors.Is(err, pgx.ErrNoRows) {
		return id, err
	}
	id = newID()
	_, err = f.database.Exec(ctx, `insert into account (clinic_id, id, login, name, recorder, activated_at) values ($1, $2, 'recorder', 'Archiv', true, now())`, f.clinic, id)
	if err != nil {
		return "", fmt.Errorf("seed the recorder: %w", err)
	}
	return id, nil
}

// talkSeed collects rows by table.
type talkSeed struct {
	clinic string
	rows   map[string][][]any
}

func (t *talkSeed) add(table string, columns ...any) {
	t.rows[table] = append(t.rows[table], append([]any{t.clinic}, columns...))
}

func (t *talkSeed) device(i int, d device, session []byte, existing bool) {
	now := time.Now()
	if !existing {
		t.add("account", d.account, fmt.Sprintf("chat-%d", i), fmt.Sprintf("Probe %d", i), now)
	}
	t.add("device", d.ID, d.account, "Bench", d.public, make([]byte, 32), now)
	t.add("session", session, newID(), d.account, d.ID, false, now, now, now, now.Add(8*time.Hour))
}

// room seats the group's devices in their order, the recorder's after them.
func (t *talkSeed) room(g group, devices []device, recorder device) {
	room := g.Rooms[0]
	kind, key := "group", any(nil)
	if len(g.Lines) == 2 {
		a, b := devices[g.Lines[0]].account, devices[g.Lines[1]].account
		kind, key = "direct", directKey(a, b)
	}
	t.add("room", room, kind, "", firstEpoch, firstEpoch, key, time.Now())
	for leaf, i := range g.Lines {
		role := "member"
		if leaf == 0 {
			role = "owner"
		}
		t.add("room_member", room, devices[i].account, role)
		t.add("room_leaf", room, devices[i].ID, 0, leaf, devices[i].account)
	}
	t.add("room_member", room, recorder.account, "member")
	t.add("room_leaf", room, recorder.ID, 0, len(g.Lines), recorder.account)
}

func directKey(a, b string) string {
	if strings.Compare(a, b) > 0 {
		a, b = b, a
	}
	return a + "/" + b
}
