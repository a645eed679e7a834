package store

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/staff"
)

var _ connectors.Inbox = (*Inbox)(nil)

// Inbox makes one connector's inputs durable: the raw input, its effect and all that
// follows from it are one transaction (promise 1).
type Inbox struct {
	db        *DB
	clinic    hub.ClinicID
	connector hub.ConnectorID
	replay    hub.MessageID // set: the raw input is stored already, only its effect is wanted
}

// Inbox returns the inbox of one connector.
func (db *DB) Inbox(clinic hub.ClinicID, connector hub.ConnectorID) *Inbox {
	return &Inbox{db: db, clinic: clinic, connector: connector}
}

// Replaying returns an inbox that gives a stored input its effect again and writes what
// became of it on the stored row.
func (b *Inbox) Replaying(id hub.MessageID) *Inbox {
	r := *b
	r.replay = id
	return &r
}

// outcome is what an input came to, as the console shows it.
type outcome struct {
	status connectors.MessageStatus
	effect map[string]any
}

// input is what one sender waits for: a signal, changes, moves, or the raw input alone.
type input struct {
	box     *Inbox
	raw     connectors.Raw
	signal  *alerting.Signal
	changes []directory.Change
	moves   []alerting.Movement
}

// PutChanges stores raw and applies what it says about staff.
func (b *Inbox) PutChanges(ctx context.Context, raw connectors.Raw, changes ...directory.Change) error {
	return b.take(ctx, &input{box: b, raw: raw, changes: changes})
}

// PutMovements stores raw and applies what it says about who lies where.
func (b *Inbox) PutMovements(ctx context.Context, raw connectors.Raw, moves ...alerting.Movement) error {
	keyed := slices.Clone(moves)
	for i, m := range keyed {
		// A source without movement ids has keys made of visit numbers, which are few enough to
		// be guessed from a plain hash.
		keyed[i].Key = hex.EncodeToString(b.db.keys.MAC("movement", m.Key))
	}
	return b.take(ctx, &input{box: b, raw: raw, moves: keyed})
}

// PutSignal stores raw and raises, updates or ends an alert.
func (b *Inbox) PutSignal(ctx context.Context, raw connectors.Raw, s alerting.Signal) error {
	s.Connector = b.connector
	return b.take(ctx, &input{box: b, raw: raw, signal: &s})
}

// take has inputs that arrive together committed together: the signals of a clinic, which
// may be about one alert, and what else a connector sends. Full sets and what is replayed
// have their transaction to themselves.
func (b *Inbox) take(ctx context.Context, in *input) error {
	switch {
	case in.alone():
		return b.put(ctx, in)
	case in.signal != nil:
		return b.db.signals.Do(ctx, string(b.clinic), in)
	}
	return b.db.signals.Do(ctx, string(b.clinic)+"/"+string(b.connector), in)
}

// alone reports whether an input is never committed together with others.
func (in *input) alone() bool {
	return in.box.replay != "" || in.signal != nil && in.raw.Fault != nil ||
		len(in.changes) > staff.ManyKeys || len(in.moves) > staff.ManyKeys ||
		slices.ContainsFunc(in.changes, func(c directory.Change) bool { return c.Op == directory.OpComplete })
}

// effect gives an input its effect in the transaction of an input that is put alone.
func (in *input) effect(ctx context.Context, tx pgx.Tx, from source) (outcome, error) {
	out := outcome{status: connectors.MessageApplied}
	switch {
	case in.signal != nil:
		results, err := in.box.db.applySignals(ctx, tx, from.clinic, []alerting.Signal{*in.signal})
		if err != nil {
			return out, err
		}
		out.effect = map[string]any{"alert_id": results[0].Alert}
		return out, results[0].Err
	case len(in.moves) > 0:
		out.effect = map[string]any{"movements": len(in.moves)}
		return out, in.box.db.applyMovements(ctx, tx, from, in.moves)
	case len(in.changes) > 0:
		plan, err := in.box.db.staff.Apply(ctx, tx, from.clinic, staff.Input{Origin: in.origin(from.message), Changes: in.changes})
		out.effect = map[string]any{"actions": len(plan.Actions)}
		if plan.Held {
			out.status = connectors.MessageHeld
			out.effect["plan_id"] = plan.ID
		}
		return out, err
	}
	return out, nil
}

// origin is what values applied from the input name as their cause.
func (in *input) origin(id hub.MessageID) directory.Origin {
	return directory.Origin{Source: in.box.connector, Message: id, Control: in.raw.ControlID}
}

// put stores one raw input and gives it its effect in the same transaction. One that can
// never work (see permanent) is undone and written down as the input's fault, so that the
// source is not made to send it for ever.
func (b *Inbox) put(ctx context.Context, in *input) error {
	err := b.db.InClinic(ctx, b.clinic, func(tx pgx.Tx) error {
		id, fresh, err := b.storeRaw(ctx, tx, in.raw)
		if err != nil || !fresh || in.raw.Fault != nil {
			return err
		}
		var out outcome
		err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) (err error) {
			out, err = in.effect(ctx, tx, source{b.clinic, b.connector, id})
			return err
		})
		if fault := permanent(err); fault != nil {
			return writeFault(ctx, tx, id, *fault)
		}
		if err != nil {
			return err
		}
		return writeOutcome(ctx, tx, id, out)
	})
	if err != nil {
		return fmt.Errorf("put into inbox: %w", err)
	}
	b.db.woke()
	return nil
}

// storeRaw inserts the raw input. fresh is false when the source sent it before.
func (b *Inbox) storeRaw(ctx context.Context, tx pgx.Tx, raw connectors.Raw) (id hub.MessageID, fresh bool, err error) {
	if b.replay != "" {
		if raw.Fault != nil {
			return b.replay, false, writeFault(ctx, tx, b.replay, *raw.Fault)
		}
		return b.replay, true, nil
	}
	id = hub.NewID[hub.MessageID]()
	fault, status := connectors.Fault{}, connectors.MessageApplied
	if raw.Fault != nil {
		fault, status = *raw.Fault, connectors.MessageError
	}
	if raw.Warnings == nil {
		raw.Warnings = []string{}
	}
	tag, err := tx.Exec(ctx, `
insert into message (clinic_id, id, connector_id, key, type, control_id, peer, size, body, warnings, status, fault_name, fault_where, fault_reason)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
on conflict (clinic_id, connector_id, key) do nothing`,
		b.clinic, id, b.connector, raw.Key, raw.Type, raw.ControlID, raw.Peer, len(raw.Body), b.db.keys.Seal(messagePlace(id), raw.Body), raw.Warnings,
		status, fault.Name, fault.Where, fault.Reason)
	if err != nil || tag.RowsAffected() == 1 {
		return id, err == nil, err
	}
	_, err = tx.Exec(ctx, `update message set repeats = repeats + 1 where connector_id = $1 and key = $2`, b.connector, raw.Key)
	return id, false, err
}

func writeFault(ctx context.Context, tx pgx.Tx, id hub.MessageID, f connectors.Fault) error {
	_, err := tx.Exec(ctx, `update message set status = 'error', fault_name = $2, fault_where = $3, fault_reason = $4 where id = $1`, id, f.Name, f.Where, f.Reason)
	return err
}

func writeOutcome(ctx context.Context, tx pgx.Tx, id hub.MessageID, out outcome) error {
	effect, err := json.Marshal(out.effect)
	if err != nil {
		return err
	}
	if out.effect == nil {
		effect = []byte("{}")
	}
	_, err = tx.Exec(ctx, `update message set status = $2, effect = $3, fault_name = '', fault_where = '', fault_reason = '' where id = $1`, id, out.status, effect)
	return err
}

// permanent returns the fault to write down for an error that trying again cannot mend,
// or nil. Everything that is not the input's own fault is the source's to send again.
func permanent(err error) *connectors.Fault {
	var e *hub.Error
	if !errors.As(err, &e) {
		return nil
	}
	switch e.Kind {
	case hub.Invalid, hub.NotFound, hub.Conflict, hub.Forbidden:
		name := e.Code
		if name == "" {
			name = e.Kind.String()
		}
		return &connectors.Fault{Name: name, Where: e.Field, Reason: e.Op}
	}
	return nil
}
