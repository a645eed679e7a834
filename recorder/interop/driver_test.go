package interop

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"testing"
)

// browser is the driver in Node: members that run ts-mls.
type browser struct {
	t   *testing.T
	in  io.Writer
	out *bufio.Scanner
}

// answer is what the driver says; which fields are set depends on what was asked.
type answer struct {
	Error         string
	Package       []byte
	Commit        []byte
	Welcome       []byte
	Message       []byte
	Text          []byte
	AAD           []byte
	Sender        uint32
	Epoch         int64
	Authenticator []byte
	Secret        []byte
	Active        string
	Roster        []struct {
		Index    uint32
		Identity string
	}
}

type args map[string]any

// newBrowser starts a driver of the test's own.
func newBrowser(t *testing.T) *browser {
	t.Helper()
	if _, err := os.Stat("../../node_modules/ts-mls/package.json"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("ts-mls is not installed: run npm ci")
		}
		t.Skip("ts-mls is not installed: run npm ci to let both libraries talk to each other")
	}
	cmd := exec.CommandContext(t.Context(), "node", "driver.mjs")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("node, which the web apps need as well: %v", err)
	}
	t.Cleanup(func() { in.Close(); cmd.Wait() })
	b := &browser{t, in, bufio.NewScanner(out)}
	b.out.Buffer(nil, 4<<20)
	return b
}

// try asks the driver and returns its refusal as an error.
func (b *browser) try(op string, a args) (answer, error) {
	b.t.Helper()
	if a == nil {
		a = args{}
	}
	a["op"] = op
	line, err := json.Marshal(a)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(line, '\n')); err != nil {
		b.t.Fatal(err)
	}
	if !b.out.Scan() {
		b.t.Fatalf("the driver ended at %s: %v", op, b.out.Err())
	}
	var got answer
	if err := json.Unmarshal(b.out.Bytes(), &got); err != nil {
		b.t.Fatal(err)
	}
	if got.Error != "" {
		return got, errors.New(got.Error)
	}
	return got, nil
}

func (b *browser) do(op string, a args) answer {
	b.t.Helper()
	got, err := b.try(op, a)
	if err != nil {
		b.t.Fatalf("%s in the browser: %v", op, err)
	}
	return got
}
