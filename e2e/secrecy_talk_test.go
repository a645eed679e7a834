package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

// converse has two people talk in a room with the recorder, and holds that what was said has
// arrived: only then does not finding it anywhere mean something.
func (s *secrets) converse(t *testing.T) {
	t.Helper()
	s.said = needles{"message": "Blutdruck-Lindenhag", "answer": "Morphin-Ahornweg", "title": "Fallbesprechung-Eschental"}
	c := &chaos{theHub: s.theHub, rec: s.recorder(t)}
	s.rec = c.rec
	for i := range 2 {
		number := fmt.Sprintf("77%02d", i)
		waitFor(t, "person "+number, 30*time.Second, func() bool { return sendOne(t.Context(), s.mllpAddr, number) == nil }, s.out.String)
		c.people = append(c.people, s.talker(t, s.admin, number))
	}
	c.awaitRecorder(t)
	one, other := c.people[0], c.people[1]
	c.room = one.begin(t, messaging.GroupRoom, other.user)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	for _, p := range c.people {
		go p.run(ctx)
	}
	say := func(from, to *talker, text string) {
		t.Helper()
		if _, err := from.say(ctx, c.room, hub.NewID[string](), text); err != nil {
			t.Fatal(err)
		}
		c.until(t, "it to be heard", func() bool { return to.hears(c.room, text) })
	}
	say(one, other, `{"v":1,"t":"info","run":"0a","n":1,"title":"`+s.said["title"]+`","members":["`+string(one.user)+`","`+string(other.user)+`"]}`)
	say(one, other, `{"v":1,"t":"text","run":"0a","n":2,"text":"`+s.said["message"]+`","prio":0}`)
	say(other, one, `{"v":1,"t":"text","run":"0b","n":1,"text":"`+s.said["answer"]+`","prio":2}`)
}

// hears reports whether a text has arrived.
func (tk *talker) hears(room hub.RoomID, text string) bool {
	tk.mu.Lock()
	defer tk.mu.Unlock()
	for _, m := range tk.heard[room] {
		if strings.Contains(m.text, text) {
			return true
		}
	}
	return false
}
