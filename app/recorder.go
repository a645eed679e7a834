package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder"
)

// tokenLife is how long the recorder's token works. It is a secret file beside the keys and
// is made anew by deleting it.
const tokenLife = 10 * 365 * 24 * time.Hour

// recorderState is what a hub knows of its clinic's recorder.
type recorderState struct {
	user hub.UserID
	seen atomic.Int64 // when this node last had its connection, Unix seconds
}

// buildRecorder makes the recorder's account and the token it signs in with, where they are
// missing.
func (a *App) buildRecorder(ctx context.Context) error {
	user, created, err := a.db.EnsureRecorder(ctx, a.clinic.ID)
	if err != nil {
		return err
	}
	a.recorder.user = user
	path := a.config.path("recorder.token")
	if _, err := os.Stat(path); !created && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	token, err := a.accounts.IssueLink(ctx, a.clinic.ID, user, tokenLife, true)
	if err != nil {
		return err
	}
	return writeSecret(path, []byte(token+"\n"))
}

// writeSecret replaces a file that only its owner may read.
func writeSecret(path string, content []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*") // made with mode 0600
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(content)
	if err = errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return os.Rename(tmp.Name(), path)
}

// Recorder runs the recorder until ctx ends: a process of its own, with keys of its own.
// startOver is for one whose keys are lost; see recorder.Options.
func Recorder(ctx context.Context, s Setup, startOver bool) error {
	c, err := s.load()
	if err != nil {
		return err
	}
	log, _, err := newLogger(c.Log, os.Stderr)
	if err != nil {
		return err
	}
	o := recorderOptions(c, log)
	o.StartOver = startOver
	return recorder.Run(ctx, o)
}

// recorderOptions fills in what the configuration leaves open: the hub on the same machine.
func recorderOptions(c Config, log *slog.Logger) recorder.Options {
	o := recorder.Options{Hub: c.Recorder.Hub, TokenFile: c.Recorder.TokenFile, DataDir: c.Recorder.DataDir, Log: log}
	if o.Hub == "" {
		o.Hub = baseURL(c.Chat.ListenConfig)
	}
	if o.TokenFile == "" {
		o.TokenFile = c.path("recorder.token")
	}
	if o.DataDir == "" {
		o.DataDir = c.path("recorder")
	}
	return o
}
