package interop

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/recorder/devicelog"
	"github.com/wardline/wardline/recorder/mlscore"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store"
	"github.com/wardline/wardline/store/storetest"
	"github.com/wardline/wardline/store/talk"
)

func TestMain(m *testing.M) { os.Exit(storetest.Main(m)) }

// house is the real delivery service over PostgreSQL, with people who have real MLS devices.
type house struct {
	t      *testing.T
	db     *store.DB
	chat   *messaging.Chat
	super  *pgx.Conn
	clinic hub.ClinicID
}

type nowhere struct{}

func (nowhere) Publish([]*messaging.Put) {}

func newHouse(t *testing.T) *house {
	t.Helper()
	admin := storetest.New(t, store.Migrate)
	keys, err := seal.ParseKeyring(seal.NewKey())
	must(t, err)
	h := &house{t: t}
	h.db, err = store.Open(t.Context(), storetest.As(t, admin, store.AppRole), keys)
	must(t, err)
	t.Cleanup(h.db.Close)
	h.super, err = pgx.Connect(t.Context(), admin)
	must(t, err)
	t.Cleanup(func() { h.super.Close(context.Background()) })
	clinic, err := h.db.EnsureClinic(t.Context(), "Klinikum Lindenau", "Europe/Berlin")
	must(t, err)
	h.clinic = clinic.ID
	_, _, err = h.db.EnsureRecorder(t.Context(), h.clinic)
	must(t, err)
	h.chat = messaging.NewChat(messaging.ChatOptions{Store: talk.New(h.db), Out: nowhere{}})
	return h
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (h *house) exec(sql string, args ...any) {
	h.t.Helper()
	_, err := h.super.Exec(h.t.Context(), sql, args...)
	must(h.t, err)
}

// owner is somebody with an account key.
type owner struct {
	user    hub.UserID
	account ed25519.PrivateKey
	log     *devicelog.Log
	last    []devicelog.Entry
}

func (h *house) owner() *owner {
	h.t.Helper()
	_, key, _ := ed25519.GenerateKey(nil)
	o := &owner{user: hub.NewID[hub.UserID](), account: key}
	o.log = &devicelog.Log{Clinic: h.clinic, User: o.user}
	person := hub.NewID[hub.PersonID]()
	h.exec(`insert into person (clinic_id, id, name) values ($1, $2, 'Alex')`, h.clinic, person)
	h.exec(`insert into account (clinic_id, id, person_id, login, name, activated_at) values ($1, $2, $3, $4, 'Alex', now())`, h.clinic, o.user, person, o.user)
	return o
}

// seat is one device, and its view of the room.
type seat struct {
	by       messaging.Caller
	signer   mlscore.Signer
	packages []mlscore.Package
	group    *mlscore.Group
	at       int64
}

// device registers a device that its owner's log certifies, with key packages.
func (h *house) device(o *owner, packages int) *seat {
	h.t.Helper()
	_, key, _ := ed25519.GenerateKey(nil)
	s := &seat{by: messaging.Caller{Clinic: h.clinic, User: o.user, Device: hub.NewID[hub.DeviceID]()}}
	s.signer = mlscore.Signer{Key: key, Identity: mlscore.Identity{Clinic: string(h.clinic), User: string(o.user), Device: string(s.by.Device)}}
	kem := make([]byte, 1216)
	public := key.Public().(ed25519.PublicKey)
	h.exec(`insert into device (clinic_id, id, account_id, name, kem_public, sign_public) values ($1, $2, $3, 'Handy', $4, $5)`,
		h.clinic, s.by.Device, o.user, kem, []byte(public))
	add := o.log.AddDevice
	if o.log.N == 0 {
		add = o.log.Start
	}
	e, err := add(o.account, devicelog.Keys{Device: s.by.Device, Sign: public, KEM: kem}, time.Now())
	must(h.t, err)
	_, err = h.chat.AppendLog(h.t.Context(), s.by, messaging.LogEntry{N: e.N, Body: e.Body, Sig: e.Sig})
	must(h.t, err)
	o.log, err = o.log.Extend(append(o.last, e))
	must(h.t, err)
	o.last = []devicelog.Entry{e}
	var offers [][]byte
	for range packages {
		p := offer(h.t, s.signer)
		s.packages, offers = append(s.packages, p), append(offers, p.Public)
	}
	must(h.t, h.chat.PutPackages(h.t.Context(), s.by, offers, nil))
	return s
}

// begin makes a group room of the first seat with the others.
func (h *house) begin(seats []*seat) hub.RoomID {
	h.t.Helper()
	room := hub.NewID[hub.RoomID]()
	id, err := hex.DecodeString(strings.ReplaceAll(string(room), "-", ""))
	must(h.t, err)
	first := seats[0]
	g, err := mlscore.Create(id, first.signer, offer(h.t, first.signer))
	must(h.t, err)
	var users []hub.UserID
	for _, s := range seats[1:] {
		users = append(users, s.by.User)
	}
	found, without, err := h.chat.Claim(h.t.Context(), first.by, users, nil)
	must(h.t, err)
	if len(found) != len(seats)-1 {
		h.t.Fatalf("%d packages for %d devices, without: %v", len(found), len(seats)-1, without)
	}
	var add [][]byte
	for _, k := range found {
		add = append(add, k.Package)
	}
	staged, err := g.Stage(nil, add)
	must(h.t, err)
	_, err = h.chat.Create(h.t.Context(), first.by, messaging.NewRoom{ID: room, Kind: messaging.GroupRoom, Members: users,
		Commit: messaging.Commit{ID: hub.NewID[string](), Body: staged.Commit, Welcome: staged.Welcome}})
	must(h.t, err)
	must(h.t, g.Become(staged.Next))
	first.group, first.at = g, 1
	for _, s := range seats[1:] {
		seq, w, err := h.chat.Welcome(h.t.Context(), s.by, room)
		must(h.t, err)
		s.group, _, err = mlscore.Join(w, s.signer, s.packages)
		must(h.t, err)
		s.at = seq
	}
	return room
}

// follow takes in what was committed since; a commit of our own that won is in mine.
func (s *seat) follow(ctx context.Context, h *house, room hub.RoomID, mine map[string][]byte) error {
	found, err := h.db.Since(ctx, h.clinic, s.by.Device, room, s.at, messaging.MaxPage)
	if err != nil {
		return err
	}
	for _, d := range found {
		if d.Item.Kind == messaging.ItemCommit {
			if next, won := mine[d.Item.ID]; won {
				err = s.group.Become(next)
			} else {
				err = s.group.Apply(d.Item.Body)
			}
			if err != nil {
				return err
			}
		}
		s.at = d.Item.Seq
	}
	return nil
}

// TestRacingCommittersOnPostgreSQL: members on several connections commit at once, taking their
// second devices out and in again. Each epoch has one winner, and all end with the same
// secrets, in the tree that the hub has as well.
func TestRacingCommittersOnPostgreSQL(t *testing.T) {
	t.Parallel()
	const racers, epochs = 5, 30
	h := newHouse(t)
	var seats, tablets []*seat
	for range racers {
		o := h.owner()
		seats = append(seats, h.device(o, 1))
		tablets = append(tablets, h.device(o, 0))
	}
	room := h.begin(seats)
	var lost atomic.Int64
	var wg sync.WaitGroup
	for i, s := range seats {
		wg.Go(func() {
			dice := rand.New(rand.NewPCG(uint64(i), 11))
			if err := h.race(s, tablets[i], room, epochs, dice, &lost); err != nil {
				t.Errorf("racer %d in epoch %d: %v", i, s.group.Epoch(), err)
			}
		})
	}
	wg.Wait()
	for i, s := range seats {
		must(t, s.follow(t.Context(), h, room, nil))
		if s.group.Epoch() != seats[0].group.Epoch() || !bytes.Equal(s.group.Authenticator(), seats[0].group.Authenticator()) {
			t.Errorf("racer %d is in epoch %d with other secrets than the first", i, s.group.Epoch())
		}
	}
	h.sameTree(room, seats[0].group)
	if seats[0].group.Epoch() < epochs || lost.Load() == 0 {
		t.Errorf("%d epochs, %d commits lost: too little was tried", seats[0].group.Epoch(), lost.Load())
	}
	t.Logf("%d epochs, %d commits lost", seats[0].group.Epoch(), lost.Load())
}

// race commits until the room has come to an epoch.
func (h *house) race(s, tablet *seat, room hub.RoomID, epochs int64, dice *rand.Rand, lost *atomic.Int64) error {
	ctx := h.t.Context()
	mine := map[string][]byte{}
	for {
		if err := s.follow(ctx, h, room, mine); err != nil {
			return err
		}
		if s.group.Epoch() >= epochs {
			return nil
		}
		var remove []uint32
		var add [][]byte
		if own, in := s.group.Find(string(tablet.by.Device)); in && dice.IntN(2) == 0 {
			remove = []uint32{own.Index}
		} else if !in && dice.IntN(2) == 0 {
			add = [][]byte{offer(h.t, tablet.signer).Public}
		}
		staged, err := s.group.Stage(remove, add)
		if err != nil {
			return err
		}
		id := hub.NewID[string]()
		mine[id] = staged.Next
		_, err = h.chat.Commit(ctx, s.by, room, messaging.Commit{ID: id, Body: staged.Commit, Welcome: staged.Welcome})
		var current messaging.CurrentEpoch
		switch {
		case errors.As(err, &current) && int64(current) > s.group.Epoch():
			delete(mine, id)
			lost.Add(1)
		case err != nil:
			return err
		}
	}
}

// sameTree compares the hub's leaves with the group's.
func (h *house) sameTree(room hub.RoomID, g *mlscore.Group) {
	h.t.Helper()
	rows, err := h.super.Query(h.t.Context(), `select leaf, device_id::text from room_leaf where room_id = $1 and to_seq is null order by leaf`, room)
	must(h.t, err)
	type place struct {
		Leaf   uint32
		Device string
	}
	hubs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[place])
	must(h.t, err)
	roster, err := g.Roster()
	must(h.t, err)
	if len(hubs) != len(roster) {
		h.t.Fatalf("the hub has %d leaves, the group %d", len(hubs), len(roster))
	}
	for i, l := range roster {
		if hubs[i].Leaf != l.Index || hubs[i].Device != l.Identity.Device {
			h.t.Errorf("leaf %d is %s at the hub and %s in the group", l.Index, hubs[i].Device, l.Identity.Device)
		}
	}
}
