package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"syscall"
	"time"

	"github.com/wardline/wardline/hl7"
)

// twentyFields are what a connector reads of an admission.
var twentyFields = [...]string{
	"MSH-3", "MSH-4", "MSH-7", "MSH-9.1", "MSH-9.2", "MSH-10", "MSH-12", "EVN-2", "PID-3.1", "PID-3[2].1",
	"PID-5.1", "PID-5.2", "PID-7", "PID-11.1", "PID-13", "PV1-2", "PV1-3.1", "PV1-3.3", "PV1-19.1", "PV1-44",
}

const (
	parserRounds = 5
	parserRound  = time.Second
	aimParser    = 100_000 // messages a second on one core
)

// measureParser parses messages, reads twenty fields of each and resolves their escapes.
// The rate is per second of processor time, the collector's work included: what other
// programs take of the machine meanwhile does not count against it.
func measureParser(ctx context.Context, b *bench) ([]result, error) {
	raw, err := os.ReadFile(b.corpus)
	if errors.Is(err, fs.ErrNotExist) {
		return []result{{Figure: "HL7 parse + 20 fields", Unit: "msg per core second", Note: "left out: the sample messages are not there"}}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read sample messages: %w", err)
	}
	batch, err := hl7.Options{MaxBytes: len(raw) + 1}.Split(raw)
	if err != nil {
		return nil, fmt.Errorf("split sample messages: %w", err)
	}
	var paths []hl7.Path
	for _, p := range twentyFields {
		paths = append(paths, hl7.MustPath(p))
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	var rates []float64
	for range parserRounds {
		rate, err := parseFor(ctx, b.scaledTime(parserRound), batch.Messages, paths)
		if err != nil {
			return nil, err
		}
		rates = append(rates, rate)
	}
	note := fmt.Sprintf("%d messages of %d bytes on average", len(batch.Messages), len(raw)/len(batch.Messages))
	r := rounds("HL7 parse + 20 fields", "msg per core second", rates).atLeast(aimParser)
	r.Note = note
	return []result{r}, nil
}

func parseFor(ctx context.Context, length time.Duration, messages [][]byte, paths []hl7.Path) (perSecond float64, err error) {
	start, before, n, text := time.Now(), ownTime(), 0, 0
	for time.Since(start) < length && ctx.Err() == nil {
		for _, raw := range messages { // the clock is read once per pass
			m, err := hl7.Parse(raw)
			if err != nil {
				return 0, fmt.Errorf("parse sample: %w", err)
			}
			for _, p := range paths {
				text += len(m.At(p).String())
			}
			n++
		}
	}
	if text == 0 {
		return 0, errors.New("nothing was read")
	}
	return float64(n) / (ownTime() - before).Seconds(), ctx.Err()
}

// ownTime is the processor time this process has used.
func ownTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0 // cannot be: both arguments are valid
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
