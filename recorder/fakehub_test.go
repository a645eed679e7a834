package recorder

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/gorilla/websocket"
	"github.com/thomas-vilte/mls-go/framing"
	"github.com/thomas-vilte/mls-go/group"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/devicelog"
	"github.com/wardline/wardline/recorder/mlscore"
)

// fakeHub is as much of the hub as the recorder meets: it keeps everything in memory, admits
// one commit per epoch, and can be told to lie.
type fakeHub struct {
	t     *testing.T
	srv   *httptest.Server
	token string

	clinic   hub.ClinicID
	recorder hub.UserID

	mu       sync.Mutex
	session  map[string]hub.DeviceID // "" until a device is attached
	devices  map[hub.DeviceID]*fakeDevice
	logs     map[hub.UserID][]devicelog.Entry
	rooms    map[hub.RoomID]*fakeRoom
	houses   map[hub.RoomID]*client.House // rooms that follow, and who is wanted there
	conns    map[*fakeConn]bool
	changed  chan struct{}
	faults   []client.Fault
	acked    map[hub.RoomID]int64
	claimed  []hub.DeviceID
	refusals int // commits refused by epoch
	asked    int // for upkeep
	refuse   int // this many commits, whatever they are

	lieLog   func(user hub.UserID, after int64) ([]devicelog.Entry, bool)
	lieClaim func(d hub.DeviceID) ([]byte, bool)

	lieCommit bool // answers a commit that is taken as one that is not, once
}

type fakeDevice struct {
	id       hub.DeviceID
	user     hub.UserID
	sign     []byte
	gone     bool // locked or revoked
	packages [][]byte
	last     []byte
}

type fakeRoom struct {
	id       hub.RoomID
	members  []hub.UserID
	items    []fakeItem
	epoch    int64
	tree     []hub.DeviceID // by leaf; "" is blank
	moved    bool           // by the last commit: a leaf came or went
	welcomes map[hub.DeviceID]client.Welcome
	rejoin   []client.KeyPackage
}

type fakeItem struct {
	client.Item
	audience []hub.DeviceID
	added    []hub.DeviceID
}

func newFakeHub(t *testing.T) *fakeHub {
	t.Helper()
	h := &fakeHub{
		t: t, clinic: hub.NewID[hub.ClinicID](), recorder: hub.NewID[hub.UserID](),
		token: filepath.Join(t.TempDir(), "recorder.token"), session: map[string]hub.DeviceID{},
		devices: map[hub.DeviceID]*fakeDevice{}, logs: map[hub.UserID][]devicelog.Entry{}, rooms: map[hub.RoomID]*fakeRoom{}, houses: map[hub.RoomID]*client.House{},
		conns: map[*fakeConn]bool{}, changed: make(chan struct{}), acked: map[hub.RoomID]int64{},
	}
	if err := os.WriteFile(h.token, []byte("one time\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.srv = httptest.NewServer(h.routes())
	t.Cleanup(func() {
		h.cutOff()
		h.srv.CloseClientConnections()
		h.srv.Close()
	})
	return h
}

func (h *fakeHub) routes() http.Handler {
	mux := http.NewServeMux()
	on := func(pattern string, f func(r *http.Request, device hub.DeviceID) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			h.mu.Lock()
			defer h.mu.Unlock()
			c, err := r.Cookie("__Host-wardline")
			var device hub.DeviceID
			if err == nil {
				var known bool
				if device, known = h.session[c.Value]; !known {
					err = http.ErrNoCookie
				}
			}
			if err != nil {
				answer(w, nil, hub.E("fake", hub.Unauthenticated, "expired", ""))
				return
			}
			got, err := f(r, device)
			answer(w, got, err)
		})
	}
	mux.HandleFunc("POST /api/v1/auth/link", h.link)
	on("GET /api/v1/me", func(r *http.Request, d hub.DeviceID) (any, error) { return h.me(d), nil })
	on("GET /api/v1/devices", func(*http.Request, hub.DeviceID) (any, error) { return h.ownDevices(), nil })
	on("POST /api/v1/devices", h.addDevice)
	on("GET /api/v1/users/{id}/log", h.readLog)
	on("POST /api/v1/log", h.appendLog)
	on("GET /api/v1/keypackages", func(_ *http.Request, d hub.DeviceID) (any, error) {
		return map[string]int{"count": len(h.devices[d].packages)}, nil
	})
	on("POST /api/v1/keypackages", h.putPackages)
	on("POST /api/v1/keypackages/claim", h.claim)
	on("GET /api/v1/rooms/{id}/welcome", h.welcome)
	on("POST /api/v1/rooms", h.createRoom)
	on("POST /api/v1/rooms/{id}/commits", h.postCommit)
	on("GET /api/v1/upkeep", func(*http.Request, hub.DeviceID) (any, error) {
		h.asked++
		return list(h.upkeep()), nil
	})
	on("POST /api/v1/faults", func(r *http.Request, _ hub.DeviceID) (any, error) {
		var in struct{ Items []client.Fault }
		err := json.NewDecoder(r.Body).Decode(&in)
		h.faults = append(h.faults, in.Items...)
		return nil, err
	})
	mux.HandleFunc("GET /api/v1/stream", h.stream)
	return mux
}

func list[T any](items []T) map[string][]T { return map[string][]T{"items": items} }

func answer(w http.ResponseWriter, body any, err error) {
	if err != nil {
		status := map[hub.Kind]int{hub.Unauthenticated: 401, hub.Forbidden: 403, hub.NotFound: 404, hub.Conflict: 409, hub.Invalid: 422}[hub.KindOf(err)]
		w.WriteHeader(max(status, 400))
		json.NewEncoder(w).Encode(map[string]string{"code": codeOf(err)})
		return
	}
	json.NewEncoder(w).Encode(body)
}

func (h *fakeHub) me(d hub.DeviceID) any {
	return map[string]any{"user_id": h.recorder, "device_id": d, "clinic": map[string]any{"id": h.clinic}}
}

func (h *fakeHub) link(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	secret := strconv.Itoa(len(h.session) + 1)
	h.session[secret] = ""
	http.SetCookie(w, &http.Cookie{Name: "__Host-wardline", Value: secret, Secure: true, Path: "/"})
	answer(w, h.me(""), nil)
}

func (h *fakeHub) ownDevices() any {
	var out []client.Device
	for _, d := range h.devices {
		if d.user == h.recorder {
			out = append(out, client.Device{ID: d.id, SignPublic: d.sign})
		}
	}
	return list(out)
}

func (h *fakeHub) addDevice(r *http.Request, _ hub.DeviceID) (any, error) {
	var in struct {
		Device hub.DeviceID `json:"device_id"`
		KEM    []byte       `json:"kem_public"`
		Sign   []byte       `json:"sign_public"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	if in.Device == "" {
		if len(in.KEM) != 1216 || len(in.Sign) != 32 {
			return nil, hub.E("fake", hub.Invalid, "keys", "")
		}
		in.Device = hub.NewID[hub.DeviceID]()
		h.devices[in.Device] = &fakeDevice{id: in.Device, user: h.recorder, sign: in.Sign}
	}
	c, _ := r.Cookie("__Host-wardline")
	h.session[c.Value] = in.Device
	return map[string]any{"device_id": in.Device}, nil
}

func (h *fakeHub) readLog(r *http.Request, _ hub.DeviceID) (any, error) {
	user := hub.UserID(r.PathValue("id"))
	after, _ := strconv.ParseInt(r.URL.Query().Get("after"), 10, 64)
	if h.lieLog != nil {
		if entries, lie := h.lieLog(user, after); lie {
			return list(entries), nil
		}
	}
	return list(h.logs[user][min(after, int64(len(h.logs[user]))):]), nil
}

func (h *fakeHub) appendLog(r *http.Request, d hub.DeviceID) (any, error) {
	var e devicelog.Entry
	if err := json.NewDecoder(r.Body).Decode(&e); err != nil {
		return nil, err
	}
	user := h.devices[d].user
	e.N = int64(len(h.logs[user]) + 1)
	known, err := (&devicelog.Log{Clinic: h.clinic, User: user}).Extend(append(slices.Clone(h.logs[user]), e))
	if err != nil || known.N != e.N {
		return nil, hub.E("fake", hub.Conflict, "log", "")
	}
	h.logs[user] = append(h.logs[user], e)
	return map[string]int64{"n": e.N}, nil
}

func (h *fakeHub) putPackages(r *http.Request, d hub.DeviceID) (any, error) {
	var in struct {
		Packages [][]byte `json:"packages"`
		Last     []byte   `json:"last_resort"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	for _, p := range in.Packages {
		if o, err := mlscore.ReadPackage(p); err != nil || o.Identity.Device != string(d) {
			return nil, hub.E("fake", hub.Invalid, "package", "")
		}
	}
	h.devices[d].packages = append(h.devices[d].packages, in.Packages...)
	if in.Last != nil {
		h.devices[d].last = in.Last
	}
	h.tell()
	return nil, nil
}

func (h *fakeHub) claim(r *http.Request, _ hub.DeviceID) (any, error) {
	var in struct{ Devices []hub.DeviceID }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	var out []client.KeyPackage
	for _, id := range in.Devices {
		h.claimed = append(h.claimed, id)
		if p, ok := h.take(id); ok {
			out = append(out, client.KeyPackage{User: h.devices[id].user, Device: id, Package: p})
		}
	}
	return list(out), nil
}

// take gives out a key package of a device, once.
func (h *fakeHub) take(id hub.DeviceID) ([]byte, bool) {
	if h.lieClaim != nil {
		if p, lie := h.lieClaim(id); lie {
			return p, true
		}
	}
	d := h.devices[id]
	if d == nil || d.gone {
		return nil, false
	}
	if len(d.packages) == 0 {
		return d.last, d.last != nil
	}
	p := d.packages[0]
	d.packages = d.packages[1:]
	return p, true
}

func (h *fakeHub) welcome(r *http.Request, d hub.DeviceID) (any, error) {
	m := h.rooms[hub.RoomID(r.PathValue("id"))]
	if m == nil {
		return nil, hub.E("fake", hub.NotFound, "", "")
	}
	w, ok := m.welcomes[d]
	if !ok {
		return nil, hub.E("fake", hub.NotFound, "", "")
	}
	return w, nil
}

func (h *fakeHub) postCommit(r *http.Request, d hub.DeviceID) (any, error) {
	var in struct {
		ID      string
		Body    []byte
		Welcome []byte
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	if h.refuse > 0 {
		h.refuse--
		return nil, hub.E("fake", hub.Invalid, "package", "")
	}
	done, err := h.admit(hub.RoomID(r.PathValue("id")), d, in.ID, in.Body, in.Welcome)
	if err == nil && h.lieCommit {
		h.lieCommit = false
		return nil, hub.E("fake", hub.Invalid, "proposal", "")
	}
	return done, err
}

// createRoom makes a room of the house.
func (h *fakeHub) createRoom(r *http.Request, d hub.DeviceID) (any, error) {
	var in struct {
		ID      hub.RoomID
		Kind    string
		Members []hub.UserID
		Commit  struct {
			ID   string
			Body []byte
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	house := h.houses[in.ID]
	if house == nil || in.Kind != "group" || len(in.Members) != 1 {
		return nil, hub.E("fake", hub.Conflict, "taken", "")
	}
	if h.refuse > 0 {
		h.refuse--
		return nil, hub.E("fake", hub.Invalid, "package", "")
	}
	if h.rooms[in.ID] == nil {
		h.rooms[in.ID] = &fakeRoom{id: in.ID, tree: []hub.DeviceID{d}, welcomes: map[hub.DeviceID]client.Welcome{}, members: house.Members}
	}
	return h.admit(in.ID, d, in.Commit.ID, in.Commit.Body, nil)
}

// admit takes a commit into a room, if it is the first of its epoch. h.mu is held.
func (h *fakeHub) admit(id hub.RoomID, by hub.DeviceID, item string, body, welcome []byte) (any, error) {
	m := h.rooms[id]
	if m == nil {
		return nil, hub.E("fake", hub.NotFound, "room", "")
	}
	for _, it := range m.items {
		if it.ID == item {
			return map[string]int64{"seq": it.Seq, "epoch": it.Epoch + 1}, nil
		}
	}
	msg, err := framing.UnmarshalMLSMessage(body)
	if err != nil {
		return nil, hub.E("fake", hub.Invalid, "malformed", "")
	}
	pm, ok := msg.AsPublic()
	if !ok {
		return nil, hub.E("fake", hub.Invalid, "malformed", "")
	}
	if int64(pm.Content.Epoch) != m.epoch {
		h.refusals++
		return nil, hub.E("fake", hub.Conflict, "epoch", "")
	}
	leaf := int(pm.Content.Sender.LeafIndex)
	if leaf >= len(m.tree) || m.tree[leaf] != by {
		return nil, hub.E("fake", hub.Forbidden, "sender", "")
	}
	added, gone, err := m.apply(pm)
	if err != nil || (len(added) > 0) != (welcome != nil) {
		return nil, hub.E("fake", hub.Invalid, "proposal", "%v", err)
	}
	it := fakeItem{Item: client.Item{Room: id, ID: item, Kind: messaging.ItemCommit, From: by, User: h.devices[by].user, Epoch: m.epoch, Body: body}}
	it.audience, it.added = append(m.inTree(), gone...), added
	m.epoch++
	m.moved = len(gone)+len(added) > 0
	h.append(m, it)
	for _, d := range added {
		m.welcomes[d] = client.Welcome{Seq: int64(len(m.items)), Body: welcome}
		m.rejoin = slices.DeleteFunc(m.rejoin, func(k client.KeyPackage) bool { return k.Device == d })
	}
	return map[string]int64{"seq": int64(len(m.items)), "epoch": m.epoch}, nil
}

// apply moves the leaves as the commit does.
func (m *fakeRoom) apply(pm *framing.PublicMessage) (added, gone []hub.DeviceID, err error) {
	commit, err := group.UnmarshalCommit(pm.Content.Body.(framing.CommitBody).Data)
	if err != nil {
		return nil, nil, err
	}
	tree := slices.Clone(m.tree)
	for _, p := range commit.Proposals {
		if p.Proposal.Type == group.ProposalTypeRemove {
			i := int(p.Proposal.Remove.Removed)
			if i >= len(tree) || tree[i] == "" {
				return nil, nil, fmt.Errorf("no leaf %d", i)
			}
			gone, tree[i] = append(gone, tree[i]), ""
		}
	}
	for _, p := range commit.Proposals {
		if p.Proposal.Type != group.ProposalTypeAdd {
			continue
		}
		id, err := mlscore.ParseIdentity(p.Proposal.Add.KeyPackage.LeafNode.Credential.Identity)
		if err != nil || slices.Contains(tree, hub.DeviceID(id.Device)) {
			return nil, nil, fmt.Errorf("add of %s", id.Device)
		}
		if at := slices.Index(tree, ""); at >= 0 {
			tree[at] = hub.DeviceID(id.Device)
		} else {
			tree = append(tree, hub.DeviceID(id.Device))
		}
		added = append(added, hub.DeviceID(id.Device))
	}
	m.tree = tree
	return added, gone, nil
}

func (m *fakeRoom) inTree() []hub.DeviceID {
	return slices.DeleteFunc(slices.Clone(m.tree), func(d hub.DeviceID) bool { return d == "" })
}

// append numbers an item. h.mu is held.
func (h *fakeHub) append(m *fakeRoom, it fakeItem) int64 {
	it.Seq = int64(len(m.items) + 1)
	m.items = append(m.items, it)
	h.tell()
	return it.Seq
}

// tell wakes whoever waits for news. h.mu is held.
func (h *fakeHub) tell() {
	close(h.changed)
	h.changed = make(chan struct{})
}

// send takes a message into a room. h.mu is held.
func (h *fakeHub) send(id hub.RoomID, by hub.DeviceID, item string, epoch int64, body []byte) (seq int64, code string) {
	m := h.rooms[id]
	if m == nil {
		return 0, "room"
	}
	for _, it := range m.items {
		if it.ID == item {
			return it.Seq, ""
		}
	}
	if epoch != m.epoch && (epoch != m.epoch-1 || m.moved) {
		return 0, "epoch"
	}
	return h.append(m, fakeItem{
		Item:     client.Item{Room: id, ID: item, Kind: messaging.ItemMessage, From: by, User: h.devices[by].user, Epoch: epoch, Body: body},
		audience: m.inTree(),
	}), ""
}

// upkeep compares who should be in the trees with who is.
func (h *fakeHub) upkeep() []client.Upkeep {
	var out []client.Upkeep
	for _, m := range h.rooms {
		u := client.Upkeep{Room: m.id, Rejoin: slices.Clone(m.rejoin)}
		for i, id := range m.tree {
			if id == "" {
				continue
			}
			d := h.devices[id]
			if d.gone || d.user != h.recorder && !slices.Contains(m.members, d.user) {
				u.Remove = append(u.Remove, client.Leaf{Leaf: uint32(i), User: d.user, Device: id})
			}
		}
		for id, d := range h.devices {
			if !d.gone && slices.Contains(m.members, d.user) && !slices.Contains(m.tree, id) {
				u.Missing = append(u.Missing, id)
			}
		}
		if house := h.houses[m.id]; house != nil {
			u.House = &client.House{Title: house.Title, Members: slices.Clone(m.members)}
		}
		if u.Remove != nil || u.Missing != nil || u.Rejoin != nil || u.House != nil {
			out = append(out, u)
		}
	}
	for id, house := range h.houses {
		if h.rooms[id] == nil {
			out = append(out, client.Upkeep{Room: id, House: &client.House{Title: house.Title, Members: []hub.UserID{}, Begin: true}})
		}
	}
	return out
}

// fakeConn is the recorder's connection.
type fakeConn struct {
	h      *fakeHub
	ws     *websocket.Conn
	device hub.DeviceID
	at     map[hub.RoomID]int64
	notes  []any
	ready  bool
	gone   bool
}

func (h *fakeHub) stream(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{Subprotocols: []string{"wardline.v1"}}
	cookie, err := r.Cookie("__Host-wardline")
	if err != nil || r.Header.Get("Origin") != h.srv.URL {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	h.mu.Lock()
	device := h.session[cookie.Value]
	h.mu.Unlock()
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	var hello struct {
		T      string
		Device hub.DeviceID
		Cursor map[hub.RoomID]int64
	}
	if ws.ReadJSON(&hello) != nil || hello.T != "hello" || hello.Device != device || device == "" {
		return
	}
	c := &fakeConn{h: h, ws: ws, device: device, at: hello.Cursor}
	if c.at == nil {
		c.at = map[hub.RoomID]int64{}
	}
	h.mu.Lock()
	h.conns[c] = true
	for room, seq := range hello.Cursor {
		h.acked[room] = max(h.acked[room], seq) // what it says it holds
	}
	h.mu.Unlock()
	go c.write()
	c.read()
	h.mu.Lock()
	delete(h.conns, c)
	c.gone = true
	h.tell()
	h.mu.Unlock()
}

// cutOff breaks all connections.
func (h *fakeHub) cutOff() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		c.ws.Close()
	}
}

func (c *fakeConn) write() {
	c.ws.WriteJSON(map[string]string{"t": "welcome"})
	for {
		c.h.mu.Lock()
		wait := c.h.changed
		frames, gone := c.due(), c.gone
		c.h.mu.Unlock()
		for _, f := range frames {
			if b, ok := f.([]byte); ok {
				c.ws.WriteMessage(websocket.BinaryMessage, b)
			} else {
				c.ws.WriteJSON(f)
			}
		}
		if gone {
			return
		}
		if len(frames) == 0 {
			<-wait
		}
	}
}

// due are the frames to be written next. h.mu is held.
func (c *fakeConn) due() []any {
	var out []any
	for id, m := range c.h.rooms {
		for _, it := range m.items[min(c.at[id], int64(len(m.items))):] {
			c.at[id] = it.Seq
			if slices.Contains(it.audience, c.device) {
				item := it.Item
				item.Welcome = slices.Contains(it.added, c.device)
				out = append(out, frameOf(item))
			}
		}
	}
	if !c.ready {
		c.ready = true
		out = append(out, map[string]string{"t": "ready"})
	}
	out = append(out, c.notes...)
	c.notes = nil
	return out
}

func frameOf(it client.Item) []byte {
	head, _ := json.Marshal(it)
	frame := binary.BigEndian.AppendUint32([]byte{1}, uint32(len(head)))
	return append(append(append(frame, head...), 0, 0, 0, 0), it.Body...)
}

func (c *fakeConn) read() {
	for {
		kind, frame, err := c.ws.ReadMessage()
		if err != nil {
			return
		}
		c.h.mu.Lock()
		if kind == websocket.TextMessage {
			c.hear(frame)
		} else {
			c.sent(frame)
		}
		c.h.mu.Unlock()
	}
}

func (c *fakeConn) hear(frame []byte) {
	var f struct {
		T    string
		Room hub.RoomID
		Seq  int64
	}
	if json.Unmarshal(frame, &f) == nil && f.T == "ack" {
		c.h.acked[f.Room] = max(c.h.acked[f.Room], f.Seq)
		c.h.tell()
	}
}

func (c *fakeConn) sent(frame []byte) {
	n := binary.BigEndian.Uint32(frame[1:5])
	var head struct {
		Room  hub.RoomID
		ID    string
		Epoch int64
	}
	if json.Unmarshal(frame[5:5+n], &head) != nil {
		return
	}
	note := map[string]any{"t": "sent", "id": head.ID, "room": head.Room}
	seq, code := c.h.send(head.Room, c.device, head.ID, head.Epoch, bytes.Clone(frame[5+n:]))
	note["seq"] = seq
	if code != "" {
		note["t"], note["code"] = "refused", code
	}
	c.notes = append(c.notes, note)
	c.h.tell()
}

// hint sends a note to the recorder.
func (h *fakeHub) hint(note any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for c := range h.conns {
		c.notes = append(c.notes, note)
	}
	h.tell()
}
