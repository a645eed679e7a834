package recorder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/mlscore"
)

const (
	packagesFile = "packages"
	poolSize     = 50
	packageLife  = 27 * 24 * time.Hour // the hub allows 28 days, by its own clock
	packageGrace = 60 * 24 * time.Hour // a Welcome may wait that long for a recorder that was off
	renewBefore  = 7 * 24 * time.Hour
)

// pool keeps the private halves of our key packages.
type pool struct {
	disk disk
	size int // of what the hub holds of it, when full
	mu   sync.Mutex
	kept
	offer [][]byte // made and perhaps not offered: the answer has not come
	last  []byte
}

// kept is the part of a pool that outlives the process.
type kept struct {
	All  []mlscore.Package `json:"all"`
	Used bool              `json:"used,omitempty"` // the last-resort package, since it was offered
}

func loadPool(d disk, size int) (*pool, error) {
	p := &pool{disk: d, size: size}
	raw, err := d.Get(packagesFile)
	if errors.Is(err, fs.ErrNotExist) {
		return p, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &p.kept)
	}
	if err != nil {
		return nil, fmt.Errorf("recorder: packages: %w", err)
	}
	return p, nil
}

// fill offers fresh packages when few are left, after their private halves are kept.
func (p *pool) fill(ctx context.Context, api *client.API, s mlscore.Signer, now time.Time) error {
	left, err := api.CountPackages(ctx)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.make(s, now, left); err != nil {
		return err
	}
	if p.offer == nil && p.last == nil {
		return nil
	}
	err = api.PutPackages(ctx, p.offer, p.last)
	if hub.KindOf(err) == hub.Unavailable && err != nil {
		return err // offered again next time
	}
	p.Used = p.Used && p.last == nil
	p.offer, p.last = nil, nil
	return err
}

// make adds to what is to be offered, and keeps it.
func (p *pool) make(s mlscore.Signer, now time.Time, left int) error {
	before := len(p.All)
	if left < p.size*2/5 && p.offer == nil {
		for range p.size - left {
			fresh, err := mlscore.NewPackage(s, now, packageLife, false)
			if err != nil {
				return err
			}
			p.All, p.offer = append(p.All, fresh), append(p.offer, fresh.Public)
		}
	}
	good := func(k mlscore.Package) bool { return k.LastResort && k.NotAfter.Sub(now) > renewBefore }
	if p.last == nil && (p.Used || !slices.ContainsFunc(p.All, good)) {
		fresh, err := mlscore.NewPackage(s, now, packageLife, true)
		if err != nil {
			return err
		}
		p.All, p.last = append(p.All, fresh), fresh.Public
	}
	if len(p.All) == before {
		return nil
	}
	return p.save(now)
}

// join enters a group with whichever package the Welcome is for.
func (p *pool) join(welcome []byte, s mlscore.Signer) (*mlscore.Group, mlscore.Package, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	g, used, err := mlscore.Join(welcome, s, p.All)
	if err != nil {
		return nil, mlscore.Package{}, err
	}
	return g, p.All[used], nil
}

// spend forgets a package that was used, once the group joined with it is kept. The
// last-resort one stays until it is old: others may be using it at this moment.
func (p *pool) spend(used mlscore.Package, now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if used.LastResort {
		p.Used = true
		return p.save(now)
	}
	p.All = slices.DeleteFunc(p.All, func(k mlscore.Package) bool { return string(k.Public) == string(used.Public) })
	return p.save(now)
}

func (p *pool) save(now time.Time) error {
	p.All = slices.DeleteFunc(p.All, func(k mlscore.Package) bool { return now.Sub(k.NotAfter) > packageGrace })
	raw, err := json.Marshal(p.kept)
	if err != nil {
		return err
	}
	return p.disk.Put(packagesFile, raw)
}
