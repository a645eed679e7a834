package wire_test

import (
	"bytes"
	"fmt"

	"github.com/wardline/wardline/connectors/espax/wire"
)

// A nurse call, written by the source and read by the server.
func Example() {
	call := wire.Message{Name: "REQ.P-START", InvokeID: 3, SessionID: "s1"}.
		With("CP-PR-REF", "ruf-1").With("CP-WARD", "CHI3").With("CP-TEXTMSG", "Notruf")
	stream := bytes.NewReader(call.AppendFrame(nil))

	body, err := wire.ReadFrame(stream, wire.DefaultLimit)
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := wire.Parse(body)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Name, m.InvokeID, m.Get("CP-WARD"), m.Get("CP-TEXTMSG"))
	fmt.Println(m.Response(wire.Duplicate).Get("RSP-REASON"))
	// Output:
	// REQ.P-START 3 CHI3 Notruf
	// Duplicate
}
