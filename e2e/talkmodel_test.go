package e2e

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/hub/hubtest"
	"github.com/wardline/wardline/messaging"
)

// A room is an append-only list. Sending appends once, whatever is repeated, and says at
// which place; reading gives the whole list. roomModel is that sentence for porcupine, which
// looks for an order of all sends and reads that explains what everybody was told.

type roomInput struct {
	room hub.RoomID
	send string // the message's id; "" reads
}

type roomOutput struct {
	place int // of a send, from 0; -1 when it was not answered
	list  []string
}

// roomState is the length of the list and a hash that stands for its content.
type roomState struct {
	n    int
	hash [32]byte
}

func (s roomState) append(id string) roomState {
	return roomState{s.n + 1, sha256.Sum256(append(s.hash[:], id...))}
}

func roomModel() porcupine.Model {
	return porcupine.Model{
		Partition: func(history []porcupine.Operation) [][]porcupine.Operation {
			byRoom := map[hub.RoomID][]porcupine.Operation{}
			for _, o := range history {
				room := o.Input.(roomInput).room
				byRoom[room] = append(byRoom[room], o)
			}
			var out [][]porcupine.Operation
			for _, ops := range byRoom {
				out = append(out, ops)
			}
			return out
		},
		Init: func() any { return roomState{} },
		Step: func(state, input, output any) (bool, any) {
			s, in, out := state.(roomState), input.(roomInput), output.(roomOutput)
			if in.send != "" {
				return out.place == s.n || out.place < 0, s.append(in.send)
			}
			var read roomState
			for _, id := range out.list {
				read = read.append(id)
			}
			return read == s, s
		},
	}
}

// TestRoomModelFindsFaults shows that the model can say no: a check that finds nothing wrong
// with these would find nothing wrong with a hub that loses messages.
func TestRoomModelFindsFaults(t *testing.T) {
	t.Parallel()
	send := func(id string, place int, call, ret int64) porcupine.Operation {
		return porcupine.Operation{Input: roomInput{send: id}, Call: call, Output: roomOutput{place: place}, Return: ret}
	}
	read := func(call, ret int64, ids ...string) porcupine.Operation {
		return porcupine.Operation{Input: roomInput{}, Call: call, Output: roomOutput{list: ids}, Return: ret}
	}
	for name, c := range map[string]struct {
		history []porcupine.Operation
		ok      bool
	}{
		"one after the other":         {[]porcupine.Operation{send("a", 0, 1, 2), send("b", 1, 3, 4), read(5, 6, "a", "b")}, true},
		"never answered, and there":   {[]porcupine.Operation{send("a", -1, 1, math.MaxInt64), read(3, 4, "a")}, true},
		"never answered, not there":   {[]porcupine.Operation{send("a", -1, 1, math.MaxInt64), read(3, 4)}, true},
		"at the same time":            {[]porcupine.Operation{send("a", 1, 1, 9), send("b", 0, 1, 9), read(10, 11, "b", "a")}, true},
		"read before it was answered": {[]porcupine.Operation{send("a", 0, 1, 9), read(2, 3, "a")}, true},
		"acknowledged and lost":       {[]porcupine.Operation{send("a", 0, 1, 2), read(3, 4)}, false},
		"double":                      {[]porcupine.Operation{send("a", 0, 1, 2), read(3, 4, "a", "a")}, false},
		"a gap":                       {[]porcupine.Operation{send("a", 0, 1, 2), send("b", 2, 3, 4)}, false},
		"one place twice":             {[]porcupine.Operation{send("a", 0, 1, 2), send("b", 0, 3, 4)}, false},
		"another order for some":      {[]porcupine.Operation{send("a", 0, 1, 9), send("b", 1, 1, 9), read(10, 11, "b", "a")}, false},
		"gone again":                  {[]porcupine.Operation{send("a", 0, 1, 9), read(2, 3, "a"), read(4, 5)}, false},
	} {
		if got := porcupine.CheckOperations(roomModel(), c.history); got != c.ok {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// history collects what several devices did, with one clock.
type history struct {
	mu  sync.Mutex
	ops []porcupine.Operation
}

func (h *history) add(client int, in roomInput, call time.Time, out roomOutput) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: in, Call: call.UnixNano(), Output: out, Return: time.Now().UnixNano()})
}

// addOpen notes a send nobody knows the end of.
func (h *history) addOpen(client int, in roomInput, call time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: in, Call: call.UnixNano(), Output: roomOutput{place: -1}, Return: math.MaxInt64})
}

// TestRoomsAreLinearizable has devices send and read while hub and database are killed, and
// holds everything they were told against the model: nothing acknowledged is lost, no gap,
// no double, one order for all.
func TestRoomsAreLinearizable(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a hub several times")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 2))
	h := newHub(t)
	people := h.talkers(t, 3)
	rooms := map[hub.RoomID]int64{} // with the number of the last item before the first message
	for _, kind := range []messaging.RoomKind{messaging.GroupRoom, messaging.GroupRoom} {
		rooms[people[0].begin(t, kind, people[1].user, people[2].user)] = 0
	}
	for room := range rooms {
		rooms[room] = people[0].lastSeq(t, room)
	}

	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	var told history
	for i, p := range people {
		load.Go(func() { p.run(ctx) })
		for room, base := range rooms {
			load.Go(func() { p.sendMany(ctx, i, room, base, &told) })
			load.Go(func() { p.readMany(ctx, i, room, base, &told) })
		}
	}
	for i := range max(4, kills()/3) {
		pause(ctx, time.Duration(300+dice.IntN(1000))*time.Millisecond)
		if i%2 == 0 {
			h.killPostgres(t)
			h.waitReady(t)
		} else {
			h.kill(syscall.SIGKILL)
			h.start(t)
		}
	}
	pause(ctx, time.Second)
	cancel()
	load.Wait()
	told.judge(t, len(rooms))
	for i, p := range people {
		if len(p.broken) > 0 {
			t.Errorf("device %d could not open %d items: %v", i, len(p.broken), p.broken[:min(5, len(p.broken))])
		}
	}
}

// judge looks for an explanation of everything that was answered.
func (h *history) judge(t *testing.T, rooms int) {
	t.Helper()
	sends := 0
	for _, o := range h.ops {
		if o.Input.(roomInput).send != "" {
			sends++
		}
	}
	t.Logf("%d sends acknowledged, %d reads", sends, len(h.ops)-sends)
	if sends < 50*rooms || len(h.ops)-sends < 20*rooms {
		t.Fatal("too little load to prove anything")
	}
	result, info := porcupine.CheckOperationsVerbose(roomModel(), h.ops, 2*time.Minute)
	if result != porcupine.Ok {
		file, err := os.CreateTemp("", "rooms-*.html")
		if err == nil {
			defer file.Close()
			_ = porcupine.Visualize(roomModel(), info, file)
			t.Logf("drawn in %s", file.Name())
		}
		t.Fatalf("no order of the sends explains what was told: %v", result)
	}
}

// sendMany sends one message after the other, each until it is answered. Only the very last
// may stay without an answer: it may take effect at any time from then on, or never.
func (tk *talker) sendMany(ctx context.Context, client int, room hub.RoomID, base int64, told *history) {
	for i := 0; ctx.Err() == nil; i++ {
		id, call := hub.NewID[string](), time.Now()
		seq, err := tk.say(ctx, room, id, fmt.Sprintf("%d/%d", client, i))
		if err != nil {
			told.addOpen(client, roomInput{room, id}, call)
			return
		}
		told.add(client, roomInput{room, id}, call, roomOutput{place: int(seq - base - 1)})
		pause(ctx, 40*time.Millisecond)
	}
}

func (tk *talker) readMany(ctx context.Context, client int, room hub.RoomID, base int64, told *history) {
	for ctx.Err() == nil {
		call := time.Now()
		if list, err := tk.list(ctx, room, base); err == nil && ctx.Err() == nil {
			told.add(client, roomInput{room: room}, call, roomOutput{list: list})
		}
		pause(ctx, 150*time.Millisecond)
	}
}

// list reads a room from a number on, page by page; a room only grows, so that what the last
// page shows is what was there when it was read.
func (tk *talker) list(ctx context.Context, room hub.RoomID, after int64) ([]string, error) {
	var out []string
	for {
		var page struct {
			Items []struct {
				ID   string
				Seq  int64
				Kind string
			}
		}
		if _, err := tk.do(ctx, "GET", fmt.Sprintf("/rooms/%s/items?after=%d&limit=200", room, after), nil, &page); err != nil {
			return nil, err
		}
		for _, it := range page.Items {
			out, after = append(out, it.ID), it.Seq
		}
		if len(page.Items) < 200 {
			return out, nil
		}
	}
}

func (tk *talker) lastSeq(t *testing.T, room hub.RoomID) int64 {
	t.Helper()
	var page struct{ Items []struct{ Seq int64 } }
	tk.must(t, "GET", fmt.Sprintf("/rooms/%s/items?after=0&limit=200", room), nil, &page)
	var last int64
	for _, it := range page.Items {
		last = max(last, it.Seq)
	}
	return last
}

// talkers hires people by the KIS and gives each a device that talks.
func (h *theHub) talkers(t *testing.T, n int) []*talker {
	t.Helper()
	mllpAddr := hubtest.MustFreeAddr(t)
	admin := h.admin(t)
	admin.must(t, "POST", "/connectors", map[string]any{"kind": "hl7v2-mllp", "name": "KIS", "enabled": true, "config": map[string]any{"address": mllpAddr}}, nil)
	var out []*talker
	for i := range n {
		number := fmt.Sprintf("70%02d", i)
		waitFor(t, "person "+number+" to be acknowledged", 30*time.Second, func() bool { return sendOne(t.Context(), mllpAddr, number) == nil }, h.out.String)
		out = append(out, h.talker(t, admin, number))
	}
	return out
}
