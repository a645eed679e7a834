package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
)

// The channels on which nodes tell each other what changed. What is said is a hint: it
// names ids, never content, and may be lost.
const (
	accessChannel  = "wardline_access"  // somebody was locked, or a device revoked
	changedChannel = "wardline_changed" // a part of the console's view changed
)

// Hint is one thing another part of the hub, on this node or another, has committed.
type Hint struct {
	Clinic hub.ClinicID `json:"clinic"`
	User   hub.UserID   `json:"user,omitempty"`   // set: their access changed; connections must be checked
	Device hub.DeviceID `json:"device,omitempty"` // set: only this device's
	What   []string     `json:"what,omitempty"`   // "persons", "duty", ...
}

// Listen calls f for each hint until ctx ends or the connection breaks. f gets an empty
// Hint first: whatever was said before may have been missed.
func (db *DB) Listen(ctx context.Context, f func(Hint)) error {
	conn, err := pgx.ConnectConfig(ctx, db.pool.Config().ConnConfig.Copy())
	if err != nil {
		return fmt.Errorf("connect for hints: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "listen "+accessChannel+"; listen "+changedChannel); err != nil {
		return fmt.Errorf("listen for hints: %w", err)
	}
	f(Hint{})
	for {
		n, err := conn.WaitForNotification(ctx)
		if err != nil {
			return fmt.Errorf("wait for hints: %w", err)
		}
		var h Hint
		if err := json.Unmarshal([]byte(n.Payload), &h); err == nil {
			f(h)
		}
	}
}
