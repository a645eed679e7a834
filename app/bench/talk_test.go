package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gorilla/websocket"

	"github.com/wardline/wardline/messaging/framing"
)

// TestTalk runs both protocols against the small servers below: it fails when the load client
// has fallen behind the protocols, whatever is installed.
func TestTalk(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		protocol string
		serve    func(*testing.T) string
		address  func(line int) string
	}{
		{overXMPP, serveXMPP, func(to int) string { return fmt.Sprintf("u%d@%s", to, xmppDomain) }},
		{overHub, serveHub, func(int) string { return "01234567-89ab-7def-8123-456789abcdef" }},
	} {
		t.Run(tt.protocol, func(t *testing.T) {
			t.Parallel()
			l := &loader{arrivals: newArrivals(), parties: map[string]*party{}}
			users := []talker{}
			for i := range 3 {
				users = append(users, talker{Login: fmt.Sprintf("u%d", i), Device: device{ID: newID()}, Rooms: []string{"room@" + xmppRooms}})
			}
			addr := tt.serve(t)
			if _, err := l.connect(t.Context(), connectArgs{tt.protocol, addr, users}); err != nil {
				t.Fatal(err)
			}
			room := "room@" + xmppRooms
			if tt.protocol == overHub {
				room = tt.address(0)
			}
			for name, groups := range map[string][]group{
				"pair": {{[]int{0, 1}, []string{tt.address(1), tt.address(0)}}},
				"room": {{[]int{0, 1, 2}, []string{room, room, room}}},
			} {
				r, err := l.talk(t.Context(), talkArgs{Protocol: tt.protocol, Groups: groups, Workers: 2, Length: 50 * time.Millisecond})
				if err != nil || r.Missing > 0 || r.Sent < 2 || r.Latency.N != r.Sent || r.Latency.P50 <= 0 {
					t.Errorf("%s: %+v, %v", name, r, err)
				}
			}
			r, err := l.talk(t.Context(), talkArgs{Protocol: tt.protocol, Workers: 1, Length: time.Second,
				Groups: []group{{[]int{0, 1}, []string{refusedRoom, refusedRoom}}}})
			if err != nil || r.Missing != 1 || !strings.Contains(r.Why, "refused") {
				t.Errorf("a refused message: %+v, %v", r, err)
			}
			if _, err := l.leave(t.Context(), tt.protocol); err != nil {
				t.Error(err)
			}
			if _, err := l.leave(t.Context(), tt.protocol); err == nil {
				t.Error("left twice")
			}
		})
	}
}

// refusedRoom is taken by neither of the servers below.
const refusedRoom = "ffffffff-ffff-7fff-8fff-ffffffffffff"

// serveXMPP is as much of an XMPP server as the client asks for.
func serveXMPP(t *testing.T) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	s := &xmppServer{users: map[string]net.Conn{}}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go s.serve(conn)
		}
	}()
	return listener.Addr().String()
}

type xmppServer struct {
	mu    sync.Mutex
	users map[string]net.Conn
}

func (s *xmppServer) serve(conn net.Conn) {
	defer conn.Close()
	in := stanzas{in: bufio.NewReader(conn)}
	for {
		stanza, err := in.next()
		if err != nil {
			return
		}
		said := string(stanza)
		s.mu.Lock()
		switch {
		case strings.HasPrefix(said, "<stream:stream"):
			io.WriteString(conn, "<?xml version='1.0'?><stream:stream from='localhost'><stream:features><bind/></stream:features>")
		case strings.HasPrefix(said, "<auth"):
			_, secret, _ := strings.Cut(strings.TrimSuffix(said, "</auth>"), ">")
			plain, _ := base64.StdEncoding.DecodeString(secret)
			s.users[string(bytes.Split(plain, []byte{0})[1])] = conn
			io.WriteString(conn, "<success/>")
		case strings.HasPrefix(said, "<iq"):
			io.WriteString(conn, "<iq type='result' id='bind'/>")
		case strings.HasPrefix(said, "<presence"):
			io.WriteString(conn, "<presence from='x'><x><status code='110'/></x></presence>")
		case attribute(stanza, "to") == refusedRoom:
			fmt.Fprintf(conn, "<message type='error' id='%s'><error/></message>", attribute(stanza, "id"))
		case attribute(stanza, "type") == "groupchat":
			for _, other := range s.users {
				other.Write(stanza)
			}
		default:
			to, _, _ := strings.Cut(attribute(stanza, "to"), "@")
			s.users[to].Write(stanza)
		}
		s.mu.Unlock()
	}
}

// serveHub is a hub with one room in which everybody is. It checks the framing of messages.
func serveHub(t *testing.T) string {
	var mu sync.Mutex
	var all []*websocket.Conn
	upgrader := websocket.Upgrader{Subprotocols: []string{"wardline.v1"}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ws, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer ws.Close()
		ws.ReadMessage()
		mu.Lock()
		all = append(all, ws)
		ws.WriteMessage(websocket.TextMessage, []byte(`{"t":"ready"}`))
		mu.Unlock()
		for {
			kind, frame, err := ws.ReadMessage()
			if err != nil {
				return
			}
			if kind != websocket.BinaryMessage {
				continue // an acknowledgement
			}
			n := 5 + binary.BigEndian.Uint32(frame[1:])
			var head struct {
				Room, ID string
				Epoch    uint64
			}
			if err := json.Unmarshal(frame[5:n], &head); err != nil {
				t.Error(err)
			}
			mu.Lock()
			if head.Room == refusedRoom {
				ws.WriteMessage(websocket.TextMessage, fmt.Appendf(nil, `{"t":"refused","id":%q,"code":"room"}`, head.ID))
			} else {
				if p, err := framing.ParsePrivate(frame[n:]); err != nil || string(p.AuthenticatedData) != head.Room+"/"+head.ID || p.Epoch != head.Epoch || len(p.Group) != 16 {
					t.Errorf("%+v, %v", p, err)
				}
				item, _ := json.Marshal(map[string]any{"room": head.Room, "seq": 1, "id": head.ID})
				out := append(binary.BigEndian.AppendUint32([]byte{itemFrame}, uint32(len(item))), item...)
				for _, other := range all {
					other.WriteMessage(websocket.BinaryMessage, out)
				}
			}
			mu.Unlock()
		}
	}))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func TestStanzas(t *testing.T) {
	t.Parallel()
	const header = "<stream:stream to='x'>"
	for _, tt := range []struct {
		name, in string
		want     []string
	}{
		{"header and features", "<?xml version='1.0'?>" + header + "<stream:features><a/><b>c</b></stream:features>",
			[]string{header, "<stream:features><a/><b>c</b></stream:features>"}},
		{"alone and nested", "<a/><m id='1'><b>t</b><c><d/></c></m>", []string{"<a/>", "<m id='1'><b>t</b><c><d/></c></m>"}},
		{"a new stream after the sign-in", "<success/><?xml version='1.0'?>" + header + "<f/>", []string{"<success/>", header, "<f/>"}},
		{"spaces that keep a connection open", " \n<a/> ", []string{"<a/>"}},
		{"closed", "<a/></stream:stream><b/>", []string{"<a/>"}},
		{"cut off", "<a/><b><c/>", []string{"<a/>"}},
		{"no tag", "text>", nil},
		{"empty tags", "<><a/>", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for way, in := range map[string]io.Reader{"at once": strings.NewReader(tt.in), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.in))} {
				var got []string
				s := stanzas{in: bufio.NewReaderSize(in, 16)}
				for {
					stanza, err := s.next()
					if err != nil {
						break
					}
					got = append(got, string(stanza))
				}
				if !slices.Equal(got, tt.want) {
					t.Errorf("%s: %q, want %q", way, got, tt.want)
				}
			}
		})
	}
}

func TestStanzasAreBounded(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{"text": strings.Repeat("x", 2*maxStanza), "depth": strings.Repeat("<a>", maxStanza)} {
		s := stanzas{in: bufio.NewReader(strings.NewReader(in))}
		if _, err := s.next(); err == nil || len(s.buf) > 2*maxStanza {
			t.Errorf("%s: %v, %d bytes kept", name, err, len(s.buf))
		}
	}
}

func FuzzStanzas(f *testing.F) {
	f.Add([]byte("<?xml version='1.0'?><stream:stream to='x'><m id='1'><b>t</b></m></stream:stream>"))
	f.Add([]byte("<><a/>text</"))
	f.Fuzz(func(t *testing.T, in []byte) {
		s := stanzas{in: bufio.NewReaderSize(bytes.NewReader(in), 16)}
		total := 0
		for {
			stanza, err := s.next()
			if err != nil {
				return
			}
			attribute(stanza, "id")
			if total += len(stanza); len(stanza) == 0 || total > len(in) {
				t.Fatalf("%q of %q", stanza, in)
			}
		}
	})
}

func TestAttribute(t *testing.T) {
	t.Parallel()
	const stanza = "<message to='a' id='7' xml:id='9'><x id='8'/></message>"
	for name, want := range map[string]string{"id": "7", "to": "a", "type": ""} {
		if got := attribute([]byte(stanza), name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestFlights(t *testing.T) {
	t.Parallel()
	fs := flights{on: map[string]*flight{}}
	f := fs.start("m", []int{1, 2})
	at := time.Now()
	ear{&fs, 0}.arrived("m", at.Add(time.Hour)) // the writer's own copy
	ear{&fs, 2}.arrived("m", at.Add(2))
	ear{&fs, 2}.arrived("m", at.Add(3)) // twice
	ear{&fs, 1}.arrived("other", at)
	select {
	case <-f.done:
		t.Fatal("done before everybody has it")
	default:
	}
	ear{&fs, 1}.arrived("m", at.Add(1))
	select {
	case <-f.done:
	default:
		t.Fatal("not done although everybody has it")
	}
	if !f.last.Equal(at.Add(2)) {
		t.Errorf("last at %v, want %v", f.last, at.Add(2))
	}
	fs.end("m")
	ear{&fs, 1}.arrived("m", at)
	ear{&fs, 1}.refused("m", "late")
}

// Rows of a round must be those of messages that everybody has, and a server that loses one
// must be found out.
func TestTalkMissing(t *testing.T) {
	t.Parallel()
	p := &party{lines: []line{deafLine{}, deafLine{}}, sending: make([]sync.Mutex, 2)}
	p.flights.on = map[string]*flight{}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := p.say(ctx, group{[]int{0, 1}, []string{"a", "b"}}, 0, nil); err == nil {
		t.Error("a message that nobody has counts as arrived")
	}
	if len(p.flights.on) != 0 {
		t.Error("a lost message is kept for ever")
	}
}

type deafLine struct{}

func (deafLine) send(string, string, []byte) error { return nil }
func (deafLine) close()                            {}

func TestGroupsOf(t *testing.T) {
	t.Parallel()
	f := &talkFigure{bench: &bench{options: options{quick: true}}}
	pairs, room := f.groupsOf(func(pair, to int) string { return fmt.Sprintf("%d:%d", pair, to) }, "r")
	if len(pairs) != 5 || len(room) != 1 || len(room[0].Lines) != 10 || len(room[0].Rooms) != 10 {
		t.Fatalf("%d pairs, room %v", len(pairs), room)
	}
	if got := pairs[1]; !slices.Equal(got.Lines, []int{2, 3}) || !slices.Equal(got.Rooms, []string{"1:3", "1:2"}) {
		t.Errorf("second pair %v", got)
	}
	seen := map[int]bool{}
	for _, g := range append(pairs, room...) {
		for _, i := range g.Lines {
			if seen[i] || i >= f.scaled(talkers)-1 { // the last one is the recorder's
				t.Errorf("talker %d sits twice or not at all", i)
			}
			seen[i] = true
		}
	}
}

func TestRatios(t *testing.T) {
	t.Parallel()
	if got := ratios([]float64{4, 9}, []float64{2, 3}); !slices.Equal(got, []float64{2, 3}) {
		t.Error(got)
	}
}
