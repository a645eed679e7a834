// Package hubtest has what tests of several rooms and the bench need alike.
package hubtest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"sync/atomic"
	"testing"
)

// Ports below those that Linux gives to outgoing connections (from 32768) and above those of
// services that run on a developer's machine.
const (
	firstPort = 11_000
	ports     = 21_000
	tries     = 200
	apart     = 1009 // how far from one another processes begin that were started in a row
)

// handedOut is the one thing tests of a process share: an address is free until its server
// listens, so that only the count keeps it from being handed out again.
var handedOut atomic.Uint32

// FreeAddr returns a loopback address for a server that is told where to listen and starts,
// or starts again, later: no outgoing connection takes it meanwhile, and this process hands
// it out once. Other processes begin elsewhere.
func FreeAddr() (string, error) {
	first := uint32(os.Getpid()) % ports * apart
	for range tries {
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", firstPort+(first+handedOut.Add(1))%ports))
		if err == nil {
			return l.Addr().String(), l.Close()
		}
	}
	return "", errors.New("no free port on the loopback")
}

// MustFreeAddr is FreeAddr for tests.
func MustFreeAddr(t testing.TB) string {
	t.Helper()
	addr, err := FreeAddr()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}
