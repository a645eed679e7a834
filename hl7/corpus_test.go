package hl7_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wardline/wardline/hl7"
)

const corpusDir = "../../shared/data/hl7"

// corpus returns every sample message outside of the repository by its path, and skips the
// test where the samples are not there.
func corpus(tb testing.TB) map[string][]byte {
	tb.Helper()
	files := make(map[string][]byte)
	err := filepath.WalkDir(corpusDir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".hl7") {
			return err
		}
		b, err := os.ReadFile(path)
		name, _ := filepath.Rel(corpusDir, path)
		files[filepath.ToSlash(name)] = b
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skip("the sample messages are not at " + corpusDir)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return files
}

// TestCorpus states what happens to every sample: it is read and written back unchanged,
// or refused with an error that can be answered.
func TestCorpus(t *testing.T) {
	t.Parallel()
	refused := map[string]error{
		"synthetic-de/weird_no_msh.hl7":    hl7.ErrNoMSH,
		"synthetic-de/weird_short_msh.hl7": hl7.ErrShortMSH,
	}
	messages := 0
	var total hl7.Warnings
	for name, raw := range corpus(t) {
		batch, err := (hl7.Options{MaxBytes: 4 << 20}).Split(raw)
		if err == nil && len(bytes.TrimSpace(bytes.Join(batch.Messages, nil))) == 0 {
			t.Errorf("%s: split into nothing", name)
		}
		for _, one := range batch.Messages {
			var m *hl7.Message
			if m, err = hl7.Parse(one); err != nil {
				break
			}
			messages++
			checkMessage(t, name, m, one)
			for w, n := range m.Warnings() {
				total[w] += n
			}
		}
		if !errors.Is(err, refused[name]) {
			t.Errorf("%s: got error %v, want %v", name, err, refused[name])
		}
		var e *hl7.Error
		if err != nil && (!errors.As(err, &e) || e.At.Segment == "" || e.Code == 0) {
			t.Errorf("%s: error %v says not where or why", name, err)
		}
	}
	t.Logf("%d messages", messages)
	for w, n := range total {
		t.Logf("%5d %s", n, hl7.Warning(w))
	}
}

// checkMessage holds what must be true of every message that parses.
func checkMessage(t *testing.T, name string, m *hl7.Message, raw []byte) {
	t.Helper()
	if !bytes.Equal(m.Bytes(), raw) {
		t.Errorf("%s: Bytes differs from the input", name)
	}
	for p, v := range m.Leaves() {
		if got := m.At(p); string(got.Raw()) != string(v.Raw()) || got.String() != v.String() {
			t.Errorf("%s: leaf %s is %q by Leaves and %q by At", name, p, v.Raw(), got.Raw())
		}
	}
}
