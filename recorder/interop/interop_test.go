package interop

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/recorder/mlscore"
)

// room is one group with members on both sides.
type room struct {
	t  *testing.T
	id []byte
	b  *browser
}

func newRoom(t *testing.T) *room {
	return &room{t, []byte("0123456789abcdef"), newBrowser(t)}
}

// identity is device d of user u, as text of its credential.
func identity(u, d int) mlscore.Identity {
	return mlscore.Identity{
		Clinic: "00000000-0000-4000-8000-000000000001",
		User:   fmt.Sprintf("00000000-0000-4000-8000-0000000001%02d", u),
		Device: fmt.Sprintf("00000000-0000-4000-8000-000000%02d%04d", u, d),
	}
}

func signer(u, d int) mlscore.Signer {
	_, key, _ := ed25519.GenerateKey(nil)
	return mlscore.Signer{Identity: identity(u, d), Key: key}
}

func offer(t *testing.T, s mlscore.Signer) mlscore.Package {
	t.Helper()
	p, err := mlscore.NewPackage(s, time.Now(), 20*24*time.Hour, false)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func join(t *testing.T, welcome []byte, s mlscore.Signer, p mlscore.Package) *mlscore.Group {
	t.Helper()
	g, _, err := mlscore.Join(welcome, s, []mlscore.Package{p})
	if err != nil {
		t.Fatalf("join in Go: %v", err)
	}
	return g
}

func (r *room) offer(name string, u, d int) []byte {
	r.t.Helper()
	return r.b.do("package", args{"name": name, "identity": identity(u, d).String()}).Package
}

// byTS is a room that the browser "ts" began, into which it took a Go member.
func byTS(t *testing.T) (*room, *mlscore.Group) {
	t.Helper()
	r := newRoom(t)
	r.offer("ts", 1, 1)
	r.b.do("create", args{"name": "ts", "group": r.id})
	s := signer(2, 1)
	p := offer(t, s)
	c := r.b.do("commit", args{"name": "ts", "add": [][]byte{p.Public}})
	r.b.do("merge", args{"name": "ts"})
	g := join(t, c.Welcome, s, p)
	r.agree(g, "ts")
	return r, g
}

// byGo is a room that a Go member began, into which it took the browser "ts".
func byGo(t *testing.T) (*room, *mlscore.Group) {
	t.Helper()
	r := newRoom(t)
	s := signer(2, 1)
	g, err := mlscore.Create(r.id, s, offer(t, s))
	if err != nil {
		t.Fatal(err)
	}
	g = r.goCommits(g, nil, nil, r.offer("ts", 1, 1))
	r.agree(g, "ts")
	return r, g
}

// stage makes a commit in Go.
func (r *room) stage(g *mlscore.Group, remove []uint32, add ...[]byte) mlscore.Staged {
	r.t.Helper()
	s, err := g.Stage(remove, add)
	if err != nil {
		r.t.Fatalf("commit in Go: %v", err)
	}
	return s
}

// goCommits makes and keeps a commit in Go, lets the named members follow it, and lets "ts"
// join when it is added.
func (r *room) goCommits(g *mlscore.Group, follow []string, remove []uint32, add ...[]byte) *mlscore.Group {
	r.t.Helper()
	s := r.stage(g, remove, add...)
	for _, name := range follow {
		r.b.do("process", args{"name": name, "message": s.Commit})
	}
	if len(add) > 0 && !slices.Contains(follow, "ts") {
		r.b.do("join", args{"name": "ts", "welcome": s.Welcome})
	}
	return r.keep(g, s)
}

// keep makes a staged commit take effect.
func (r *room) keep(g *mlscore.Group, s mlscore.Staged) *mlscore.Group {
	r.t.Helper()
	if err := g.Become(s.Next); err != nil {
		r.t.Fatalf("keep a commit: %v", err)
	}
	return g
}

func (r *room) apply(g *mlscore.Group, commit []byte) {
	r.t.Helper()
	if err := g.Apply(commit); err != nil {
		r.t.Fatalf("process in Go: %v", err)
	}
}

// agree checks that both sides are in the same epoch with the same secrets and roster.
func (r *room) agree(g *mlscore.Group, names ...string) {
	r.t.Helper()
	for _, name := range names {
		info := r.b.do("info", args{"name": name})
		if info.Epoch != g.Epoch() || !bytes.Equal(info.Authenticator, g.Authenticator()) {
			r.t.Fatalf("%s is in epoch %d, Go in %d, or their authenticators differ", name, info.Epoch, g.Epoch())
		}
		roster, err := g.Roster()
		if err != nil || len(roster) != len(info.Roster) {
			r.t.Fatalf("%s sees %d leaves, Go %d: %v", name, len(info.Roster), len(roster), err)
		}
		for i, l := range roster {
			if l.Index != info.Roster[i].Index || l.Identity.String() != info.Roster[i].Identity {
				r.t.Errorf("leaf %d: Go sees %v, %s sees %v", i, l, name, info.Roster[i])
			}
		}
	}
}

var aad = []byte("room/item")

// toGo sends a text from the browser and reads it in Go.
func (r *room) toGo(name string, g *mlscore.Group, text string) {
	r.t.Helper()
	m := r.b.do("send", args{"name": name, "text": []byte(text), "aad": aad}).Message
	r.read(g, m, text)
}

func (r *room) read(g *mlscore.Group, m []byte, text string) {
	r.t.Helper()
	got, err := g.Open(m)
	if err != nil || string(got.Text) != text || !bytes.Equal(got.AAD, aad) {
		r.t.Fatalf("Go read %q with %q, want %q: %v", got.Text, got.AAD, text, err)
	}
}

func (r *room) seal(g *mlscore.Group, text string) []byte {
	r.t.Helper()
	m, err := g.Seal([]byte(text), aad)
	if err != nil {
		r.t.Fatal(err)
	}
	return m
}

func (r *room) toTS(g *mlscore.Group, name, text string) {
	r.t.Helper()
	r.show(name, r.seal(g, text), text, g.Own())
}

func (r *room) show(name string, m []byte, text string, sender uint32) {
	r.t.Helper()
	got := r.b.do("open", args{"name": name, "message": m})
	if string(got.Text) != text || !bytes.Equal(got.AAD, aad) || got.Sender != sender {
		r.t.Fatalf("%s read %q with %q of leaf %d", name, got.Text, got.AAD, got.Sender)
	}
}

// restart lets both sides write their state and begin again with it.
func (r *room) restart(g *mlscore.Group, s mlscore.Signer, names ...string) *mlscore.Group {
	r.t.Helper()
	state, err := g.Marshal()
	if err != nil {
		r.t.Fatal(err)
	}
	if g, err = mlscore.Restore(state, s); err != nil {
		r.t.Fatal(err)
	}
	for _, name := range names {
		r.b.do("reload", args{"name": name})
	}
	return g
}

func TestTheBrowserBeginsARoom(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	r.toGo("ts", g, "from the browser")
	r.toTS(g, "ts", "from the recorder")
}

func TestGoBeginsARoom(t *testing.T) {
	t.Parallel()
	r, g := byGo(t)
	r.toGo("ts", g, "from the browser")
	r.toTS(g, "ts", "from Go")
}

func TestCommitsBothWays(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	for range 3 {
		c := r.b.do("commit", args{"name": "ts"})
		r.apply(g, c.Commit)
		r.b.do("merge", args{"name": "ts"})
		r.agree(g, "ts")
		g = r.goCommits(g, []string{"ts"}, nil)
		r.agree(g, "ts")
		r.toGo("ts", g, "after both")
	}
}

func TestAddAndRemoveBothWays(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	// Go adds a browser, which the first one follows.
	s := r.stage(g, nil, r.offer("second", 3, 1))
	r.b.do("process", args{"name": "ts", "message": s.Commit})
	r.b.do("join", args{"name": "second", "welcome": s.Welcome})
	g = r.keep(g, s)
	r.agree(g, "ts", "second")
	// The browser adds a Go member.
	who := signer(4, 1)
	p := offer(t, who)
	c := r.b.do("commit", args{"name": "second", "add": [][]byte{p.Public}})
	r.b.do("merge", args{"name": "second"})
	change, err := g.Read(c.Commit)
	if err != nil || len(change.Add) != 1 || change.Add[0].Identity != who.Identity || change.Committer.Identity != identity(3, 1) {
		t.Fatalf("Go reads the commit as %+v: %v", change, err)
	}
	r.apply(g, c.Commit)
	r.b.do("process", args{"name": "ts", "message": c.Commit})
	fourth := join(t, c.Welcome, who, p)
	r.agree(g, "ts", "second")
	r.agree(fourth, "ts")
	// Go removes a browser, which notices, and a browser removes a Go member, which notices.
	second, _ := g.Find(identity(3, 1).Device)
	g = r.goCommits(g, []string{"ts", "second"}, []uint32{second.Index})
	if info := r.b.do("info", args{"name": "second"}); info.Active != "removedFromGroup" {
		t.Errorf("the removed browser is %s", info.Active)
	}
	r.agree(g, "ts")
	if err := fourth.Apply(mustCommit(t, r, fourth, g)); err == nil {
		t.Error("a commit of an epoch that is over was applied")
	}
}

// mustCommit is a commit of the current epoch, which the given group has not reached.
func mustCommit(t *testing.T, r *room, behind, ahead *mlscore.Group) []byte {
	t.Helper()
	if behind.Epoch() == ahead.Epoch() {
		t.Fatal("both are in the same epoch")
	}
	return r.stage(ahead, nil).Commit
}

func TestTheBrowserRemovesAGoMember(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	c := r.b.do("commit", args{"name": "ts", "remove": []uint32{g.Own()}})
	change, err := g.Read(c.Commit)
	if err != nil || !change.Self {
		t.Fatalf("Go reads its own removal as %+v: %v", change, err)
	}
	if g.Apply(c.Commit) == nil {
		t.Error("a member applied its own removal")
	}
}

func TestTwoDevicesOfOnePerson(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	s := r.stage(g, nil, r.offer("phone", 1, 2))
	r.b.do("process", args{"name": "ts", "message": s.Commit})
	r.b.do("join", args{"name": "phone", "welcome": s.Welcome})
	g = r.keep(g, s)
	r.agree(g, "ts", "phone")
	r.toGo("phone", g, "from the second device")
	// Both go in one commit.
	first, _ := g.Find(identity(1, 1).Device)
	second, _ := g.Find(identity(1, 2).Device)
	g = r.keep(g, r.stage(g, []uint32{first.Index, second.Index}))
	if roster, _ := g.Roster(); len(roster) != 1 {
		t.Errorf("%d leaves are left", len(roster))
	}
}

// TestRejoin: a browser that has lost its state is removed and added again. With the same
// signature key it takes two commits, because mls-go looks for doubles before it removes.
func TestRejoin(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	s := r.stage(g, nil, r.offer("other", 3, 1))
	r.b.do("process", args{"name": "ts", "message": s.Commit})
	r.b.do("join", args{"name": "other", "welcome": s.Welcome})
	g = r.keep(g, s)
	lost, _ := g.Find(identity(1, 1).Device)
	again := r.offer("ts", 1, 1)
	if _, err := g.Stage([]uint32{lost.Index}, [][]byte{again}); err == nil {
		t.Fatal("mls-go now takes Remove and Add of one key in one commit: let the recorder use it")
	}
	g = r.goCommits(g, []string{"other"}, []uint32{lost.Index})
	s = r.stage(g, nil, again)
	r.b.do("process", args{"name": "other", "message": s.Commit})
	r.b.do("join", args{"name": "ts", "welcome": s.Welcome})
	g = r.keep(g, s)
	r.agree(g, "ts", "other")
	r.toGo("ts", g, "back again")
}

// TestOneCommitThatRemovesAndAddsADevice: a browser could make such a commit, and Go could not
// follow it. It is refused as a whole, and chat.md forbids it.
func TestOneCommitThatRemovesAndAddsADevice(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	s := r.stage(g, nil, r.offer("other", 3, 1))
	r.b.do("process", args{"name": "ts", "message": s.Commit})
	g = r.keep(g, s)
	lost, _ := g.Find(identity(3, 1).Device)
	c := r.b.do("commit", args{"name": "ts", "remove": []uint32{lost.Index}, "add": [][]byte{r.offer("other", 3, 1)}})
	if err := g.Apply(c.Commit); mlscore.CauseOf(err) != mlscore.Refused {
		t.Fatalf("Go says %v: if it follows now, rejoins can be one commit again", err)
	}
	c = r.b.do("commit", args{"name": "ts", "remove": []uint32{lost.Index}})
	r.apply(g, c.Commit)
	r.b.do("merge", args{"name": "ts"})
	r.agree(g, "ts")
}

// TestRejoinWithANewKey takes one commit.
func TestRejoinWithANewKey(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	lost, _ := g.Find(identity(1, 1).Device)
	again := r.b.do("package", args{"name": "ts", "identity": identity(1, 1).String(), "fresh": true}).Package
	s := r.stage(g, []uint32{lost.Index}, again)
	r.b.do("join", args{"name": "ts", "welcome": s.Welcome})
	g = r.keep(g, s)
	r.agree(g, "ts")
	r.toTS(g, "ts", "welcome back")
}

func TestLastResortPackages(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	p := r.b.do("package", args{"name": "late", "identity": identity(3, 1).String(), "lastResort": true}).Package
	s := r.stage(g, nil, p)
	r.b.do("process", args{"name": "ts", "message": s.Commit})
	r.b.do("join", args{"name": "late", "welcome": s.Welcome})
	g = r.keep(g, s)
	who := signer(4, 1)
	mine, err := mlscore.NewPackage(who, time.Now(), 20*24*time.Hour, true)
	if err != nil {
		t.Fatal(err)
	}
	c := r.b.do("commit", args{"name": "late", "add": [][]byte{mine.Public}})
	r.b.do("merge", args{"name": "late"})
	r.apply(g, c.Commit)
	r.agree(join(t, c.Welcome, who, mine), "late")
}

func TestMessagesOutOfOrder(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	var fromTS, fromGo [][]byte
	for i := range 6 {
		fromTS = append(fromTS, r.b.do("send", args{"name": "ts", "text": fmt.Appendf(nil, "ts %d", i), "aad": aad}).Message)
		fromGo = append(fromGo, r.seal(g, fmt.Sprintf("go %d", i)))
	}
	for _, i := range []int{3, 0, 5, 1, 2} { // 4 never arrives
		r.read(g, fromTS[i], fmt.Sprintf("ts %d", i))
		r.show("ts", fromGo[i], fmt.Sprintf("go %d", i), g.Own())
	}
	for _, i := range []int{0, 5} {
		if _, err := g.Open(fromTS[i]); mlscore.CauseOf(err) != mlscore.Replay && mlscore.CauseOf(err) != mlscore.Signature {
			t.Errorf("Go opened message %d twice: %v", i, err)
		}
		if _, err := r.b.try("open", args{"name": "ts", "message": fromGo[i]}); err == nil {
			t.Errorf("the browser opened message %d twice", i)
		}
	}
}

func TestManySkipped(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	var last []byte
	for range 301 {
		last = r.seal(g, "one of many")
	}
	r.show("ts", last, "one of many", g.Own())
	for range 301 {
		last = r.b.do("send", args{"name": "ts", "text": []byte("one of many"), "aad": aad}).Message
	}
	r.read(g, last, "one of many")
}

func TestMessagesOfTheEpochBefore(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	lateTS := r.b.do("send", args{"name": "ts", "text": []byte("late"), "aad": aad}).Message
	lateGo := r.seal(g, "late too")
	g = r.goCommits(g, []string{"ts"}, nil)
	r.read(g, lateTS, "late")
	r.show("ts", lateGo, "late too", g.Own())
	if _, err := g.Open(lateTS); err == nil {
		t.Error("Go opened a message of the epoch before twice")
	}
	older := r.b.do("send", args{"name": "ts", "text": []byte("too old"), "aad": aad}).Message
	g = r.goCommits(g, []string{"ts"}, nil)
	g = r.goCommits(g, []string{"ts"}, nil)
	if _, err := g.Open(older); mlscore.CauseOf(err) != mlscore.Epoch {
		t.Errorf("two epochs late: %v", err)
	}
}

func TestExporter(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	mine, err := g.Export("hub/call/v1", []byte("call"), 16)
	if err != nil {
		t.Fatal(err)
	}
	theirs := r.b.do("export", args{"name": "ts", "label": "hub/call/v1", "context": []byte("call"), "length": 16}).Secret
	if !bytes.Equal(mine, theirs) {
		t.Error("the exported secrets differ")
	}
}

func TestStateSurvives(t *testing.T) {
	t.Parallel()
	r := newRoom(t)
	s := signer(2, 1)
	g, err := mlscore.Create(r.id, s, offer(t, s))
	if err != nil {
		t.Fatal(err)
	}
	g = r.goCommits(g, nil, nil, r.offer("ts", 1, 1))
	for range 3 {
		read := r.b.do("send", args{"name": "ts", "text": []byte("read before"), "aad": aad}).Message
		r.read(g, read, "read before")
		late := r.b.do("send", args{"name": "ts", "text": []byte("late"), "aad": aad}).Message
		g = r.restart(g, s, "ts")
		if _, err := g.Open(read); err == nil {
			t.Fatal("after a restart a message is opened again")
		}
		r.toTS(g, "ts", "after a restart")
		g = r.restart(r.goCommits(g, []string{"ts"}, nil), s, "ts")
		r.read(g, late, "late")
		c := r.b.do("commit", args{"name": "ts"})
		r.apply(g, c.Commit)
		r.b.do("merge", args{"name": "ts"})
		r.agree(g, "ts")
	}
}

func TestRaceLostByEither(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	// Both commit in the same epoch; the browser's wins.
	mine := r.stage(g, nil)
	theirs := r.b.do("commit", args{"name": "ts"})
	r.apply(g, theirs.Commit)
	r.b.do("merge", args{"name": "ts"})
	if g.Apply(mine.Commit) == nil {
		t.Error("the losing commit was applied")
	}
	r.agree(g, "ts")
	// The other way round.
	r.b.do("commit", args{"name": "ts"})
	g = r.goCommits(g, []string{"ts"}, nil)
	r.agree(g, "ts")
	r.toGo("ts", g, "after the races")
}

func TestFlippedBits(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	mine := r.stage(g, nil)
	theirs := r.b.do("commit", args{"name": "ts"})
	for i := range 16 {
		bad := bytes.Clone(theirs.Commit)
		bad[len(bad)*i/16] ^= 0x10
		if g.Apply(bad) == nil {
			t.Errorf("Go took a commit with a bit flipped in byte %d", len(bad)*i/16)
		}
		bad = bytes.Clone(mine.Commit)
		bad[len(bad)*i/16] ^= 0x10
		if _, err := r.b.try("process", args{"name": "ts", "message": bad}); err == nil {
			t.Errorf("the browser took a commit with a bit flipped in byte %d", len(bad)*i/16)
		}
	}
	r.apply(g, theirs.Commit)
	r.b.do("merge", args{"name": "ts"})
	r.agree(g, "ts")
}

// TestPrivateCommit: rooms have public commits only, since the hub must see who comes and
// goes; both libraries could do otherwise.
func TestPrivateCommit(t *testing.T) {
	t.Parallel()
	r, g := byTS(t)
	c := r.b.do("commit", args{"name": "ts", "private": true})
	if err := g.Apply(c.Commit); mlscore.CauseOf(err) != mlscore.Format {
		t.Errorf("a private commit: %v", err)
	}
}
