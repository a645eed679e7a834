package recorder

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/vault"
)

// Options say where the recorder works.
type Options struct {
	Hub       string // base URL of the chat listener
	TokenFile string // where the hub wrote the token to sign in with
	DataDir   string // the recorder's own; one process at a time
	Log       *slog.Logger
	StartOver bool              // the old data directory is lost: begin under a new account key, of which everybody is warned
	Transport http.RoundTripper // of the REST calls; nil: the default
	Report    func(Health)      // is told of each change; may be nil

	now   func() time.Time
	pool  int // key packages
	times times
	disk  disk                                                          // tests put one around the vault
	send  func(*client.Stream, hub.RoomID, string, int64, []byte) error // and around the socket
}

// Health is how the recorder is doing.
type Health struct {
	Connected bool
	Rooms     int   // it is a member of
	Stuck     int   // stand still because of a commit that it cannot accept
	Lost      int   // whose state was lost
	Faults    int64 // messages it could not open, since it started
	Refused   int64 // devices it would not add, since it started
}

// disk is what the recorder keeps its state on.
type disk interface {
	Put(name string, plain []byte) error
	Get(name string) ([]byte, error)
	Names(folder string) ([]string, error)
	Aside(name string) error
}

// times are the paces; tests have shorter ones.
type times struct {
	poll     time.Duration // asks the hub what is to be mended; a hint may be lost
	flush    time.Duration // messages are taken in at most this long before they are kept
	retry    time.Duration // after something did not get through, doubled up to retryMax
	retryMax time.Duration
	await    time.Duration // an accepted commit is expected in the log
	refresh  time.Duration // own keys of a room
	spare    time.Duration // validity that a key package must have left to be used
	claim    time.Duration // between attempts to get a key package of a device
	fresh    time.Duration // a device log that was asked for is not asked for again
}

const (
	refreshAfter = 100  // commits
	upkeepLimit  = 1000 // rooms asked for at once
	maxLeaves    = 256
)

func (o *Options) fill() {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Report == nil {
		o.Report = func(Health) {}
	}
	if o.now == nil {
		o.now = time.Now
	}
	if o.send == nil {
		o.send = (*client.Stream).Send
	}
	if o.pool == 0 {
		o.pool = poolSize
	}
	if o.times == (times{}) {
		o.times = times{
			poll: 5 * time.Second, flush: 500 * time.Millisecond, retry: time.Second, retryMax: time.Minute,
			await: 30 * time.Second, refresh: 24 * time.Hour, spare: 10 * time.Minute, claim: 30 * time.Second, fresh: 3 * time.Second,
		}
	}
}

// Run works until ctx ends and then returns nil. It reconnects by itself; an error means that
// starting again will not help: the data directory is in use or damaged, or the account's
// device log names another device.
func Run(ctx context.Context, o Options) error {
	o.fill()
	if o.disk == nil {
		dir, err := vault.Open(o.DataDir)
		if err != nil {
			return err
		}
		defer dir.Close()
		o.disk = dir
	}
	api, err := client.New(o.Hub, o.Transport)
	if err != nil {
		return err
	}
	r := &recorder{o: o, api: api, disk: o.disk, log: o.Log, rooms: map[hub.RoomID]*room{}}
	if err := r.begin(ctx); err != nil {
		return stopped(ctx, err)
	}
	return stopped(ctx, r.work(ctx))
}

// stopped returns nil for whatever failed because ctx has ended.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
