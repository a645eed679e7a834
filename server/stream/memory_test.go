package stream_test

import (
	"bufio"
	"fmt"
	"net"
	"net/textproto"
	"runtime"
	"strings"
	"testing"

	"github.com/wardline/wardline/server/stream"
)

// TestIdleMemory holds the cost of a connection that only waits: 15 kB at most, both ends
// counted although the other end here is a bare socket. Each is in an alarm room and twenty
// conversations.
func TestIdleMemory(t *testing.T) {
	if raceEnabled || testing.Short() {
		t.Skip("the race detector multiplies memory")
	}
	r := newRig(t, stream.Times{}, 0)
	r.add(roomN(1), deviceN(1))
	for n := range 20 {
		r.put(roomN(10+n), deviceN(1))
	}
	const conns = 1000
	before := used()
	for n := range conns {
		idle(t, r, n)
	}
	eventually(t, "all are welcome", func() bool { return r.hub.Stats().Open == conns })
	per := (used() - before) / conns
	t.Logf("%d bytes per idle connection", per)
	if per > 15<<10 {
		t.Errorf("%d bytes per idle connection, want at most %d", per, 15<<10)
	}
}

// idle opens a connection with as little as possible on this side.
func idle(t *testing.T, r *rig, n int) {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "ws://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: %s\r\nTest-Device: %s\r\n\r\n", stream.Protocol, deviceN(n))
	head := textproto.NewReader(bufio.NewReaderSize(c, 512))
	if line, err := head.ReadLine(); err != nil || !strings.Contains(line, "101") {
		t.Fatalf("%s, %v", line, err)
	}
	payload := hello(n)
	frame := append([]byte{0x81, 0x80 | byte(len(payload)), 0, 0, 0, 0}, payload...) // masked with zeros
	if _, err := c.Write(frame); err != nil {
		t.Fatal(err)
	}
}

func used() int {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc + m.StackInuse)
}
