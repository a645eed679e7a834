package e2e

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// TestAlarmsReachADeviceWhoseLoginIsShut: somebody tries passwords on a nurse's login, from
// the address of the whole ward, until nobody there can sign in any more. Her device is there
// already: the call arrives on its socket, she accepts it, and the device may even connect anew.
func TestAlarmsReachADeviceWhoseLoginIsShut(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a hub")
	}
	s := newStation(t)
	nurse := prepareWard(t, s.theHub, s.admin, s.mllpAddr, &ledger{})
	w := s.socket(t, nurse)
	w.hello(t)
	w.expect(t, "ready", "")

	thief := newBrowser(s.chat)
	try := func(ctx context.Context, login, password string) int {
		status, _ := thief.do(ctx, "POST", "/auth/login", map[string]string{"login": login, "password": password}, nil)
		return status
	}
	tries := 0
	waitFor(t, "her login and the address to be shut", time.Minute, func() bool {
		tries++
		try(t.Context(), "9000", "falsch-geraten")
		return try(t.Context(), fmt.Sprintf("unbekannt-%d", tries), "falsch-geraten") == http.StatusTooManyRequests
	}, s.out.String)
	if got := try(t.Context(), "9000", "drei-Lampen-im-Flur"); got != http.StatusTooManyRequests {
		t.Fatalf("her own password answers %d, want 429: nothing is shut", got)
	}
	ctx, stop := context.WithCancel(t.Context())
	var attack sync.WaitGroup
	attack.Go(func() {
		for ctx.Err() == nil {
			try(ctx, "9000", "falsch-geraten")
		}
	})
	defer attack.Wait()
	defer stop()

	w.accepts(t, s, nurse, "aussperrung-1")
	w.Close() // a phone in a lift
	again := s.socket(t, nurse)
	again.hello(t)
	again.accepts(t, s, nurse, "aussperrung-2")
}

// accepts raises a call, waits for its card on the socket, has seen it, and accepts it.
func (w *socket) accepts(t *testing.T, s *station, nurse *browser, ref string) {
	t.Helper()
	id := s.raiseFor(t, "4B", ref)
	card := w.card(t, id)
	w.say(t, fmt.Sprintf(`{"t":"ack","room":%q,"seq":%d}`, card.Room, card.Seq))
	w.say(t, `{"t":"seen","alert":"`+id+`"}`)
	nurse.must(t, "POST", "/alerts/"+id+"/accept", map[string]any{}, nil)
	db := openDB(t, s.theHub)
	defer db.Close(context.WithoutCancel(t.Context()))
	waitFor(t, "the call to be accepted by her", time.Minute, func() bool {
		var n int
		err := db.QueryRow(t.Context(), `
select count(*) from alert a join dispatch d on d.alert_id = a.id
where a.id = $1 and a.state = 'accepted' and d.state = 'accepted' and d.user_id = (select account_id from device where id = $2)`, id, w.device).Scan(&n)
		return err == nil && n == 1
	}, s.out.String)
}

// cardHead is the part of an item's frame that is not sealed; see docs/protocols/stream.md.
type cardHead struct {
	Room, Kind, Ref string
	Seq             int64
}

// card reads up to the frame that brings an alert's card.
func (w *socket) card(t *testing.T, alert string) (head cardHead) {
	t.Helper()
	w.SetReadDeadline(time.Now().Add(time.Minute))
	for {
		what, data, err := w.ReadMessage()
		if err != nil {
			t.Fatalf("waited for the card: %v", err)
		}
		if what != websocket.BinaryMessage || len(data) < 5 || int(binary.BigEndian.Uint32(data[1:5])) > len(data)-5 {
			continue
		}
		head = cardHead{}
		if json.Unmarshal(data[5:5+binary.BigEndian.Uint32(data[1:5])], &head) == nil && head.Kind == "alert" && head.Ref == alert {
			return head
		}
	}
}
