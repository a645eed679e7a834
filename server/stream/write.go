package stream

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

const (
	page     = 100 // items read from the store at once
	maxTexts = 16  // small frames waiting; a client that reads none gets no more of them
)

// offer queues a published item, or makes its room stale if the queue is full.
func (c *conn) offer(q queued) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.mark(q.item.Room)
	switch {
	case m == nil:
		c.staleLocked(q.item.Room)
		c.hintLocked(HintRooms)
		c.relists = true
	case m.stale: // the store has it
	case len(c.queue[0])+len(c.queue[1]) >= c.hub.o.Queue:
		c.staleLocked(q.item.Room)
	default:
		lane := laneOf(q.item.Kind)
		c.queue[lane] = append(c.queue[lane], q)
		c.wakeLocked()
	}
}

// laneOf lets alerts pass everything else. Both lanes keep the order of a room, because a
// room holds items of one lane only.
func laneOf(kind messaging.ItemKind) int {
	if kind == messaging.ItemAlert {
		return 0
	}
	return 1
}

// stale makes a room be read from the store again. Without a room, all are, and the list
// of rooms too.
func (c *conn) stale(room hub.RoomID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if room != "" {
		c.staleLocked(room)
		return
	}
	c.learn = true
	c.wakeLocked()
}

func (c *conn) staleLocked(room hub.RoomID) {
	if c.gone {
		return
	}
	if m := c.mark(room); m != nil {
		m.stale = true
	} else {
		id, kind := c.hub.enlist(c, room)
		c.addMark(mark{room: id, seq: max(0, c.cursor[string(room)]), stale: true, talk: isTalk(kind)})
	}
	if c.greeted {
		c.hub.stats.resyncs.Add(1)
		c.wakeLocked()
	}
}

func (c *conn) hint(what Hint) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hintLocked(what)
}

// hintLocked queues a hint once, however often it is given before it goes out.
func (c *conn) hintLocked(what Hint) {
	b := encode(said{T: string(what)})
	if !c.hello || slices.ContainsFunc(c.texts, func(t []byte) bool { return string(t) == string(b) }) {
		return
	}
	c.sayLocked(b)
}

// relist makes the list of rooms be read again.
func (c *conn) relist() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.greeted {
		c.relists = true
		c.wakeLocked()
	}
}

// note queues a small frame. One that does not fit any more is dropped: what it tells can be
// asked for.
func (c *conn) note(key string, b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.greeted || c.gone {
		return
	}
	i := slices.IndexFunc(c.notes, func(n note) bool { return key != "" && n.key == key })
	switch {
	case i >= 0:
		c.notes[i].text = b
	case len(c.notes) < maxNotes:
		c.notes = append(c.notes, note{key, b})
		c.wakeLocked()
	}
}

func (c *conn) say(v said) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sayLocked(encode(v))
}

func (c *conn) sayLocked(b []byte) {
	if len(c.texts) < maxTexts {
		c.texts = append(c.texts, b)
		c.wakeLocked()
	}
}

// bye ends the connection with a code.
func (c *conn) bye(code Code) { c.finish(said{T: "bye", Code: string(code)}, code.closeCode()) }

// finish ends the connection with a last frame. What is being written is finished, nothing
// else is begun, and after byeBound the socket is closed whatever the other side does.
func (c *conn) finish(v said, closeCode int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.finishLocked(v, closeCode)
}

func (c *conn) finishLocked(v said, closeCode int) {
	if c.gone || c.last != nil {
		return
	}
	c.last, c.lastCode = encode(v), closeCode
	time.AfterFunc(byeBound, func() { c.ws.Close() })
	c.wakeLocked()
}

func (c *conn) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wakeLocked()
}

// wakeLocked starts the writer if it does not run.
func (c *conn) wakeLocked() {
	if !c.writing && !c.gone {
		c.writing = true
		c.hub.wg.Go(c.write)
	}
}

// write is the writer: it does what is to be done, the most urgent first, until nothing
// is left. An error ends the connection; the device will come back with its cursor.
func (c *conn) write() {
	for {
		todo := c.next()
		if todo == nil {
			return
		}
		if err := todo(); err != nil {
			c.mu.Lock()
			c.gone, c.writing = true, false
			c.mu.Unlock()
			c.ws.Close()
			return
		}
	}
}

// next takes the most urgent work off the connection; nil ends the writer.
func (c *conn) next() func() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var todo func() error
	switch {
	case c.gone || c.finished:
	case c.last != nil:
		c.finished = true
		todo = c.sendLast
	case c.ping:
		c.ping = false
		todo = c.sendPing
	case len(c.texts) > 0:
		todo = c.sendText(pop(&c.texts))
	case !c.hello:
	case !c.greeted:
		c.learn = false // before the rooms are read: what is lost while they are is looked for again
		todo = c.greet
	case len(c.queue[0]) > 0:
		todo = c.sendQueued(pop(&c.queue[0]))
	case c.learn:
		c.learn, c.relists = false, false
		todo = func() error { return c.relearn(true) }
	default:
		todo = c.nextTalk()
	}
	c.writing = todo != nil
	return todo
}

// nextTalk takes what has time until every alarm is out.
func (c *conn) nextTalk() func() error {
	if read := c.nextStale(false); read != nil {
		return read
	}
	switch {
	case len(c.answers) > 0:
		return c.sendText(pop(&c.answers))
	case len(c.notes) > 0:
		return c.sendText(pop(&c.notes).text)
	case len(c.queue[1]) > 0:
		return c.sendQueued(pop(&c.queue[1]))
	case c.relists:
		c.relists = false
		return func() error { return c.relearn(false) }
	}
	return c.nextRead()
}

// pop takes the first of a list; an empty list keeps no memory.
func pop[T any](list *[]T) T {
	var zero T
	first := (*list)[0]
	(*list)[0] = zero
	if *list = (*list)[1:]; len(*list) == 0 {
		*list = nil
	}
	return first
}

func (c *conn) sendText(b []byte) func() error {
	return func() error { return c.send(websocket.TextMessage, b) }
}

func (c *conn) sendQueued(q queued) func() error {
	return func() error { return c.sendItem(q) }
}

// nextStale picks a stale room, of conversations or of the others. The mark is cleared before
// the store is asked: what is committed after the question was asked is published after it,
// and is queued from now on.
func (c *conn) nextStale(talk bool) func() error {
	for i := range c.marks {
		if m := &c.marks[i]; m.stale && m.talk == talk {
			m.stale = false
			room, after := m.room, m.seq
			return func() error { return c.pull(room, after) }
		}
	}
	return nil
}

// nextRead picks a stale conversation, and says when nothing is left to read.
func (c *conn) nextRead() func() error {
	if read := c.nextStale(true); read != nil {
		return read
	}
	if !c.ready {
		c.ready = true
		return func() error { return c.send(websocket.TextMessage, encode(said{T: "ready"})) }
	}
	return nil
}

// pull writes one page of a room from the store. If there is more, what other rooms have
// queued goes out before the next page: an alert does not wait for a long catch-up.
func (c *conn) pull(room hub.RoomID, after int64) error {
	items, err := c.since(room, after)
	if err != nil {
		c.unserved()
		return nil
	}
	for i := range items {
		if c.ending() {
			return nil
		}
		if err := c.sendItem(delivered(&items[i])); err != nil {
			return err
		}
	}
	if len(items) == page {
		c.more(room)
	}
	return nil
}

// more makes a room stale again between two pages. What was queued of it in the meantime
// would now come too early, and is in the store.
func (c *conn) more(room hub.RoomID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mark(room).stale = true
	for lane := range c.queue {
		c.queue[lane] = slices.DeleteFunc(c.queue[lane], func(q queued) bool { return q.item.Room == room })
	}
}

func (c *conn) since(room hub.RoomID, after int64) (items []messaging.Delivery, err error) {
	err = c.hub.bounded(func() error {
		items, err = c.hub.o.Log.Since(c.hub.ctx, c.clinic, c.device, room, after, page)
		return err
	})
	return items, err
}

// unserved ends a connection because the store does not answer; the client tries again.
func (c *conn) unserved() {
	c.hub.stats.unserved.Add(1)
	c.finish(said{T: "error", Code: "unavailable"}, websocket.CloseTryAgainLater)
}

func (c *conn) ending() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone || c.last != nil
}

// greet reads the rooms and welcomes the client. From here on every room has a mark.
func (c *conn) greet() error {
	rooms, err := c.rooms()
	if err != nil {
		c.unserved()
		return nil
	}
	c.mu.Lock()
	c.learnLocked(rooms)
	c.marks = slices.Grow(c.marks, len(rooms))
	for _, r := range rooms {
		if m := c.mark(r.ID); m != nil {
			m.seq = c.start(r)
			continue
		}
		c.addMark(mark{room: r.ID, seq: c.start(r), stale: true, talk: isTalk(r.Kind)})
	}
	c.recallLocked()
	c.cursor, c.greeted = nil, true
	c.mu.Unlock()
	return c.send(websocket.TextMessage, encode(welcome{"welcome", time.Now().UTC(), rooms}))
}

// recallLocked has rooms read that the device holds a part of and that the account is no
// member of any more: what came before it left, and the commit that removed it, is due yet.
func (c *conn) recallLocked() {
	for room := range c.cursor {
		if hub.ValidID(room) && c.mark(hub.RoomID(room)) == nil {
			c.staleLocked(hub.RoomID(room))
		}
	}
}

// learnLocked makes the hub watch the rooms for this connection, and takes what sort they
// are: a mark may have been made before that was known.
func (c *conn) learnLocked(rooms []Room) {
	if c.gone {
		return
	}
	c.hub.learn(c, rooms)
	for _, r := range rooms {
		if m := c.mark(r.ID); m != nil {
			m.talk = isTalk(r.Kind)
		}
	}
}

// relearn reads the rooms again. After hints were lost all of them are stale; else only those
// that are new.
func (c *conn) relearn(lost bool) error {
	rooms, err := c.rooms()
	if err != nil {
		c.unserved()
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.learnLocked(rooms)
	if !slices.ContainsFunc(rooms, func(r Room) bool { return r.ID == c.watched }) {
		c.watched = "" // no member any more
	}
	for _, r := range rooms {
		fresh := c.mark(r.ID) == nil
		if fresh && lost {
			c.hintLocked(HintRooms)
		}
		if fresh || lost {
			c.staleLocked(r.ID)
		}
	}
	return nil
}

// rooms reads what the account may read; never nil, because clients expect a list.
func (c *conn) rooms() (rooms []Room, err error) {
	err = c.hub.bounded(func() error {
		rooms, err = c.hub.o.Rooms(c.hub.ctx, c.clinic, c.user)
		return err
	})
	if rooms == nil {
		rooms = []Room{}
	}
	return rooms, err
}

// start is where a device goes on in a room. A cursor beyond the room's end comes from a
// database that has since been restored to an earlier time: then everything is sent again,
// because twice is better than never.
func (c *conn) start(r Room) int64 {
	at := c.cursor[string(r.ID)]
	if at < 0 || at > r.LastSeq {
		return 0
	}
	return at
}

// sendItem writes an item unless the device has it already.
func (c *conn) sendItem(q queued) error {
	c.mu.Lock()
	m := c.mark(q.item.Room)
	if m == nil || q.item.Seq <= m.seq {
		c.mu.Unlock()
		return nil
	}
	m.seq = q.item.Seq
	if q.item.Kind == messaging.ItemAlert {
		if len(c.unacked) >= maxUnacked {
			c.unacked = c.unacked[1:]
		}
		c.unacked = append(c.unacked, sent{q.item.Room, q.item.Seq, q.item.Ref})
	}
	c.mu.Unlock()
	scratch := c.hub.frames.Get().(*[]byte)
	defer c.hub.frames.Put(scratch)
	*scratch = q.appendFrame((*scratch)[:0])
	c.hub.stats.sent.Add(1)
	return c.send(websocket.BinaryMessage, *scratch)
}

// sendPing lets the server notice a dead client by the missing pong. The beat lets the
// client notice a dead server: scripts in a browser see no pings.
func (c *conn) sendPing() error {
	if err := c.send(websocket.PingMessage, nil); err != nil {
		return err
	}
	return c.send(websocket.TextMessage, encode(said{T: "beat"}))
}

// sendLast says why the connection ends. The socket stays open until the client has
// answered the close frame, or byeBound is over.
func (c *conn) sendLast() error {
	if err := c.send(websocket.TextMessage, c.last); err != nil {
		return err
	}
	return c.send(websocket.CloseMessage, websocket.FormatCloseMessage(c.lastCode, ""))
}

func (c *conn) send(kind int, data []byte) error {
	c.ws.SetWriteDeadline(time.Now().Add(c.hub.o.Times.Write))
	return c.ws.WriteMessage(kind, data)
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"t":"error","code":"internal"}`) // strings and times of this century always encode
	}
	return b
}
