package recorder

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/devicelog"
	"github.com/wardline/wardline/recorder/mlscore"
)

// person is somebody with devices and an account key.
type person struct {
	h       *fakeHub
	user    hub.UserID
	account ed25519.PrivateKey
	log     *devicelog.Log
}

// phone is one device of a person, doing what a browser does.
type phone struct {
	p        *person
	signer   mlscore.Signer
	packages []mlscore.Package
	rooms    map[hub.RoomID]*view
}

// view is a phone's view of a room.
type view struct {
	group  *mlscore.Group
	at     int64
	infos  []payload // of anybody, in order
	house  bool      // the recorder leads here
	broken int
	heard  map[string]int64 // by run: last number
	gaps   int
}

func (h *fakeHub) person() *person {
	_, key, _ := ed25519.GenerateKey(nil)
	p := &person{h: h, user: hub.NewID[hub.UserID](), account: key}
	p.log = &devicelog.Log{Clinic: h.clinic, User: p.user}
	return p
}

// phone is a certified device of a new person.
func (h *fakeHub) phone() *phone { return h.person().phone(true) }

// phone registers one more device of a person.
func (p *person) phone(certified bool) *phone {
	p.h.t.Helper()
	_, key, _ := ed25519.GenerateKey(nil)
	device := hub.NewID[hub.DeviceID]()
	d := &phone{p: p, rooms: map[hub.RoomID]*view{}}
	d.signer = mlscore.Signer{Identity: mlscore.Identity{Clinic: string(p.h.clinic), User: string(p.user), Device: string(device)}, Key: key}
	p.h.mu.Lock()
	p.h.devices[device] = &fakeDevice{id: device, user: p.user, sign: key.Public().(ed25519.PublicKey)}
	p.h.mu.Unlock()
	if certified {
		p.certify(d)
	}
	d.offer(5)
	return d
}

// certify appends the entry that names a device.
func (p *person) certify(d *phone) {
	p.h.t.Helper()
	make := p.log.AddDevice
	if p.log.N == 0 {
		make = p.log.Start
	}
	p.append(make(p.account, d.keys(), time.Now()))
}

func (p *person) append(e devicelog.Entry, err error) {
	p.h.t.Helper()
	if err != nil {
		p.h.t.Fatal(err)
	}
	known := []devicelog.Entry{e}
	if p.log.N > 0 {
		known = []devicelog.Entry{p.entries()[p.log.N-1], e}
	}
	next, err := p.log.Extend(known)
	if err != nil {
		p.h.t.Fatal(err)
	}
	p.log = next
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	p.h.logs[p.user] = append(p.h.logs[p.user], e)
	p.h.tell()
}

func (p *person) entries() []devicelog.Entry {
	p.h.mu.Lock()
	defer p.h.mu.Unlock()
	return slices.Clone(p.h.logs[p.user])
}

func (d *phone) id() hub.DeviceID { return hub.DeviceID(d.signer.Identity.Device) }

func (d *phone) keys() devicelog.Keys {
	kem := make([]byte, 1216)
	rand.Read(kem)
	return devicelog.Keys{Device: d.id(), Sign: d.signer.Key.Public().(ed25519.PublicKey), KEM: kem}
}

func (d *phone) newPackage() mlscore.Package {
	p, err := mlscore.NewPackage(d.signer, time.Now(), 20*24*time.Hour, false)
	if err != nil {
		d.p.h.t.Fatal(err)
	}
	d.packages = append(d.packages, p)
	return p
}

// offer puts key packages into the pool.
func (d *phone) offer(n int) {
	var out [][]byte
	for range n {
		out = append(out, d.newPackage().Public)
	}
	d.p.h.mu.Lock()
	defer d.p.h.mu.Unlock()
	dev := d.p.h.devices[d.id()]
	dev.packages = append(dev.packages, out...)
}

// begin makes a room with the devices of others and the recorder.
func (d *phone) begin(others ...*phone) hub.RoomID {
	h := d.p.h
	h.t.Helper()
	id := hub.NewID[hub.RoomID]()
	g, err := mlscore.Create(idBytes(id), d.signer, d.newPackage())
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	m := &fakeRoom{id: id, tree: []hub.DeviceID{d.id()}, welcomes: map[hub.DeviceID]client.Welcome{}, members: []hub.UserID{d.p.user}}
	var add [][]byte
	for _, o := range others {
		if !slices.Contains(m.members, o.p.user) {
			m.members = append(m.members, o.p.user)
		}
		p, _ := h.take(o.id())
		add = append(add, p)
	}
	for _, r := range h.devices {
		if r.user == h.recorder {
			p, ok := h.take(r.id)
			if !ok {
				h.t.Fatal("the recorder has offered no key packages")
			}
			add = append(add, p)
		}
	}
	s, err := g.Stage(nil, add)
	if err != nil {
		h.t.Fatal(err)
	}
	h.rooms[id] = m
	if _, err := h.admit(id, d.id(), hub.NewID[string](), s.Commit, s.Welcome); err != nil {
		h.t.Fatal(err)
	}
	if err := g.Become(s.Next); err != nil {
		h.t.Fatal(err)
	}
	d.rooms[id] = &view{group: g, at: 1, heard: map[string]int64{}}
	return id
}

// commit makes a commit and posts it; false if another was faster.
func (d *phone) commit(room hub.RoomID, remove []uint32, add ...[]byte) bool {
	h := d.p.h
	h.t.Helper()
	d.sync(room)
	v := d.rooms[room]
	s, err := v.group.Stage(remove, add)
	if err != nil {
		h.t.Fatal(err)
	}
	h.mu.Lock()
	_, err = h.admit(room, d.id(), hub.NewID[string](), s.Commit, s.Welcome)
	at := int64(len(h.rooms[room].items))
	h.mu.Unlock()
	if err != nil {
		return false
	}
	for v.at < at-1 {
		d.next(room) // messages between the last look and the commit
	}
	if err := v.group.Become(s.Next); err != nil {
		h.t.Fatal(err)
	}
	v.at = at
	return true
}

// say sends a message, again and again until it gets in.
func (d *phone) say(room hub.RoomID, text string) {
	h := d.p.h
	h.t.Helper()
	id := hub.NewID[string]()
	for range 100 {
		d.sync(room)
		g := d.rooms[room].group
		body, err := g.Seal([]byte(text), []byte(string(room)+"/"+id))
		if err != nil {
			h.t.Fatal(err)
		}
		h.mu.Lock()
		_, code := h.send(room, d.id(), id, g.Epoch(), body)
		h.mu.Unlock()
		if code == "" {
			return
		}
	}
	h.t.Fatal("a message never got in")
}

// inform says who should be in the room.
func (d *phone) inform(room hub.RoomID, n int64, title string, members ...*person) {
	var users []hub.UserID
	for _, p := range members {
		users = append(users, p.user)
	}
	b, err := json.Marshal(struct {
		payloadHead
		info
	}{payloadHead{1, "info", "aaaaaaaa" + string(d.id())[:8], n}, info{Title: title, Members: users}})
	if err != nil {
		d.p.h.t.Fatal(err)
	}
	d.say(room, string(b))
}

// sync reads everything new in a room.
func (d *phone) sync(room hub.RoomID) {
	for d.next(room) {
	}
}

// next reads one item; false if there is none.
func (d *phone) next(room hub.RoomID) bool {
	h := d.p.h
	v := d.rooms[room]
	if v == nil {
		v = &view{heard: map[string]int64{}}
		d.rooms[room] = v
	}
	h.mu.Lock()
	m := h.rooms[room]
	if int64(len(m.items)) <= v.at {
		h.mu.Unlock()
		return false
	}
	it, w := m.items[v.at], m.welcomes[d.id()]
	h.mu.Unlock()
	v.at = it.Seq
	if slices.Contains(it.audience, d.id()) {
		if err := d.read(v, it, w); err != nil {
			h.t.Errorf("device %s, item %d: %v", d.id(), it.Seq, err)
		}
	}
	return true
}

func (d *phone) read(v *view, it fakeItem, w client.Welcome) (err error) {
	switch {
	case it.Kind == messaging.ItemCommit && slices.Contains(it.added, d.id()):
		if w.Seq != it.Seq {
			return nil // history: a later welcome counts
		}
		v.group, _, err = mlscore.Join(w.Body, d.signer, d.packages)
		return err
	case v.group == nil:
		return nil
	case it.Kind == messaging.ItemCommit:
		return d.follow(v, it)
	case it.Kind == messaging.ItemMessage && it.From != d.id():
		m, err := v.group.Open(it.Body)
		if err != nil {
			v.broken++
			return err
		}
		var p payload
		var led struct{ House bool }
		if json.Unmarshal(m.Text, &p) == nil && p.T == "info" && json.Unmarshal(m.Text, &led) == nil {
			v.house = led.House
			v.infos = append(v.infos, p)
			if last, known := v.heard[p.Run]; known && p.N != last+1 {
				v.gaps++
			}
			v.heard[p.Run] = p.N
		}
	}
	return nil
}

func (d *phone) follow(v *view, it fakeItem) error {
	c, err := v.group.Read(it.Body)
	if err != nil {
		return err
	}
	if c.Self {
		v.group = nil
		return nil
	}
	if c.Committer.Index == v.group.Own() {
		return errors.New("a commit of mine that I do not know")
	}
	for _, a := range c.Add {
		if v.house && !slices.Contains(v.infos[len(v.infos)-1].Members, hub.UserID(a.Identity.User)) {
			return errors.New("somebody was added whom nobody had named")
		}
	}
	return v.group.Apply(it.Body)
}

// askRejoin forgets the room and asks to be added again, with a new package.
func (d *phone) askRejoin(room hub.RoomID) {
	d.sync(room)
	v := d.rooms[room]
	v.group = nil
	p := d.newPackage()
	h := d.p.h
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.rooms[room]
	m.rejoin = append(m.rejoin, client.KeyPackage{User: d.p.user, Device: d.id(), Package: p.Public})
	h.tell()
}

// lock takes a device out of use.
func (h *fakeHub) lock(d *phone) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.devices[d.id()].gone = true
}

// join makes somebody a member by the hub's word alone.
func (h *fakeHub) join(room hub.RoomID, p *person) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.rooms[room]
	if !slices.Contains(m.members, p.user) {
		m.members = append(m.members, p.user)
	}
}

// part ends a membership, with the line that says so.
func (h *fakeHub) part(room hub.RoomID, p *person) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m := h.rooms[room]
	m.members = slices.DeleteFunc(m.members, func(u hub.UserID) bool { return u == p.user })
	h.append(m, fakeItem{Item: client.Item{Room: room, ID: hub.NewID[string](), Kind: messaging.ItemLine,
		Body: fmt.Appendf(nil, `{"act":"removed","by":"%s","users":["%s"]}`, p.user, p.user)}, audience: m.inTree()})
}

// inTree reports whether exactly these devices and the recorder's are in a room.
func (h *fakeHub) inTree(room hub.RoomID, want ...*phone) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	tree := h.rooms[room].inTree()
	n := len(want)
	for _, d := range want {
		if !slices.Contains(tree, d.id()) {
			return false
		}
	}
	for _, id := range tree {
		if h.devices[id].user == h.recorder {
			n++
		}
	}
	return n == len(tree)
}

func (h *fakeHub) has(room hub.RoomID, d *phone) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.rooms[room].tree, d.id())
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain until %s", what)
		}
		time.Sleep(2 * time.Millisecond) // the pause of a poll, not a wait for something to have happened
	}
}
