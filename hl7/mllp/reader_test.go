package mllp_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/wardline/wardline/hl7/mllp"
)

// readAll reads frames until an error, going on after oversize ones.
func readAll(r *mllp.Reader) (frames, warned []string, err error) {
	r.Warn = func(w mllp.Warning) { warned = append(warned, mllp.Name(w)) }
	for {
		frame, err := r.ReadFrame()
		switch {
		case errors.Is(err, mllp.ErrOversize) && !errors.Is(err, mllp.ErrHalf):
			frames = append(frames, "oversize")
		case err != nil:
			return frames, warned, err
		default:
			frames = append(frames, string(frame))
		}
	}
}

func TestReader(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		in     string
		frames []string
		warned []string
		err    error
	}{
		"one":                   {"\x0bMSH|a\r\x1c\r", []string{"MSH|a\r"}, nil, io.EOF},
		"two":                   {"\x0ba\x1c\r\x0bb\x1c\r", []string{"a", "b"}, nil, io.EOF},
		"no CR, next frame":     {"\x0ba\x1c\x0bb\x1c\r", []string{"a", "b"}, []string{"no_cr_after_frame"}, io.EOF},
		"no CR, end":            {"\x0ba\x1c", []string{"a"}, []string{"no_cr_after_frame"}, io.EOF},
		"LF instead of CR":      {"\x0ba\x1c\n\x0bb\x1c\r", []string{"a", "b"}, []string{"no_cr_after_frame", "whitespace_between_frames"}, io.EOF},
		"CR LF":                 {"\x0ba\x1c\r\n\x0bb\x1c\r", []string{"a", "b"}, []string{"whitespace_between_frames"}, io.EOF},
		"second CR":             {"\x0ba\x1c\r\r\x0bb\x1c\r", []string{"a", "b"}, nil, io.EOF},
		"garbage":               {"hello\x0ba\x1c\r", []string{"a"}, []string{"garbage_between_frames"}, io.EOF},
		"separator in message":  {"\x0ba\x1cb\x1c\r", []string{"a\x1cb"}, []string{"separator_in_message"}, io.EOF},
		"start within message":  {"\x0ba\x0bb\x1c\r", []string{"a\x0bb"}, nil, io.EOF},
		"restarted":             {"\x0bMSH|half\r\x0bMSH|whole\r\x1c\r", []string{"MSH|whole\r"}, []string{"frame_restarted"}, io.EOF},
		"empty":                 {"\x0b\x1c\r\x0ba\x1c\r", []string{"a"}, []string{"frame_empty"}, io.EOF},
		"half":                  {"\x0bMSH|a", nil, nil, mllp.ErrHalf},
		"start only":            {"\x0b", nil, nil, mllp.ErrHalf},
		"at the limit":          {"\x0b" + strings.Repeat("x", 40) + "\x1c\r", []string{strings.Repeat("x", 40)}, nil, io.EOF},
		"over the limit by one": {"\x0b" + strings.Repeat("x", 41) + "\x1c\r\x0bb\x1c\r", []string{"oversize", "b"}, nil, io.EOF},
		"far over the limit":    {"\x0b" + strings.Repeat("x", 1<<20) + "\x1c\r\x0bb\x1c\r", []string{"oversize", "b"}, nil, io.EOF},
		"over the hard limit":   {"\x0b" + strings.Repeat("x", 17<<20) + "\x1c\r\x0bb\x1c\r", nil, nil, mllp.ErrHalf},
		"another protocol":      {strings.Repeat("GET / HTTP/1.1 ", 5000), nil, []string{"whitespace_between_frames", "garbage_between_frames"}, mllp.ErrGarbage},
		"nothing":               {"", nil, nil, io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			streams := map[string]io.Reader{"whole": strings.NewReader(tc.in)}
			if len(tc.in) < 1000 {
				streams["byte by byte"] = iotest.OneByteReader(strings.NewReader(tc.in))
			}
			for how, stream := range streams {
				r := mllp.NewReader(stream)
				r.MaxFrame = 40
				frames, warned, err := readAll(r)
				if diff := cmp.Diff(tc.frames, frames); diff != "" || !errors.Is(err, tc.err) {
					t.Errorf("%s: error %v, frames %s", how, err, diff)
				}
				if diff := cmp.Diff(tc.warned, warned); diff != "" {
					t.Errorf("%s: warnings %s", how, diff)
				}
			}
		})
	}
}

func TestOversizeHead(t *testing.T) {
	t.Parallel()
	r := mllp.NewReader(strings.NewReader("\x0bMSH|head" + strings.Repeat("x", 2<<20) + "\x1c\r"))
	_, err := r.ReadFrame()
	var over *mllp.OversizeError
	if !errors.As(err, &over) || !bytes.HasPrefix(over.Head, []byte("MSH|head")) || len(over.Head) != 4<<10 || over.Limit != mllp.DefaultMaxFrame {
		t.Errorf("got %v", err)
	}
}

// TestSilentEnd: a peer that never sends the last CR waits for its answer, so silence must
// end the frame; one that pauses within a message goes on afterwards.
func TestSilentEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		defer near.Close()
		r := mllp.NewReader(near)
		r.FrameTimeout = 10 * time.Second
		var warned []string
		r.Warn = func(w mllp.Warning) { warned = append(warned, mllp.Name(w)) }
		go func() {
			io.WriteString(far, "\x0ba\x1c")
			time.Sleep(time.Second)
			io.WriteString(far, "\r\x0bb\x1c")
			time.Sleep(100 * time.Millisecond) // shorter than the wait for a CR
			io.WriteString(far, "b")
			time.Sleep(time.Second) // longer than it: the frame's own time must be back
			io.WriteString(far, "b\x1c\r\x0bc")
		}()
		for _, want := range []string{"a", "b\x1cbb"} {
			if got, err := r.ReadFrame(); string(got) != want || err != nil {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
			near.SetReadDeadline(time.Time{})
		}
		start := time.Now()
		if got, err := r.ReadFrame(); !errors.Is(err, mllp.ErrHalf) || time.Since(start) != 10*time.Second {
			t.Errorf("a frame that never ends gives %q, %v after %s", got, err, time.Since(start))
		}
		if diff := cmp.Diff([]string{"no_cr_after_frame", "separator_in_message"}, warned); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWriter(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	w := mllp.NewWriter(&out)
	for _, m := range []string{"MSH|a\r", "b\x1cb"} {
		if err := w.WriteFrame([]byte(m)); err != nil {
			t.Error(err)
		}
	}
	if got := out.String(); got != "\x0bMSH|a\r\x1c\r\x0bb\x1cb\x1c\r" {
		t.Errorf("wrote %q", got)
	}
	if err := w.WriteFrame([]byte("a\x1c\rb")); !errors.Is(err, mllp.ErrPayload) {
		t.Errorf("an end of frame in the message gives %v", err)
	}
	near, far := net.Pipe()
	near.Close()
	far.Close()
	if err := mllp.NewWriter(near).WriteFrame([]byte("a")); err == nil {
		t.Error("writing to a closed connection succeeds")
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for _, err := range []error{
		mllp.ErrOversize, mllp.ErrHalf, mllp.ErrGarbage, mllp.ErrPayload, mllp.ErrTLS, mllp.ErrTooMany, mllp.ErrHandler,
		mllp.ErrWrite, mllp.ErrIdle, mllp.ErrAccept, mllp.WarnNoCR, mllp.WarnWhitespace, mllp.WarnGarbage,
		mllp.WarnSeparator, mllp.WarnRestart, mllp.WarnEmpty, io.ErrUnexpectedEOF,
	} {
		if n := mllp.Name(err); n == "" || n == "unknown" || seen[n] {
			t.Errorf("%v has the name %q", err, n)
		} else {
			seen[n] = true
		}
	}
}

// FuzzReader: no panic, no frame over the limit, and the same frames however the stream is
// cut into pieces.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"\x0ba\x1c\r", "\x0ba\x1c\x0bb\x1c", "x\x0b\x0bMSH\x1c\x1c\r", "\x0b\x1c\r\r\n", "\x0b0123456789012345678901234567890123456789\x1c\r"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		read := func(stream io.Reader) (frames, warned []string) {
			r := mllp.NewReader(stream)
			r.MaxFrame = 32
			frames, warned, err := readAll(r)
			if err == nil || len(in) < 1000 && err != io.EOF && !errors.Is(err, mllp.ErrHalf) {
				t.Errorf("ends with %v", err)
			}
			return frames, warned
		}
		frames, warned := read(bytes.NewReader(in))
		for _, frame := range frames {
			if len(frame) > 32 || len(frame) == 0 {
				t.Errorf("frame %q", frame)
			}
		}
		frames2, warned2 := read(iotest.OneByteReader(bytes.NewReader(in)))
		if diff := cmp.Diff([][]string{frames, warned}, [][]string{frames2, warned2}); diff != "" {
			t.Error(diff)
		}
	})
}
