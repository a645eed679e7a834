package messaging

import (
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
)

// Limits of what is told of faults and mended at once.
const (
	maxFaults  = 100
	maxUpkeep  = 200
	faultsPage = 1000
)

// causes are why an item could not be opened, or a group's state is lost.
var causes = [...]string{"state_lost", "replay", "generation", "epoch", "aad", "format", "signature", "commit"}

// AskRejoin asks the recorder to replace the calling device's leaf in a room.
func (c *Chat) AskRejoin(ctx context.Context, by Caller, room hub.RoomID, pkg []byte, cause string) error {
	const op = "chat.ask_rejoin"
	if !slices.Contains(causes[:], cause) {
		return invalid(op, "cause")
	}
	keys, err := c.o.Store.DeviceKeys(ctx, by.Clinic, by.Device)
	if err != nil {
		return err
	}
	if _, err := c.ownPackage(op, by, keys, pkg); err != nil {
		return err
	}
	if err := c.o.Store.AskRejoin(ctx, by, Rejoin{Room: room, User: by.User, Device: by.Device, Package: pkg, Cause: cause}); err != nil {
		return err
	}
	c.upkeep(ctx, by.Clinic)
	return nil
}

// PutFaults notes items that the calling device could not open.
func (c *Chat) PutFaults(ctx context.Context, by Caller, faults []Fault) error {
	const op = "chat.put_faults"
	if err := checkFaults(op, faults); err != nil {
		return err
	}
	if slices.ContainsFunc(faults, func(f Fault) bool { return !slices.Contains(causes[:], f.Cause) }) {
		return invalid(op, "cause")
	}
	return c.o.Store.PutFaults(ctx, by, faults)
}

// RepairFaults notes that the calling device has them after all.
func (c *Chat) RepairFaults(ctx context.Context, by Caller, items []Fault) error {
	if err := checkFaults("chat.repair_faults", items); err != nil {
		return err
	}
	return c.o.Store.RepairFaults(ctx, by, items)
}

func checkFaults(op string, items []Fault) error {
	bad := func(f Fault) bool { return !hub.ValidID(string(f.Room)) || f.Seq < 1 }
	if len(items) == 0 || len(items) > maxFaults || slices.ContainsFunc(items, bad) {
		return invalid(op, "items")
	}
	return nil
}

// Upkeep lists what the recorder has to mend; anybody else is refused.
func (c *Chat) Upkeep(ctx context.Context, by Caller, limit int) ([]Upkeep, error) {
	recorder, _, err := c.o.Store.Recorder(ctx, by.Clinic)
	if err != nil {
		return nil, err
	}
	if recorder == "" || by.User != recorder {
		return nil, hub.E("chat.upkeep", hub.Forbidden, "", "")
	}
	if limit < 1 || limit > maxUpkeep {
		limit = maxUpkeep
	}
	return c.o.Store.Upkeep(ctx, by, limit)
}

// FaultRecord is an item that a device could not open, as the administrator sees it.
type FaultRecord struct {
	Fault
	User       hub.UserID
	Name       string
	Device     hub.DeviceID
	DeviceName string
	At         time.Time
	RepairedAt time.Time // zero: not yet
}

// FaultTotals counts faults since the beginning.
type FaultTotals struct {
	Open, Repaired int
	ByCause        map[string]int
}

// Faults returns the newest faults, the open ones first.
func (c *Chat) Faults(ctx context.Context, clinic hub.ClinicID, limit int) ([]FaultRecord, error) {
	return c.o.Store.Faults(ctx, clinic, min(max(limit, 1), faultsPage))
}

// FaultTotals counts the faults of a clinic.
func (c *Chat) FaultTotals(ctx context.Context, clinic hub.ClinicID) (FaultTotals, error) {
	return c.o.Store.FaultTotals(ctx, clinic)
}
