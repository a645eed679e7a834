package hl7_test

import (
	"fmt"
	"strings"
	"time"

	"github.com/wardline/wardline/hl7"
)

func Example() {
	raw := []byte("MSH|^~\\&|KIS|LINDEN|HUB|LINDEN|20260201080000+0100||ADT^A01^ADT_A01|17|P|2.5|||AL|NE|DEU|8859/1\r" +
		"PID|||77^^^LINDEN^PI||Gro\xDFmann^J\xFCrgen\r" +
		"PV1|1|I|CHI^302^2\r")
	m, err := hl7.Parse(raw)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Get("PID-5.1"), "lies in", m.Get("PV1-3.1"), "room", m.Get("PV1-3.2"))

	h := m.Header()
	for _, code := range h.Acks(hl7.Accepted) {
		ack, _ := h.Reply(hl7.Ack{Code: code, ControlID: "K1", Time: time.Date(2026, 2, 1, 8, 0, 1, 0, time.UTC)}).Bytes()
		fmt.Println(strings.ReplaceAll(string(ack), "\r", "\n"))
	}
	// Output:
	// Großmann lies in CHI room 302
	// MSH|^~\&|HUB|LINDEN|KIS|LINDEN|20260201080001+0000||ACK^A01^ACK|K1|P|2.5|||NE|NE|DEU|8859/1
	// MSA|CA|17
}

func ExampleMessage_Groups() {
	m, err := hl7.Parse([]byte("MSH|^~\\&|KIS|||||||MFN^M02|1\rMFI|PRA\r" +
		"MFE|MAD|R1||4711\rSTF|4711||K\\T\\uml^A\rMFE|MDC|R2||4712\rSTF|4712||\"\"\r"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for g := range m.Groups("MFE") {
		name := g.Get("STF-3.1")
		fmt.Println(g.Get("MFE-1"), g.Get("STF-1"), name, name.Null())
	}
	// Output:
	// MAD 4711 K&uml false
	// MDC 4712  true
}

func ExampleBuilder() {
	raw, err := hl7.New(hl7.Header{Type: "ADT", Trigger: "A01", ControlID: "1", Version: "2.5", Charset: hl7.Latin1}).
		Segment("PID").Set("3.1", "77").Set("5.1", "Müller & Söhne").Bytes()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q\n", raw[strings.Index(string(raw), "PID"):])
	// Output:
	// "PID|||77||M\xfcller \\T\\ S\xf6hne\r"
}

func ExampleOptions_Split() {
	b, err := hl7.Options{}.Split([]byte("BHS|^~\\&|KIS\rMSH|^~\\&|KIS\rPID|1\rMSH|^~\\&|KIS\rPID|2\rBTS|2\r"))
	fmt.Println(len(b.Messages), b.Batched, b.Warnings.Total(), err)
	// Output:
	// 2 true 0 <nil>
}
