package e2e

import (
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/devicelog"
	"github.com/wardline/wardline/recorder/mlscore"
)

// talker is a device in a conversation, without a browser: real keys, real MLS, and a
// connection that comes back by itself. What it could not open is counted, never passed over.
type talker struct {
	*browser
	api    *client.API
	signer mlscore.Signer
	user   hub.UserID
	device hub.DeviceID
	packs  []mlscore.Package

	mu     sync.Mutex
	stream *client.Stream
	cursor map[hub.RoomID]int64
	groups map[hub.RoomID]*mlscore.Group
	heard  map[hub.RoomID][]heardMessage
	broken []string
	waits  map[string]chan client.Note // answers to sends, by id
}

type heardMessage struct {
	seq  int64
	from hub.DeviceID
	text string
}

// talker activates an account and makes its first device.
func (h *theHub) talker(t *testing.T, admin *browser, staff string) *talker {
	t.Helper()
	b := h.activate(t, admin, staff)
	return newTalker(t, b, nil)
}

// newTalker registers a device for a signed-in browser. account is the key of an account
// that has devices already, nil for its first.
func newTalker(t *testing.T, b *browser, first *talker) *talker {
	t.Helper()
	tk := &talker{browser: b, cursor: map[hub.RoomID]int64{}, groups: map[hub.RoomID]*mlscore.Group{},
		heard: map[hub.RoomID][]heardMessage{}, waits: map[string]chan client.Note{}}
	var err error
	if tk.api, err = client.New(b.base, nil); err != nil {
		t.Fatal(err)
	}
	tk.api.Resume(b.secret(t))
	kem, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	me, err := tk.api.Me(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	tk.user = me.User
	if tk.device, err = tk.api.Register(t.Context(), "Harness", kem.PublicKey().Bytes(), public); err != nil {
		t.Fatal(err)
	}
	tk.signer = mlscore.Signer{Key: private, Identity: mlscore.Identity{Clinic: string(me.Clinic.ID), User: string(me.User), Device: string(tk.device)}}
	tk.certify(t, first, me.Clinic.ID, public, kem.PublicKey().Bytes())
	tk.offer(t, 20)
	return tk
}

// accountKey is derived from the first device's key, so that tests need not carry it around.
func (tk *talker) accountKey() ed25519.PrivateKey {
	sum := sha256.Sum256(tk.signer.Key)
	return ed25519.NewKeyFromSeed(sum[:])
}

// certify writes the log entry that makes others believe the device.
func (tk *talker) certify(t *testing.T, first *talker, clinic hub.ClinicID, sign, kem []byte) {
	t.Helper()
	sum := sha256.Sum256(kem)
	body := devicelog.Body{V: 1, Clinic: clinic, User: tk.user, N: 1, Act: devicelog.Account, Device: tk.device, Sign: sign, KEM: sum[:], At: time.Now().UTC()}
	owner := tk
	if first != nil {
		owner, body.Act = first, devicelog.Add
		log, err := tk.api.Log(t.Context(), tk.user, 0)
		if err != nil || len(log) == 0 {
			t.Fatalf("log of the account: %d entries, %v", len(log), err)
		}
		last := log[len(log)-1]
		body.N, body.Prev = int64(len(log))+1, entryHash(last)
	}
	key := owner.accountKey()
	body.Account = key.Public().(ed25519.PublicKey)
	raw, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	sig := ed25519.Sign(key, append([]byte("wardline device log v1\x00"), raw...))
	if err := tk.api.AppendLog(t.Context(), devicelog.Entry{N: body.N, Body: raw, Sig: sig}); err != nil {
		t.Fatal(err)
	}
}

func entryHash(e devicelog.Entry) string {
	return fmt.Sprintf("%x", sha256.Sum256(slices.Concat([]byte("wardline device log entry v1\x00"), e.Body, e.Sig)))
}

// offer puts key packages into the device's pool.
func (tk *talker) offer(t *testing.T, n int) {
	t.Helper()
	var public [][]byte
	for range n {
		p, err := mlscore.NewPackage(tk.signer, time.Now(), 28*24*time.Hour, false)
		if err != nil {
			t.Fatal(err)
		}
		tk.packs, public = append(tk.packs, p), append(public, p.Public)
	}
	if err := tk.api.PutPackages(t.Context(), public, nil); err != nil {
		t.Fatal(err)
	}
}

// begin makes a room with other people in it and returns its id.
func (tk *talker) begin(t *testing.T, kind messaging.RoomKind, users ...hub.UserID) hub.RoomID {
	t.Helper()
	var found struct {
		Items []client.KeyPackage
	}
	tk.must(t, "POST", "/keypackages/claim", map[string]any{"users": users}, &found)
	own, err := mlscore.NewPackage(tk.signer, time.Now(), time.Hour, false)
	if err != nil {
		t.Fatal(err)
	}
	room := hub.NewID[hub.RoomID]()
	group, err := mlscore.Create(roomBytes(room), tk.signer, own)
	if err != nil {
		t.Fatal(err)
	}
	var add [][]byte
	for _, p := range found.Items {
		if p.Device != tk.device {
			add = append(add, p.Package)
		}
	}
	staged, err := group.Stage(nil, add)
	if err != nil {
		t.Fatal(err)
	}
	tk.must(t, "POST", "/rooms", map[string]any{"id": room, "kind": kind, "members": users, "welcome": staged.Welcome,
		"commit": map[string]any{"id": hub.NewID[string](), "body": staged.Commit}}, nil)
	if err := group.Become(staged.Next); err != nil {
		t.Fatal(err)
	}
	tk.mu.Lock()
	defer tk.mu.Unlock()
	tk.groups[room], tk.cursor[room] = group, 1
	return room
}

// roomBytes is the MLS group id of a room.
func roomBytes(room hub.RoomID) []byte {
	raw, _ := hex.DecodeString(strings.ReplaceAll(string(room), "-", ""))
	return raw
}

// run keeps a connection until ctx ends. Losing it is what the tests are about: it only
// connects again, with what it has read.
func (tk *talker) run(ctx context.Context) {
	for ctx.Err() == nil {
		if err := tk.session(ctx); err != nil && ctx.Err() == nil {
			pause(ctx, 100*time.Millisecond)
		}
	}
}

func (tk *talker) session(ctx context.Context) error {
	tk.mu.Lock()
	cursor := make(map[hub.RoomID]int64, len(tk.cursor))
	for room, seq := range tk.cursor {
		cursor[room] = seq
	}
	tk.mu.Unlock()
	s, err := tk.api.Open(ctx, tk.device, cursor)
	if err != nil {
		return err
	}
	defer s.Close()
	defer context.AfterFunc(ctx, s.Close)()
	tk.mu.Lock()
	tk.stream = s
	tk.mu.Unlock()
	for {
		item, note, err := s.Next()
		switch {
		case err != nil:
			tk.lost()
			return err
		case item != nil:
			tk.take(ctx, s, item)
		case note.T == "sent" || note.T == "refused":
			tk.answered(*note)
		}
	}
}

// lost tells everybody who waits for an answer that it will not come on this connection.
func (tk *talker) lost() {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	tk.stream = nil
	for id, c := range tk.waits {
		close(c)
		delete(tk.waits, id)
	}
}

func (tk *talker) answered(n client.Note) {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	if c := tk.waits[n.ID]; c != nil {
		c <- n
		delete(tk.waits, n.ID)
	}
}

// take processes an item of the log, each number once and in order.
func (tk *talker) take(ctx context.Context, s *client.Stream, item *client.Item) {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	if item.Seq <= tk.cursor[item.Room] {
		return
	}
	if err := tk.process(ctx, item); err != nil {
		tk.broken = append(tk.broken, fmt.Sprintf("%s/%d %s: %v", item.Room, item.Seq, item.Kind, err))
	}
	tk.cursor[item.Room] = item.Seq
	_ = s.Ack(item.Room, item.Seq)
}

func (tk *talker) process(ctx context.Context, item *client.Item) error {
	group := tk.groups[item.Room]
	switch {
	case item.Kind == messaging.ItemCommit && item.Welcome:
		return tk.join(ctx, item.Room)
	case item.Kind == messaging.ItemCommit && group != nil && item.From != tk.device:
		return group.Apply(item.Body)
	case item.Kind == messaging.ItemMessage && group != nil && item.From != tk.device:
		m, err := group.Open(item.Body)
		if err != nil {
			return err
		}
		if want := string(item.Room) + "/" + item.ID; string(m.AAD) != want {
			return errors.New("bound to another place")
		}
		tk.heard[item.Room] = append(tk.heard[item.Room], heardMessage{item.Seq, item.From, string(m.Text)})
	case item.Kind != messaging.ItemLine && group == nil:
		return errors.New("no group")
	}
	return nil
}

func (tk *talker) join(ctx context.Context, room hub.RoomID) error {
	w, err := tk.api.Welcome(ctx, room)
	if err != nil {
		return err
	}
	group, _, err := mlscore.Join(w.Body, tk.signer, tk.packs)
	if err != nil {
		return err
	}
	tk.groups[room] = group
	return nil
}

// say sends a text and returns its number: like a client it repeats what was not answered
// under the same id, and seals again what came an epoch too late.
func (tk *talker) say(ctx context.Context, room hub.RoomID, id, text string) (int64, error) {
	var body []byte
	var epoch int64
	for ctx.Err() == nil {
		note, ok := tk.attempt(ctx, room, id, text, &body, &epoch)
		switch {
		case ok && note.T == "sent":
			return note.Seq, nil
		case ok && note.Code == "epoch":
			body = nil
		case ok && note.Code != "unavailable" && note.Code != "slow_down":
			return 0, fmt.Errorf("refused: %s", note.Code)
		}
		pause(ctx, 30*time.Millisecond)
	}
	return 0, ctx.Err()
}

func (tk *talker) attempt(ctx context.Context, room hub.RoomID, id, text string, body *[]byte, epoch *int64) (client.Note, bool) {
	answer := make(chan client.Note, 1)
	tk.mu.Lock()
	s, group := tk.stream, tk.groups[room]
	if s == nil || group == nil {
		tk.mu.Unlock()
		return client.Note{}, false
	}
	if *body == nil {
		sealed, err := group.Seal([]byte(text), []byte(string(room)+"/"+id))
		if err != nil {
			tk.broken = append(tk.broken, "seal: "+err.Error())
			tk.mu.Unlock()
			return client.Note{}, false
		}
		*body, *epoch = sealed, group.Epoch()
	}
	tk.waits[id] = answer
	tk.mu.Unlock()
	if err := s.Send(room, id, *epoch, *body); err != nil {
		return client.Note{}, false
	}
	select {
	case n, ok := <-answer:
		return n, ok
	case <-time.After(5 * time.Second): // an answer that never comes is a lost one
	case <-ctx.Done():
	}
	return client.Note{}, false
}

// secret is the session a browser holds.
func (b *browser) secret(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(b.base)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range b.http.Jar.Cookies(u) {
		if strings.HasPrefix(c.Name, "__Host-wardline") {
			return c.Value
		}
	}
	t.Fatal("no session")
	return ""
}
