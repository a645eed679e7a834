package hubtest_test

import (
	"net"
	"testing"

	"github.com/wardline/wardline/hub/hubtest"
)

// TestAnAddressIsHandedOutOnce asks for many before anybody listens, as parallel tests do.
func TestAnAddressIsHandedOutOnce(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 500 {
		addr := hubtest.MustFreeAddr(t)
		if seen[addr] {
			t.Fatalf("%s was handed out twice", addr)
		}
		seen[addr] = true
	}
	for addr := range seen {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
	}
}
