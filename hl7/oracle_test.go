package hl7_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/hl7"
)

// oracle reads a message the slow and obvious way, by splitting strings. It knows only
// well-formed input: segments end in CR, the delimiters are those of d.
type oracle struct {
	d        hl7.Delims
	segments []string
}

func newOracle(raw string, d hl7.Delims) oracle {
	return oracle{d, strings.Split(strings.TrimRight(raw, "\r"), "\r")}
}

// segment returns the nth segment of a name.
func (o oracle) segment(name string, n int) (string, bool) {
	for _, s := range o.segments {
		if strings.HasPrefix(s, name) {
			if n--; n == 0 {
				return s, true
			}
		}
	}
	return "", false
}

// raw returns the bytes of the leaf at p, and whether it is null.
func (o oracle) raw(p hl7.Path) (leaf string, null bool) {
	s, ok := o.segment(p.Segment, max(p.Occurrence, 1))
	if !ok {
		return "", false
	}
	index := p.Field
	if p.Segment == "MSH" {
		switch p.Field {
		case 1:
			return s[3:4], false
		case 2:
			return strings.Split(s, string(o.d.Field))[1], false
		}
		index--
	}
	leaf = s
	for _, step := range []struct {
		sep byte
		n   int
	}{{o.d.Field, index}, {o.d.Repetition, max(p.Repetition, 1) - 1}, {o.d.Component, max(p.Component, 1) - 1}, {o.d.Sub, max(p.Sub, 1) - 1}} {
		if leaf == `""` && step.sep != o.d.Field && step.sep != o.d.Repetition {
			return leaf, true
		}
		parts := strings.Split(leaf, string(step.sep))
		if step.n >= len(parts) {
			return "", false
		}
		leaf = parts[step.n]
	}
	return leaf, leaf == `""`
}

// delims draws usable delimiters.
func delims(t *rapid.T) hl7.Delims {
	chars := rapid.Permutation([]byte(`|^~\&$%*#@!;:+`)).Draw(t, "delimiters")
	return hl7.Delims{Field: chars[0], Component: chars[1], Repetition: chars[2], Escape: chars[3], Sub: chars[4]}
}

// message draws a well-formed message of those delimiters.
func message(t *rapid.T, d hl7.Delims) string {
	text := rapid.SampledFrom([]string{"", "", "a", "Großmann", `""`, "77", "x y", "."})
	var b strings.Builder
	b.WriteString("MSH" + string([]byte{d.Field, d.Component, d.Repetition, d.Escape, d.Sub}))
	b.WriteString(strings.Repeat(string(d.Field), 7) + "ADT" + string(d.Component) + "A01" + string(d.Field) + "1" + strings.Repeat(string(d.Field), 8) + "UNICODE UTF-8\r")
	names := rapid.SliceOfN(rapid.SampledFrom([]string{"PID", "PV1", "OBX", "ZAB"}), 1, 5).Draw(t, "segments")
	for _, name := range names {
		b.WriteString(name)
		n := rapid.IntRange(0, 12).Draw(t, "parts")
		for range n {
			b.WriteByte(rapid.SampledFrom([]byte{d.Field, d.Field, d.Component, d.Repetition, d.Sub}).Draw(t, "delimiter"))
			b.WriteString(text.Draw(t, "text"))
		}
		// A name must be followed by the field separator.
		if n > 0 && !strings.HasPrefix(b.String()[strings.LastIndex(b.String(), name)+3:], string(d.Field)) {
			s := b.String()
			at := strings.LastIndex(s, name) + 3
			b.Reset()
			b.WriteString(s[:at] + string(d.Field) + s[at:])
		}
		b.WriteByte('\r')
	}
	return b.String()
}

// place draws a path that may or may not exist.
func place(t *rapid.T) hl7.Path {
	return hl7.Path{
		Segment:    rapid.SampledFrom([]string{"MSH", "PID", "PV1", "OBX", "ZAB", "ZZZ"}).Draw(t, "segment"),
		Occurrence: rapid.IntRange(0, 3).Draw(t, "occurrence"),
		Field:      rapid.IntRange(1, 11).Draw(t, "field"),
		Repetition: rapid.IntRange(0, 4).Draw(t, "repetition"),
		Component:  rapid.IntRange(0, 4).Draw(t, "component"),
		Sub:        rapid.IntRange(0, 3).Draw(t, "sub"),
	}
}

// TestAgainstOracle: the index finds what splitting strings finds, whatever the delimiters.
func TestAgainstOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := delims(t)
		raw := message(t, d)
		m, err := hl7.Parse([]byte(raw))
		if err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		o := newOracle(raw, d)
		for range 20 {
			p := place(t)
			want, null := o.raw(p)
			got := m.At(p)
			if string(got.Raw()) != want || got.Null() != null || got.Absent() != (want == "") {
				t.Fatalf("%s in %q is %q null %v, want %q null %v", p, raw, got.Raw(), got.Null(), want, null)
			}
			if again, err := hl7.ParsePath(p.String()); err == nil && string(m.At(again).Raw()) != want && p.Component > 0 {
				t.Fatalf("%s written and read again finds something else", p)
			}
		}
	})
}

// TestLeavesComplete: Leaves finds every leaf that there is, and each only once.
func TestLeavesComplete(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := delims(t)
		raw := message(t, d)
		m, err := hl7.Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[string]bool)
		text := 0
		for p, v := range m.Leaves() {
			if seen[p.String()] {
				t.Fatalf("%s twice in %q", p, raw)
			}
			seen[p.String()] = true
			text += len(v.Raw())
		}
		// All that is not in a leaf is delimiters, names and segment ends.
		rest := len(raw) - text
		for _, s := range newOracle(raw, d).segments {
			rest -= 4 // name and CR
			for _, c := range []byte{d.Field, d.Component, d.Repetition, d.Sub} {
				rest -= strings.Count(s, string(c))
			}
		}
		// MSH-1 and MSH-2 are delimiters and leaves as well; the escape character is neither.
		if rest != -4 {
			t.Fatalf("%d bytes of %q are in no leaf", rest+4, raw)
		}
	})
}

// TestSetProperty: after Set the place reads what was written, everything else what it was.
func TestSetProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := delims(t)
		raw := message(t, d)
		input := []byte(raw)
		m, err := hl7.Parse(input)
		if err != nil {
			t.Fatal(err)
		}
		p, text := place(t), rapid.SampledFrom([]string{"N", "a|b^c~d\\e&f", "ä€", "x\ny"}).Draw(t, "text")
		p.Occurrence = min(p.Occurrence, 1)
		if p.Component == 0 {
			p.Sub = 0
		}
		p.Repetition = max(p.Repetition, 1)
		others := otherFields(m, p)
		if m.Set(p, text) != nil {
			return // MSH-1, MSH-2: tested by name elsewhere
		}
		if got := m.At(p).String(); got != text {
			t.Fatalf("%s in %q reads %q, want %q", p, m.Bytes(), got, text)
		}
		for q, want := range others {
			if got := string(m.At(q).Raw()); got != want {
				t.Fatalf("writing %s changed %s from %q to %q", p, q, want, got)
			}
		}
		if string(input) != raw {
			t.Fatal("the input was changed")
		}
	})
}

// otherFields returns the leaves that are not in the field of p.
func otherFields(m *hl7.Message, p hl7.Path) map[hl7.Path]string {
	leaves := make(map[hl7.Path]string)
	for q, v := range m.Leaves() {
		if q.Segment != p.Segment || max(q.Occurrence, 1) != max(p.Occurrence, 1) || q.Field != p.Field {
			leaves[q] = string(v.Raw())
		}
	}
	return leaves
}

// TestSplitProperty: messages put one after another, in a batch or not, come out again.
func TestSplitProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := hl7.DefaultDelims()
		var messages [][]byte
		for range rapid.IntRange(1, 5).Draw(t, "messages") {
			messages = append(messages, []byte(message(t, d)))
		}
		raw := bytes.Join(messages, nil)
		batched := rapid.Bool().Draw(t, "batched")
		if batched {
			raw = fmt.Appendf(nil, "FHS|^~\\&|K\rBHS|^~\\&|K\r%sBTS|%d\rFTS|1\r", raw, len(messages))
		}
		b, err := hl7.Options{}.Split(raw)
		if err != nil || b.Batched != batched || b.Warnings.Total() != 0 || len(b.Messages) != len(messages) {
			t.Fatalf("%q gives %d messages, batched %v, warnings %v, %v", raw, len(b.Messages), b.Batched, b.Warnings, err)
		}
		for i := range messages {
			if !bytes.Equal(b.Messages[i], messages[i]) {
				t.Fatalf("message %d is %q, want %q", i, b.Messages[i], messages[i])
			}
		}
	})
}
