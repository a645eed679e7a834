package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/mlscore"
)

const (
	roomFolder = "rooms"
	roomQueue  = 256 // items that wait for a room before the socket does
	stuckMax   = time.Hour
)

// room is one room at work. Everything but the atomics belongs to the goroutine in run.
type room struct {
	r   *recorder
	id  hub.RoomID
	log *slog.Logger

	jobs chan func(context.Context, *room)
	asks chan client.Upkeep

	durable atomic.Int64 // the last item that the kept state has taken in
	joined  atomic.Bool
	lost    atomic.Bool
	stuck   atomic.Bool
	retryAt atomic.Int64 // when a room that stands still is tried again

	st    state
	group *mlscore.Group // nil: not in the room

	dirty bool // the kept state is older
	now   bool // and must not stay so
	timer <-chan time.Time

	on      *client.Stream // the connection the numbers below are of
	seen    int64          // the last item that came
	acked   int64
	stuckOn *client.Stream // the room stands still on this connection
	stand   time.Duration  // until it is tried again

	awaits time.Time // since when a commit that the hub has decided on is expected in the log
	rest   time.Time // until when no commit is made, after a refusal
	tired  time.Duration

	held   map[hub.DeviceID]added     // packages claimed and not used yet
	avoid  map[hub.DeviceID]time.Time // devices not to be looked at before
	sentOn *client.Stream             // our message under way was sent on it
}

func newRoom(r *recorder, id hub.RoomID) *room {
	m := &room{
		r: r, id: id, log: r.log.With("room", id),
		jobs: make(chan func(context.Context, *room), roomQueue), asks: make(chan client.Upkeep, 1),
		held: map[hub.DeviceID]added{}, avoid: map[hub.DeviceID]time.Time{},
	}
	m.load()
	return m
}

func (m *room) file() string { return roomFolder + "/" + string(m.id) }

// load reads what was kept. A room whose state is damaged is lost; the others are not.
func (m *room) load() {
	raw, err := m.r.disk.Get(m.file())
	if errors.Is(err, fs.ErrNotExist) {
		return
	}
	if err == nil {
		err = m.restore(raw)
	}
	if err != nil {
		m.log.Error("the room's state is damaged; kept aside", "cause", causeOf(err))
		m.st, m.group = state{Lost: true}, nil
		if err := m.r.disk.Aside(m.file()); err != nil {
			m.log.Error("the damaged state could not be kept aside", "cause", causeOf(err))
		}
	}
	m.durable.Store(m.st.Seq)
	m.show()
}

func (m *room) restore(raw []byte) (err error) {
	if err := json.Unmarshal(raw, &m.st); err != nil {
		return errors.New("not a state")
	}
	if m.st.Group != nil {
		m.group, err = mlscore.Restore(m.st.Group, m.r.id.signer())
	}
	return err
}

// show lets health see how the room is.
func (m *room) show() {
	m.joined.Store(m.group != nil)
	m.lost.Store(m.st.Lost)
}

// do lets the room's goroutine do something, in order.
func (m *room) do(ctx context.Context, job func(context.Context, *room)) {
	select {
	case m.jobs <- job:
	case <-ctx.Done():
	}
}

// offer says what is to be mended. What was said before and not taken up is out of date.
func (m *room) offer(u client.Upkeep) {
	select {
	case <-m.asks:
	default:
	}
	m.asks <- u
}

func (m *room) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			if m.dirty {
				m.save()
			}
			return
		case job := <-m.jobs:
			job(ctx, m)
		case u := <-m.asks:
			m.turn(ctx, u)
		case <-m.timer:
			m.now, m.timer = true, nil
		}
		m.settle()
	}
}

// settle keeps the state when it is time, and then acknowledges.
func (m *room) settle() {
	if m.dirty && m.now {
		m.save()
	} else if m.dirty && m.timer == nil {
		m.timer = time.After(m.r.o.times.flush)
	}
	up := min(m.seen, m.durable.Load())
	if m.on != nil && up > m.acked && m.on.Ack(m.id, up) == nil {
		m.acked = up
	}
}

// change notes that the state must be kept; at once if something is to follow from it.
func (m *room) change(atOnce bool) { m.dirty, m.now = true, m.now || atOnce }

// save keeps the state. Nothing may leave the house that depends on a state not kept.
func (m *room) save() error {
	raw, err := m.pack()
	if err == nil {
		err = m.r.disk.Put(m.file(), raw)
	}
	if err != nil {
		m.log.Error("the room's state could not be kept", "cause", causeOf(err))
		m.timer = time.After(m.r.o.times.retry)
		m.now = false
		return err
	}
	m.dirty, m.now, m.timer = false, false, nil
	m.durable.Store(m.st.Seq)
	m.show()
	return nil
}

func (m *room) pack() (raw []byte, err error) {
	m.st.Group = nil
	if m.group != nil {
		if m.st.Group, err = m.group.Marshal(); err != nil {
			return nil, err
		}
	}
	return json.Marshal(m.st)
}
