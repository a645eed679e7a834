package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	talkers     = 1_000 // connected devices; those who neither write nor hear are idle
	talkPairs   = 50
	talkRoom    = 100 // members, the sender among them
	pairsAtOnce = 1   // messages in flight in each pair
	roomAtOnce  = 4
	talkRounds  = 3
	talkRound   = 4 * time.Second
	talkOffered = 500 // messages a second, in pairs
	talkOpen    = 6 * time.Second
	// openAtOnce is far above what 500 a second need, so that a wait for a worker is a server's.
	openAtOnce   = 256
	aimTalkRatio = 2 // times the peer's durable rate
	aimTalkP99   = 50
)

// side is one of the servers that are compared, and who talks there.
type side struct {
	name, protocol, addr string
	pid                  int
	talkers              []talker
	pairs, room          []group
	archived             func(context.Context) (int, error) // messages in its archive
	copies               func(sent) int                     // how many those must be
	sent                 sent
}

// sent counts messages of whole runs.
type sent struct{ pairs, room int }

// talkFigure runs the same load against the hub and a peer, in turns.
type talkFigure struct {
	*bench // of the hub in the arena
	arena  *arena
	peer   *ejabberd // nil: not measured
	load   *worker
	sides  []*side
}

// measureTalk measures conversations: at the hub, and at ejabberd where it is installed.
func measureTalk(ctx context.Context, b *bench) (out []result, err error) {
	// Whatever ran before has left a heap, a history and connections.
	if err := b.closeHub(); err != nil {
		return nil, err
	}
	f := &talkFigure{bench: &bench{options: b.options}}
	defer func() { err = errors.Join(err, f.said(err), f.close()) }()
	if err := f.open(ctx); err != nil {
		return nil, err
	}
	b.postgres = f.postgres
	memory, err := f.connectHub(ctx)
	if err != nil {
		return nil, err
	}
	peer, failed := f.connectPeer(ctx) // the hub is measured all the same
	talked, err := f.compare(ctx)
	return slices.Concat(memory, peer, talked), errors.Join(failed, err)
}

func (f *talkFigure) open(ctx context.Context) (err error) {
	if f.arena, err = openArena(ctx); err != nil {
		return err
	}
	h, err := startHub(ctx, f.binary, f.arena)
	if err != nil {
		return err
	}
	if err := f.adopt(ctx, h); err != nil {
		return err
	}
	f.load, err = startWorker()
	return err
}

func (f *talkFigure) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var errs []error
	if f.load != nil {
		f.load.stop()
	}
	if f.peer != nil {
		errs = append(errs, f.peer.stop())
	}
	errs = append(errs, f.bench.close())
	if f.arena != nil {
		errs = append(errs, f.arena.close(ctx))
	}
	return errors.Join(errs...)
}

// said is what the hub has printed, which may tell why a figure failed.
func (f *talkFigure) said(failed error) error {
	if failed == nil || f.hub == nil || f.hub.out.String() == "" {
		return nil
	}
	return fmt.Errorf("the hub said:\n%.4000s", f.hub.out.String())
}

// connectHub seeds the hub, connects everybody and tells what a connection takes.
func (f *talkFigure) connectHub(ctx context.Context) ([]result, error) {
	s, err := f.hubSide(ctx)
	if err != nil {
		return nil, err
	}
	// Everybody comes and goes once before: what a hub makes once, for its first thousand
	// devices, such as database connections, is not counted for each.
	if err := f.connect(ctx, s); err != nil {
		return nil, err
	}
	if err := f.load.do(ctx, crowdBound, "leave", s.protocol, nil); err != nil {
		return nil, err
	}
	before, err := f.collected(ctx)
	if err != nil {
		return nil, err
	}
	if err := f.connect(ctx, s); err != nil {
		return nil, err
	}
	f.sides = append(f.sides, s)
	after, err := f.collected(ctx)
	if err != nil {
		return nil, err
	}
	return []result{perLine(s, before, after).atMost(aimIdleKB)}, nil
}

// collected returns the hub's resident memory once its collector has run. An idle process does
// not collect for minutes, and a thousand connections are little beside the garbage of a start:
// so the hub's metrics are scraped until they tell of it.
func (f *talkFigure) collected(ctx context.Context) (float64, error) {
	const cycles = 3
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	first, err := f.hub.collections(ctx)
	for last := first; err == nil && last < first+cycles; {
		last, err = f.hub.collections(ctx)
	}
	if err != nil {
		return 0, err
	}
	return f.settled(ctx, f.scaledTime(settleAtLeast), f.scaledTime(30*time.Second))
}

func perLine(s *side, before, after float64) result {
	n := len(s.talkers)
	return result{Figure: "chat, memory per idle connection, " + s.name, Unit: "kB", Value: (after - before) * 1.024 / float64(n),
		Note: fmt.Sprintf("%.0f MB with none, %.0f MB with %d idle", before/1024, after/1024, n)}
}

// connectPeer does the same at ejabberd; nothing where that is not installed.
func (f *talkFigure) connectPeer(ctx context.Context) (out []result, err error) {
	if !f.peerToo {
		return nil, nil
	}
	if !hasEjabberd() {
		return []result{{Figure: "chat, ejabberd", Note: "not installed (deploy/install-deps.sh bench): nothing to compare with"}}, nil
	}
	if f.peer, err = startEjabberd(ctx, f.arena, f.scaled(talkers)); err != nil {
		return nil, err
	}
	s := f.peerSide()
	before, err := residentKB(s.pid)
	if err != nil {
		return nil, err
	}
	if err := f.connect(ctx, s); err != nil {
		return nil, err
	}
	f.sides = append(f.sides, s)
	after, err := residentKB(s.pid)
	return []result{perLine(s, before, after)}, err
}

func (f *talkFigure) connect(ctx context.Context, s *side) error {
	args := connectArgs{Protocol: s.protocol, Addr: s.addr, Talkers: s.talkers}
	if err := f.load.do(ctx, crowdBound, "connect", args, nil); err != nil {
		return fmt.Errorf("connect to %s: %w", s.name, err)
	}
	return f.idle(ctx, s)
}

// idle waits until a server has stopped working: those who joined a room are told to each
// other long after the last one was let in.
func (f *talkFigure) idle(ctx context.Context, s *side) error {
	const step, most = 500 * time.Millisecond, 100 * time.Millisecond
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for before := f.used(s); ; {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%s does not come to rest: %w", s.name, ctx.Err())
		case <-time.After(step):
		}
		now := f.used(s)
		if spent := now.since(before); spent.hub+spent.postgres < most {
			return nil
		}
		before = now
	}
}

func (f *talkFigure) used(s *side) cpu { return processorTime(s.pid, f.hub.postmaster()) }

// groupsOf lays pairs and the room over the first talkers. address tells how a talker writes
// to another one; room is the same for all.
func (f *talkFigure) groupsOf(address func(pair, to int) string, room string) (pairs, rooms []group) {
	n := f.scaled(talkPairs)
	for i := range n {
		pairs = append(pairs, group{[]int{2 * i, 2*i + 1}, []string{address(i, 2*i+1), address(i, 2*i)}})
	}
	var all group
	for i := range f.scaled(talkRoom) {
		all.Lines, all.Rooms = append(all.Lines, 2*n+i), append(all.Rooms, room)
	}
	return pairs, []group{all}
}

func (f *talkFigure) peerSide() *side {
	s := &side{name: "ejabberd", protocol: overXMPP, addr: f.peer.addr, pid: f.peer.cmd.Process.Pid}
	const room = "bench@" + xmppRooms
	s.pairs, s.room = f.groupsOf(func(_, to int) string { return fmt.Sprintf("u%d@%s", to, xmppDomain) }, room)
	for i := range f.scaled(talkers) {
		s.talkers = append(s.talkers, talker{Login: fmt.Sprintf("u%d", i)})
	}
	for _, i := range s.room[0].Lines {
		s.talkers[i].Rooms = []string{room}
	}
	s.archived = func(ctx context.Context) (int, error) {
		return f.arena.count(ctx, ejabberdDatabase, `select count(*) from archive`)
	}
	s.copies = func(n sent) int { return 2*n.pairs + n.room } // a pair's message is in both people's archives
	return s
}
