package messaging

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging/framing"
)

// Limits of key packages.
const (
	MaxPackages = 50 // of one device
	LowPackages = 20 // when it is asked for more

	maxPackage      = 8 << 10
	packageLifetime = 28 * 24 * time.Hour
)

// PutPackages adds to the pool of the calling device and replaces its last resort.
func (c *Chat) PutPackages(ctx context.Context, by Caller, packages [][]byte, lastResort []byte) error {
	const op = "chat.put_packages"
	if len(packages) > MaxPackages {
		return invalid(op, "packages")
	}
	keys, err := c.o.Store.DeviceKeys(ctx, by.Clinic, by.Device)
	if err != nil {
		return err
	}
	all := slices.Clone(packages)
	if lastResort != nil {
		all = append(all, lastResort)
	}
	var stored []StoredPackage
	for i, b := range all {
		p, err := c.ownPackage(op, by, keys, b)
		if err != nil {
			return err
		}
		last := lastResort != nil && i == len(packages)
		if p.IsLastResort() != last {
			return refused(op, "package", nil)
		}
		stored = append(stored, StoredPackage{Ref: p.Ref[:], Body: b, Expires: p.NotAfter, LastResort: last})
	}
	if len(stored) == 0 {
		return nil
	}
	if err := c.o.Store.PutPackages(ctx, by, stored, MaxPackages); err != nil {
		return err
	}
	c.upkeep(ctx, by.Clinic) // it may have waited for them
	return nil
}

// ownPackage checks a package that the calling device offers: it is of the device, under
// the key it registered, and ends in time.
func (c *Chat) ownPackage(op string, by Caller, keys DeviceKeys, b []byte) (*framing.KeyPackage, error) {
	if len(b) > maxPackage {
		return nil, refused(op, "too_large", nil)
	}
	p, err := framing.ParseKeyPackage(b)
	if err != nil {
		return nil, framed(op, err)
	}
	who, ok := identity(p.Leaf.Identity)
	now := c.o.Now()
	switch {
	case !ok, who != by, keys.User != by.User, !keys.Usable, !bytes.Equal(p.Leaf.SignatureKey, keys.Sign):
		return nil, refused(op, "package", nil)
	case !p.NotAfter.After(now), p.NotAfter.After(now.Add(packageLifetime + clockSkew)), p.NotBefore.After(now.Add(clockSkew)):
		return nil, refused(op, "package", nil)
	}
	return p, nil
}

// CountPackages returns how many single-use packages of the calling device are left.
func (c *Chat) CountPackages(ctx context.Context, by Caller) (int, error) {
	return c.o.Store.CountPackages(ctx, by)
}

// Claim takes one package of every certified device in use of the users and of the
// recorder, or of the devices, but never of the calling one.
func (c *Chat) Claim(ctx context.Context, by Caller, users []hub.UserID, devices []hub.DeviceID) (found []KeyPackage, without []hub.UserID, err error) {
	const op = "chat.claim"
	switch {
	case len(users)+len(devices) == 0, len(users) > 0 && len(devices) > 0, len(users) > MaxMembers, !validIDs(users):
		return nil, nil, invalid(op, "users")
	case len(devices) > MaxLeaves, !validIDs(devices):
		return nil, nil, invalid(op, "devices")
	}
	users = slices.Compact(slices.Sorted(slices.Values(users)))
	want := users
	if len(users) > 0 {
		recorder, _, err := c.o.Store.Recorder(ctx, by.Clinic)
		if err != nil {
			return nil, nil, err
		}
		if recorder != "" && !slices.Contains(users, recorder) {
			want = append(slices.Clone(users), recorder)
		}
	}
	found, low, err := c.o.Store.ClaimPackages(ctx, by, want, devices, LowPackages)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range low {
		c.o.Tell(Hint{Kind: HintPackages, Clinic: by.Clinic, Device: d})
	}
	for _, u := range users {
		if u != by.User && !slices.ContainsFunc(found, func(k KeyPackage) bool { return k.User == u }) {
			without = append(without, u)
		}
	}
	return found, without, nil
}

// Welcome returns the newest Welcome for the calling device and the number of its commit.
func (c *Chat) Welcome(ctx context.Context, by Caller, room hub.RoomID) (int64, []byte, error) {
	return c.o.Store.Welcome(ctx, by, room)
}
