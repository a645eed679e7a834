package hl7_test

import (
	"os"
	"testing"
	"time"

	"github.com/wardline/wardline/hl7"
)

// twenty are the fields a connector reads of an admission.
func twenty() []hl7.Path {
	var paths []hl7.Path
	for _, s := range []string{
		"MSH-3", "MSH-4", "MSH-7", "MSH-9.1", "MSH-9.2", "MSH-10", "MSH-12", "EVN-2", "PID-3.1", "PID-3[2].1",
		"PID-5.1", "PID-5.2", "PID-7", "PID-11.1", "PID-13", "PV1-2", "PV1-3.1", "PV1-3.3", "PV1-19.1", "PV1-44",
	} {
		paths = append(paths, hl7.MustPath(s))
	}
	return paths
}

// BenchmarkParseRead20 parses a message, reads 20 fields and resolves their escapes: the
// aim is 100,000 messages a second on one core.
func BenchmarkParseRead20(b *testing.B) {
	raw, err := os.ReadFile(corpusDir + "/simhospital/all-1000.hl7")
	if err != nil {
		b.Skip("the sample messages are not there: ", err)
	}
	batch, err := hl7.Options{MaxBytes: 16 << 20}.Split(raw)
	if err != nil {
		b.Fatal(err)
	}
	paths, text := twenty(), 0
	b.SetBytes(int64(len(raw) / len(batch.Messages)))
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		m, err := hl7.Parse(batch.Messages[i%len(batch.Messages)])
		if err != nil {
			b.Fatal(err)
		}
		for _, p := range paths {
			text += len(m.At(p).String())
		}
	}
	if text == 0 {
		b.Fatal("nothing was read")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "msg/s")
}

// BenchmarkReply builds the acknowledgement of a message.
func BenchmarkReply(b *testing.B) {
	h := parse(b, msh+"\rPID|1\r").Header()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Reply(hl7.Ack{Code: hl7.CA, ControlID: "1", Time: ackTime}).Bytes(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCorpusSlowest reports the slowest sample, read to its last leaf; none should
// need 5 ms.
func BenchmarkCorpusSlowest(b *testing.B) {
	files := corpus(b)
	delete(files, "simhospital/all-1000.hl7") // a thousand messages, not one
	for b.Loop() {
		var slowest time.Duration
		for _, raw := range files {
			start := time.Now()
			if m, err := hl7.Parse(raw); err == nil {
				for _, v := range m.Leaves() {
					_ = v.String()
				}
			}
			slowest = max(slowest, time.Since(start))
		}
		b.ReportMetric(float64(slowest.Microseconds())/1000, "ms-slowest")
	}
}
