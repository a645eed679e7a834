package hl7_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/hl7"
)

func TestBatchReply(t *testing.T) {
	t.Parallel()
	const one = "MSH|^~\\&|KIS\r"
	at := time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC)
	acks := [][]byte{[]byte("MSH|^~\\&|HUB\rMSA|AA|1\r"), []byte("MSH|^~\\&|HUB\rMSA|AE|2")}
	tests := []struct{ name, in, want string }{
		{"file", "FHS|^~\\&|KIS|L|HUB|M|2026||||F1\rBHS|^~\\&|KIS|L|HUB|M|2026||||B1\r" + one + "BTS|1\rFTS|1\r",
			"FHS|^~\\&|HUB|M|KIS|L|20260201080000+0000||||C1|F1 BHS|^~\\&|HUB|M|KIS|L|20260201080000+0000||||C1|B1 MSH|^~\\&|HUB MSA|AA|1 MSH|^~\\&|HUB MSA|AE|2 BTS|2 FTS|1"},
		{"batch alone", "BHS|^~\\&|KIS\r" + one + "BTS|1\r",
			"BHS|^~\\&|||KIS||20260201080000+0000||||C1| MSH|^~\\&|HUB MSA|AA|1 MSH|^~\\&|HUB MSA|AE|2 BTS|2"},
		{"other delimiters", "BHS!^~\\&!KIS\n" + one,
			"BHS!^~\\&!!!KIS!!20260201080000+0000!!!!C1! MSH|^~\\&|HUB MSA|AA|1 MSH|^~\\&|HUB MSA|AE|2 BTS!2"},
		{"no batch", one, ""},
		{"header too short", "BHS|\r" + one, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := hl7.Options{}.Split([]byte(tt.in))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.TrimSpace(strings.ReplaceAll(string(b.Reply(acks, "C1", at)), "\r", " "))
			if got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// FuzzBatchReply: whatever a batch looks like, its answer holds every acknowledgement in order.
func FuzzBatchReply(f *testing.F) {
	f.Add([]byte("FHS|^~\\&|K\rBHS|^~\\&|K|||||||||B1\rMSH|^~\\&|K\rBTS|1\rFTS|1\r"))
	f.Add([]byte("BHS!\rMSH!"))
	ack := []byte("MSH|^~\\&|HUB\rMSA|AA|1\r")
	f.Fuzz(func(t *testing.T, raw []byte) {
		b, err := hl7.Options{}.Split(raw)
		if err != nil {
			return
		}
		if out := b.Reply([][]byte{ack, ack}, "C", time.Unix(0, 0)); out != nil && bytes.Count(out, ack) != 2 {
			t.Errorf("%q is answered %q", raw, out)
		}
	})
}
