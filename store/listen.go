package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
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
	End    string       `json:"end,omitempty"`    // "locked": the account may not sign in any more
	What   []string     `json:"what,omitempty"`   // "persons", "duty", ...

	Node string           `json:"node,omitempty"` // of Talk: who has told its own connections already
	Talk []messaging.Hint `json:"talk,omitempty"` // of conversations
}

// maxTalk is bytes of one notification, below PostgreSQL's limit of 8,000.
const maxTalk = 7_900

// TellNodes tells all nodes, this one too, hints of a clinic's conversations. What does not
// fit into one notification is left out: a hint may be lost.
func (db *DB) TellNodes(ctx context.Context, h Hint) error {
	b, err := json.Marshal(h)
	for err == nil && len(b) > maxTalk && len(h.Talk) > 1 {
		rest := h
		rest.Talk = h.Talk[len(h.Talk)/2:]
		if err := db.TellNodes(ctx, rest); err != nil {
			return err
		}
		h.Talk = h.Talk[:len(h.Talk)/2]
		b, err = json.Marshal(h)
	}
	if err != nil || len(b) > maxTalk {
		return err
	}
	if _, err := db.pool.Exec(ctx, `select pg_notify('wardline_changed', $1)`, string(b)); err != nil {
		return fmt.Errorf("tell nodes: %w", err)
	}
	return nil
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
