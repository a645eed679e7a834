package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/devicelog"
	"github.com/wardline/wardline/recorder/mlscore"
	"github.com/wardline/wardline/seal"
)

// logPage is how many entries the hub gives at once.
const logPage = 500

// trust knows the people's device logs, and remembers them.
type trust struct {
	disk   disk
	api    *client.API
	clinic hub.ClinicID
	now    func() time.Time
	out    *slog.Logger

	// fresh is how long a log that was just asked for is not asked for again: many devices of
	// one room are checked in one go.
	fresh time.Duration

	mu   sync.Mutex
	logs map[hub.UserID]*memory
}

// memory is what is known of one person. Its mutex is held while the hub is asked.
type memory struct {
	mu    sync.Mutex
	log   *devicelog.Log
	asked time.Time
}

func logFile(user hub.UserID) string { return "logs/" + string(user) }

func (t *trust) person(user hub.UserID) *memory {
	t.mu.Lock()
	defer t.mu.Unlock()
	p := t.logs[user]
	if p == nil {
		p = &memory{}
		t.logs[user] = p
	}
	return p
}

// changed lets the next question about somebody reach the hub.
func (t *trust) changed(user hub.UserID) {
	p := t.person(user)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = time.Time{}
}

// known returns what is remembered of somebody's log, without asking.
func (t *trust) known(user hub.UserID) (*devicelog.Log, error) {
	p := t.person(user)
	p.mu.Lock()
	defer p.mu.Unlock()
	err := t.remember(user, p)
	return p.log, err
}

// newest asks the hub for news of somebody's log. A log that forks or shrinks is an error of
// package devicelog, and what was known stays.
func (t *trust) newest(ctx context.Context, user hub.UserID) (*devicelog.Log, error) {
	p := t.person(user)
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := t.remember(user, p); err != nil {
		return nil, err
	}
	if t.now().Sub(p.asked) < t.fresh {
		return p.log, nil
	}
	next, err := t.extend(ctx, user, p.log)
	if err != nil {
		return nil, err
	}
	if next.N > p.log.N {
		raw, err := json.Marshal(next)
		if err != nil {
			return nil, err
		}
		if err := t.disk.Put(logFile(user), raw); err != nil {
			return nil, err
		}
	}
	p.log, p.asked = next, t.now()
	return next, nil
}

// extend reads the rest of somebody's log, page by page.
func (t *trust) extend(ctx context.Context, user hub.UserID, log *devicelog.Log) (*devicelog.Log, error) {
	for {
		entries, err := t.api.Log(ctx, user, log.After())
		if err != nil {
			return nil, err
		}
		next, err := log.Extend(entries)
		if err != nil || next.N == log.N || len(entries) < logPage {
			return next, err
		}
		log = next
	}
}

// remember reads what was kept. p.mu is held. A damaged file is an error for this person
// alone: to begin anew would let the hub show another history.
func (t *trust) remember(user hub.UserID, p *memory) error {
	if p.log != nil {
		return nil
	}
	log := &devicelog.Log{Clinic: t.clinic, User: user}
	raw, err := t.disk.Get(logFile(user))
	if err == nil {
		err = json.Unmarshal(raw, log)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	p.log = log
	return nil
}

// certified reports whether a device may be added now.
func (t *trust) certified(ctx context.Context, who mlscore.Identity, sign []byte) (bool, error) {
	if hub.ClinicID(who.Clinic) != t.clinic {
		return false, nil
	}
	log, err := t.newest(ctx, hub.UserID(who.User))
	if err != nil {
		return false, t.unlessUntrue(hub.UserID(who.User), err)
	}
	return log.Certified(hub.DeviceID(who.Device), sign), nil
}

// named reports whether a device was certified at some time: enough for a commit of the past.
func (t *trust) named(ctx context.Context, who mlscore.Identity, sign []byte) (bool, error) {
	if hub.ClinicID(who.Clinic) != t.clinic {
		return false, nil
	}
	user, device := hub.UserID(who.User), hub.DeviceID(who.Device)
	log, err := t.known(user)
	if err == nil && log != nil && log.Named(device, sign) {
		return true, nil
	}
	if log, err = t.newest(ctx, user); err != nil {
		return false, t.unlessUntrue(user, err)
	}
	return log.Named(device, sign), nil
}

// unlessUntrue keeps apart what could not be found out, which is tried again, and a log that
// must not be believed, which is an answer.
func (t *trust) unlessUntrue(user hub.UserID, err error) error {
	for _, untrue := range []error{devicelog.ErrFork, devicelog.ErrRollback, devicelog.ErrEntry, seal.ErrSealed} {
		if errors.Is(err, untrue) {
			t.out.Error("a device log is not believed", "user", user, "cause", untrue.Error())
			return nil
		}
	}
	if hub.KindOf(err) == hub.NotFound {
		return nil
	}
	return err
}
