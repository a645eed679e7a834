package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

const webBound = 6 * time.Minute

// webResult is a line of the table as chatui/bench/run.mjs prints it.
type webResult struct {
	result
	AtMost  float64 `json:"atMost"`
	AtLeast float64 `json:"atLeast"`
}

// measureWeb measures the chat client in a real Chromium. What does so is JavaScript, because
// what is measured is.
func measureWeb(ctx context.Context, b *bench) ([]result, error) {
	if _, err := os.Stat(filepath.Join(filepath.Dir(b.web), "../dist/index.html")); err != nil {
		return []result{{Figure: "Chromium", Note: "left out: the chat client is not built (make web)"}}, nil
	}
	if err := b.closeHub(); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, webBound)
	defer cancel()
	args := []string{b.web}
	if b.quick {
		args = append(args, "--quick")
	}
	cmd := exec.CommandContext(ctx, "node", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	// Asked to end, the script closes its browser.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("run %s: %w\n%.2000s", b.web, err, said.String())
	}
	return readWeb(out.Bytes(), &b.chromium)
}

func readWeb(out []byte, version *string) ([]result, error) {
	var got struct {
		Version string      `json:"version"`
		Results []webResult `json:"results"`
	}
	if err := json.Unmarshal(out, &got); err != nil {
		return nil, fmt.Errorf("read what Chromium measured: %w", err)
	}
	*version = got.Version
	var all []result
	for _, r := range got.Results {
		switch {
		case r.AtMost > 0:
			r.result = r.atMost(r.AtMost)
		case r.AtLeast > 0:
			r.result = r.atLeast(r.AtLeast)
		}
		all = append(all, r.result)
	}
	return all, nil
}
