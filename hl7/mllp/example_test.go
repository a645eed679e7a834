package mllp_test

import (
	"context"
	"fmt"
	"net"
	"time"

	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
)

func Example() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	server := &mllp.Server{Handler: func(_ context.Context, _ *mllp.Peer, frame []byte) ([]byte, error) {
		m, err := hl7.Parse(frame)
		if err != nil {
			return nil, err
		}
		return m.Header().Reply(hl7.Ack{Code: hl7.CA, ControlID: "1", Time: time.Now()}).Bytes()
	}}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan error)
	go func() { done <- server.Serve(ctx, ln) }()

	client, err := mllp.Dial(ctx, ln.Addr().String(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	reply, err := client.Exchange(ctx, []byte("MSH|^~\\&|KIS|L|HUB|L|20260201||ADT^A01|42|P|2.5|||AL|NE\rPID|||77\r"))
	if err != nil {
		fmt.Println(err)
		return
	}
	ack, _ := hl7.Parse(reply)
	fmt.Println(ack.Get("MSA-1"), ack.Get("MSA-2"))
	stop()
	fmt.Println(<-done)
	// Output:
	// CA 42
	// <nil>
}
