package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
	"time"
)

// worker is the child process that makes the load. It is told one thing at a time.
type worker struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	enc *json.Encoder
	dec *json.Decoder
}

// order is one line to the child, reply the line it answers with.
type order struct {
	Op   string          `json:"op"`
	Args json.RawMessage `json:"args"`
}

type reply struct {
	Error string          `json:"error,omitempty"`
	Data  json.RawMessage `json:"data,omitempty"`
}

func startWorker() (*worker, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	w := &worker{cmd: exec.Command(self, "-load")}
	w.cmd.Stderr = os.Stderr
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	in, err := w.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("connect to the load process: %w", err)
	}
	out, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("connect to the load process: %w", err)
	}
	if err := w.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the load process: %w", err)
	}
	w.in, w.enc, w.dec = in, json.NewEncoder(in), json.NewDecoder(bufio.NewReader(out))
	return w, nil
}

// do gives an order and waits for its reply; the child bounds itself, within is a safety.
func (w *worker) do(ctx context.Context, within time.Duration, op string, args, out any) error {
	raw, err := json.Marshal(args)
	if err != nil {
		return fmt.Errorf("order %s: %w", op, err)
	}
	done := make(chan error, 1)
	var r reply
	go func() { done <- errors.Join(w.enc.Encode(order{op, raw}), w.dec.Decode(&r)) }()
	select {
	case err = <-done:
	case <-time.After(within):
		err = fmt.Errorf("no answer within %v", within)
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err == nil && r.Error != "" {
		err = errors.New(r.Error)
	}
	if err != nil {
		return fmt.Errorf("load process, %s: %w", op, err)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(r.Data, out)
}

// stop ends the child; its sockets close with it.
func (w *worker) stop() {
	w.in.Close()
	_ = w.cmd.Process.Kill()
	_ = w.cmd.Wait()
}

// serveLoad is the child: it obeys orders until the parent closes its input.
func serveLoad(ctx context.Context, in io.Reader, out io.Writer) error {
	l := &loader{arrivals: newArrivals(), parties: map[string]*party{}}
	dec, enc := json.NewDecoder(bufio.NewReader(in)), json.NewEncoder(out)
	for {
		var o order
		if err := dec.Decode(&o); err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read order: %w", err)
		}
		if err := enc.Encode(l.obey(ctx, o)); err != nil {
			return fmt.Errorf("reply: %w", err)
		}
	}
}

// loader is the state of the child.
type loader struct {
	arrivals *arrivals
	sockets  []*socket
	ended    atomic.Pointer[error] // why the first of them ended before its time
	parties  map[string]*party     // by protocol
}

func (l *loader) obey(ctx context.Context, o order) reply {
	var data any
	var err error
	switch o.Op {
	case "open":
		data, err = run(ctx, o, l.open)
	case "alerts":
		data, err = run(ctx, o, l.raiseAlerts)
	case "emergency":
		data, err = run(ctx, o, l.raiseEmergency)
	case "connect":
		data, err = run(ctx, o, l.connect)
	case "leave":
		data, err = run(ctx, o, l.leave)
	case "talk":
		data, err = run(ctx, o, l.talk)
	case "mllp":
		data, err = run(ctx, o, sendHL7)
	case "insert":
		data, err = run(ctx, o, insertRows)
	default:
		err = fmt.Errorf("unknown order %q", o.Op)
	}
	if err != nil {
		return reply{Error: err.Error()}
	}
	raw, err := json.Marshal(data)
	if err != nil {
		return reply{Error: err.Error()}
	}
	return reply{Data: raw}
}

// run reads the arguments of an order and obeys it.
func run[A, R any](ctx context.Context, o order, do func(context.Context, A) (R, error)) (any, error) {
	var args A
	if err := json.Unmarshal(o.Args, &args); err != nil {
		return nil, fmt.Errorf("read arguments: %w", err)
	}
	return do(ctx, args)
}
