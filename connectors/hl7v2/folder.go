package hl7v2

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wardline/wardline/hl7"
)

// Where files go once they are dealt with: done, or failed where any message of theirs was
// refused, could not be read or could not be used as a whole.
const (
	doneFolder   = "done"
	failedFolder = "failed"
)

// maxFile is the largest file: a full reload of a large house is a few of these.
const maxFile = 64 << 20

// fileMark is what a file looks like. One that looks the same twice is written to its end.
type fileMark struct {
	size int64
	at   time.Time
}

// prepareFolder makes the folders below the drop folder, which must exist: a mistyped path
// is not to be created in silence.
func (r *receiver) prepareFolder() error {
	if r.config.DropFolder == "" {
		return nil
	}
	if info, err := os.Stat(r.config.DropFolder); err != nil || !info.IsDir() {
		return invalid("drop_folder", "there is no such folder")
	}
	for _, sub := range []string{doneFolder, failedFolder} {
		if err := os.MkdirAll(filepath.Join(r.config.DropFolder, sub), 0o700); err != nil {
			return invalid("drop_folder", "the folders done and failed cannot be made in it")
		}
	}
	return nil
}

// watch looks into the folder again and again until ctx ends. Files hold the same messages a
// port receives, one after another or in a batch.
func (r *receiver) watch(ctx context.Context) {
	tick := time.NewTicker(r.poll)
	defer tick.Stop()
	var seen map[string]fileMark
	for {
		seen = r.look(ctx, seen)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// look takes every file that has not changed since the last look, in the order of their
// names, and returns what it saw. A file whose turn cannot come stops those behind it: they
// may be later words about the same people.
func (r *receiver) look(ctx context.Context, before map[string]fileMark) map[string]fileMark {
	now, err := r.list()
	if err != nil {
		r.env.Count("folder_unreadable")
		r.setFolder("the drop folder cannot be read")
		return nil
	}
	trouble := ""
	for _, name := range slices.Sorted(maps.Keys(now)) {
		if ctx.Err() != nil {
			break
		}
		if before[name] != now[name] {
			break
		}
		if err := r.file(ctx, name); err != nil {
			r.env.Count("file_waits")
			r.env.Log.Warn("file of the drop folder waits", "error", err)
			trouble = "files of the drop folder wait: they cannot be stored or moved at the moment"
			break
		}
	}
	r.setFolder(trouble)
	return now
}

// list returns the files that may be taken. Links are left alone: they lead out of the folder.
func (r *receiver) list() (map[string]fileMark, error) {
	entries, err := os.ReadDir(r.config.DropFolder)
	if err != nil {
		return nil, err
	}
	out := map[string]fileMark{}
	for _, e := range entries {
		info, err := e.Info()
		hidden := strings.HasPrefix(e.Name(), ".") || strings.HasPrefix(e.Name(), "~") || strings.HasSuffix(e.Name(), ".tmp")
		if err == nil && info.Mode().IsRegular() && !hidden {
			out[e.Name()] = fileMark{info.Size(), info.ModTime()}
		}
	}
	return out, nil
}

// file stores the messages of one file, and only then moves it and puts the answers beside
// it. Should the hub die in between, the file is read once more: every message is known by
// what it holds, so it takes effect once.
func (r *receiver) file(ctx context.Context, name string) error {
	raw, err := readFile(filepath.Join(r.config.DropFolder, name))
	switch {
	case errors.Is(err, fs.ErrNotExist): // another node was quicker
		return nil
	case errors.Is(err, errFileTooLarge):
		r.env.Count("file_too_large")
		return r.settle(name, failedFolder, []byte(err.Error()+"\r"))
	case err != nil:
		return fmt.Errorf("read a file: %w", err)
	}
	options := r.options
	options.MaxBytes = maxFile
	batch, err := options.Split(unframed(raw))
	if err != nil {
		reply, err := r.refuse(ctx, "", raw[:min(len(raw), r.config.MaxFrameBytes)], err)
		if err != nil {
			return err
		}
		return r.settle(name, failedFolder, reply)
	}
	// A reload stops after the message in hand and leaves the file where it is.
	out := r.batch(context.WithoutCancel(ctx), ctx, "", batch)
	if ctx.Err() != nil {
		return nil
	}
	if out.err != nil {
		return fmt.Errorf("store messages of a file: %w", out.err)
	}
	answer := batch.Reply(out.replies, rand.Text()[:20], r.env.Now())
	if answer == nil {
		answer = bytes.Join(out.replies, []byte("\r"))
	}
	r.env.Count("files_taken")
	if out.refused > 0 || batch.Warnings.Count(hl7.WarnBatch) > 0 {
		return r.settle(name, failedFolder, answer)
	}
	return r.settle(name, doneFolder, answer)
}

// unframed takes away the marks of MLLP, which some programs write into files too.
func unframed(raw []byte) []byte {
	return bytes.ReplaceAll(bytes.ReplaceAll(raw, []byte("\x1c"), nil), []byte("\x0b"), nil)
}

var errFileTooLarge = fmt.Errorf("the file has more than %d bytes", maxFile)

func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(raw) > maxFile {
		err = errFileTooLarge
	}
	return raw, err
}

// settle moves a file and writes the answers beside it, under a name that was not taken yet.
func (r *receiver) settle(name, folder string, answer []byte) error {
	from, to := filepath.Join(r.config.DropFolder, name), filepath.Join(r.config.DropFolder, folder, name)
	if _, err := os.Lstat(to); err == nil {
		ext := filepath.Ext(to)
		to = strings.TrimSuffix(to, ext) + "-" + r.env.Now().UTC().Format("20060102T150405.000000000") + ext
	}
	if err := os.WriteFile(to+".ack", answer, 0o600); err != nil {
		return fmt.Errorf("write the answers to a file: %w", err)
	}
	if err := os.Rename(from, to); err != nil {
		return fmt.Errorf("move a file: %w", err)
	}
	return nil
}

func (r *receiver) setFolder(trouble string) {
	r.mu.Lock()
	changed := r.folder != trouble
	r.folder = trouble
	r.mu.Unlock()
	if changed {
		r.report()
	}
}
