package hl7v2

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/server/form"
)

func TestConfigSchema(t *testing.T) {
	t.Parallel()
	var v any
	if err := json.Unmarshal(form.ConfigSchema(Kind()), &v); err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/schema.golden"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)+"\n"); d != "" {
		t.Error(d)
	}
}

// mfk sends a notification with the level of answers it asks for, and lists the answer.
func mfk(t *testing.T, raw []byte, level string) (string, []string) {
	t.Helper()
	lines := strings.Split(string(modes(t, raw, "", "")), "\r")
	for i, l := range lines {
		if strings.HasPrefix(l, "MFI|") {
			fields := append(strings.Split(l, "|"), "", "", "")
			fields[6] = level
			lines[i] = strings.Join(fields[:7], "|")
		}
	}
	r := start(t, "")
	m := exchange(t, r.dial(), []byte(strings.Join(lines, "\r")))
	var fates []string
	for s := range m.Each("MFA") {
		fates = append(fates, s.Field(2).String()+" "+s.Field(4).String()+" "+string(s.Raw(5)))
	}
	return m.Get("MSH-9.1").String() + "^" + m.Get("MSH-9.2").String() + " " + m.Get("MSA-1").String(), fates
}

// Each level of MFI-6 hears of its records, for staff and for locations, with the whole key.
func TestMasterFileAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		sample, level, head string
		want                []string
	}{
		{"mfn_m05_hierarchy", "AL", "MFK^M05 AA", []string{"L1 S CHI", "L2 S 4B^^^LINDEN", "L3 S 4B^12^1", "L4 S 5A", "L5 S 9Z", "L6 U ", "L7 U 7C"}},
		{"mfn_m05_hierarchy", "ER", "MFK^M05 AA", []string{"L6 U ", "L7 U 7C"}},
		{"mfn_m05_hierarchy", "SU", "MFK^M05 AA", []string{"L1 S CHI", "L2 S 4B^^^LINDEN", "L3 S 4B^12^1", "L4 S 5A", "L5 S 9Z"}},
		{"mfn_m05_hierarchy", "NE", "ACK^M05 AA", nil},
		{"mfn_m05_hierarchy", "", "ACK^M05 AA", nil},
		{"mfn_m02_odd_records", "ER", "MFK^M02 AA", []string{"R2 U ", "R3 U 7003"}},
		{"mfn_m02_MAD", "AL", "MFK^M02 AA", []string{"REC0 S 4711^^KIS"}},
	}
	for _, tt := range tests {
		t.Run(tt.sample+" "+tt.level, func(t *testing.T) {
			t.Parallel()
			head, got := mfk(t, sample(t, tt.sample), tt.level)
			if d := cmp.Diff(tt.want, got); d != "" || head != tt.head {
				t.Errorf("answered %s %s", head, d)
			}
		})
	}
}

// batched puts messages into a batch file.
func batched(messages ...[]byte) []byte {
	out := []byte("FHS|^~\\&|KIS|L|HUB|L|20260201||||F1\rBHS|^~\\&|KIS|L|HUB|L|20260201||||B1\r")
	for _, m := range messages {
		out = append(append(out, m...), '\r')
	}
	return fmt.Appendf(out, "BTS|%d\rFTS|1\r", len(messages))
}

func TestBatches(t *testing.T) {
	t.Parallel()
	in := batched(sample(t, "mfn_m02_MAD"), sample(t, "adt_a01_UNICODE_UTF-8"), []byte("MSH|^~\\&|KIS\r"))
	t.Run("answered one by one", func(t *testing.T) {
		t.Parallel()
		r := start(t, "")
		c := r.dial()
		if got := ack(exchange(t, c, in)); !strings.HasPrefix(got, "CA ") {
			t.Errorf("first %q", got)
		}
		for range 2 {
			if reply, err := c.Receive(t.Context()); err != nil || strings.HasPrefix(string(reply), "BHS") {
				t.Errorf("%q, %v", reply, err)
			}
		}
	})
	t.Run("answered as a batch", func(t *testing.T) {
		t.Parallel()
		r := start(t, `"batch_ack":"batch"`)
		reply, err := r.dial().Exchange(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		b, err := hl7.Options{}.Split(reply)
		if err != nil || !b.Batched || b.Warnings.Total() != 0 || len(b.Messages) < 3 {
			t.Fatalf("%q: %+v, %v", reply, b, err)
		}
		lines := strings.Split(string(reply), "\r")
		head := strings.Split(lines[1], "|")
		if !strings.HasPrefix(lines[0], "FHS|^~\\&|HUB|L|KIS|L|") || head[0] != "BHS" || head[11] != "B1" || head[10] == "" {
			t.Errorf("headers %q", lines[:2])
		}
		if last := parse(t, b.Messages[len(b.Messages)-1]); last.Get("MSA-1").String() != "AR" {
			t.Errorf("the broken message was answered %q", last.Bytes())
		}
		if len(r.changes) != 1 || len(r.moves) != 1 {
			t.Errorf("%d changes, %d moves", len(r.changes), len(r.moves))
		}
	})
	t.Run("single messages are answered alone", func(t *testing.T) {
		t.Parallel()
		r := start(t, `"batch_ack":"batch"`)
		if got := ack(exchange(t, r.dial(), sample(t, "adt_a01_UNICODE_UTF-8"))); got != "CA A01-1" {
			t.Errorf("answered %q", got)
		}
	})
}

// dropped starts a connector with a folder, and puts files into it whole.
func dropped(t *testing.T) (*rig, string) {
	t.Helper()
	dir := t.TempDir()
	return start(t, fmt.Sprintf(`"drop_folder":%q,"poll_seconds":1`, dir)), dir
}

func drop(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "."+name), content, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "."+name), filepath.Join(dir, name)); err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			out = append(out, e.Name())
		}
	}
	return out
}

func TestDropFolder(t *testing.T) {
	t.Parallel()
	r, dir := dropped(t)
	good := batched(sample(t, "mfn_m02_MAD"), sample(t, "adt_a01_UNICODE_UTF-8"))
	drop(t, dir, "1-good.hl7", good)
	drop(t, dir, "2-framed.hl7", []byte("\x0b"+string(sample(t, "pmu_b01"))+"\x1c\r\x0b"+string(sample(t, "pmu_b02"))+"\x1c\r"))
	drop(t, dir, "3-odd.hl7", sample(t, "mfn_m02_odd_records"))
	drop(t, dir, "4-cut.hl7", []byte(strings.Replace(string(good), "BTS|2", "BTS|3", 1)))
	drop(t, dir, "5-nonsense.pdf", []byte("%PDF"))
	drop(t, dir, "6-empty", nil)
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "7-link")); err != nil {
		t.Fatal(err)
	}
	r.until(func() bool { return len(names(t, dir)) == 0 })
	if got := names(t, filepath.Join(dir, "done")); !slices.Equal(got, []string{"1-good.hl7", "1-good.hl7.ack", "2-framed.hl7", "2-framed.hl7.ack"}) {
		t.Errorf("done %q", got)
	}
	want := []string{"3-odd.hl7", "3-odd.hl7.ack", "4-cut.hl7", "4-cut.hl7.ack", "5-nonsense.pdf", "5-nonsense.pdf.ack", "6-empty", "6-empty.ack"}
	if got := names(t, filepath.Join(dir, "failed")); !slices.Equal(got, want) {
		t.Errorf("failed %q", got)
	}
	answer, err := os.ReadFile(filepath.Join(dir, "done", "1-good.hl7.ack"))
	if err != nil {
		t.Fatal(err)
	}
	if b, err := (hl7.Options{}).Split(answer); err != nil || !b.Batched || len(b.Messages) < 2 || b.Warnings.Total() != 0 {
		t.Errorf("answers %q, %v", answer, err)
	}
	// The same name again does not overwrite what is there.
	drop(t, dir, "1-good.hl7", good)
	r.until(func() bool { return len(names(t, dir)) == 0 })
	if got := names(t, filepath.Join(dir, "done")); len(got) != 6 {
		t.Errorf("done %q", got)
	}
}

// A file waits while nothing can be stored, and those behind it wait too.
func TestDropFolderWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	r, dir := dropped(t)
	r.mu.Lock()
	r.away = true
	r.mu.Unlock()
	drop(t, dir, "1.hl7", sample(t, "mfn_m02_MAD"))
	drop(t, dir, "2.hl7", sample(t, "mfn_m02_MDC"))
	r.until(func() bool { return r.Counters(id)["file_waits"] > 0 })
	if got := names(t, dir); !slices.Equal(got, []string{"1.hl7", "2.hl7"}) || r.Health(id).State != connectors.Degraded {
		t.Errorf("folder %q, health %+v", got, r.Health(id))
	}
	r.mu.Lock()
	r.away = false
	r.mu.Unlock()
	r.until(func() bool { return len(names(t, dir)) == 0 && r.Health(id).State == connectors.Up })
	if len(r.changes) != 2 {
		t.Errorf("%d changes", len(r.changes))
	}
}

func TestDropFolderMustExist(t *testing.T) {
	t.Parallel()
	r := start(t, "")
	for _, settings := range []string{`"drop_folder":"/no/such/folder"`, `"drop_folder":"relative"`, `"batch_ack":"x"`, `"poll_seconds":0`} {
		if err := r.apply(settings); err == nil {
			t.Errorf("%s: accepted", settings)
		}
	}
}
