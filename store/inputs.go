package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// freshRaw is an input that was not stored before, under the id it has now.
type freshRaw struct {
	id hub.MessageID
	*input
}

// commitInputs stores the raw inputs of a group of one clinic and gives those that are new
// and readable their effect, in one transaction. What look queues is asked together with
// the storing: beginning, storing and looking are one wait for the database.
func (db *DB) commitInputs(ctx context.Context, group []*input, look func(*pgx.Batch), effect func(pgx.Tx, []freshRaw) error) error {
	var b pgx.Batch
	b.BeginTx(pgx.TxOptions{})
	// Every statement here finds rows by their keys: making a plan again each time only costs.
	b.Queue(`select set_config('wardline.clinic', $1, true), set_config('plan_cache_mode', 'force_generic_plan', true)`, string(group[0].box.clinic))
	raws := db.queueRaws(&b, group)
	look(&b)
	sent := db.pool.SendBatch(ctx, &b)
	tx := sent.Tx()
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // does nothing after the commit
	if err := sent.Close(); err != nil {
		return fmt.Errorf("store inputs: %w", err)
	}
	fresh, err := raws.sort(ctx, tx)
	if err != nil {
		return fmt.Errorf("count repeats: %w", err)
	}
	if len(fresh) > 0 {
		if err := effect(tx, fresh); err != nil {
			return err
		}
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit inputs: %w", err)
	}
	return nil
}

// rawGroup is raw inputs on their way into the database.
type rawGroup struct {
	inputs []*input
	ids    []hub.MessageID
	isNew  map[hub.MessageID]bool
}

// The inputs are stored in order of their keys, so that two nodes that got the same ones
// do not wait for each other in a circle.
const insertRawsSQL = `
insert into message (clinic_id, id, connector_id, key, type, control_id, peer, size, body, warnings, status, fault_name, fault_where, fault_reason, effect)
select $1, t.id, t.connector, t.key, t.type, t.control, t.peer, t.size, t.body, string_to_array(t.warnings, e'\n'), t.status, t.fault, t.place, t.reason, t.effect
from unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::bytea[], $10::text[],
  $11::text[], $12::text[], $13::text[], $14::text[], $15::jsonb[])
  t(id, connector, key, type, control, peer, size, body, warnings, status, fault, place, reason, effect)
order by t.key on conflict (clinic_id, connector_id, key) do nothing returning id`

// queueRaws stores raw inputs with one statement, with the effect they have when nothing
// is to be changed.
func (db *DB) queueRaws(b *pgx.Batch, inputs []*input) *rawGroup {
	g := &rawGroup{inputs: inputs, isNew: make(map[hub.MessageID]bool, len(inputs))}
	var boxes []hub.ConnectorID
	var keys, types, controls, peers, warnings, statuses, faults, places, reasons, effects []string
	var sizes []int32
	var bodies [][]byte
	for _, in := range inputs {
		id, raw := hub.NewID[hub.MessageID](), in.raw
		fault, status := connectors.Fault{}, connectors.MessageApplied
		if raw.Fault != nil {
			fault, status = *raw.Fault, connectors.MessageError
		}
		g.ids, boxes, keys, types = append(g.ids, id), append(boxes, in.box.connector), append(keys, raw.Key), append(types, raw.Type)
		controls, peers = append(controls, raw.ControlID), append(peers, raw.Peer)
		sizes, bodies = append(sizes, int32(len(raw.Body))), append(bodies, db.keys.Seal(messagePlace(id), raw.Body))
		warnings, statuses = append(warnings, strings.Join(raw.Warnings, "\n")), append(statuses, string(status))
		faults, places, reasons = append(faults, fault.Name), append(places, fault.Where), append(reasons, fault.Reason)
		effects = append(effects, in.idle())
	}
	b.Queue(insertRawsSQL, inputs[0].box.clinic, g.ids, boxes, keys, types, controls, peers, sizes, bodies, warnings, statuses, faults, places, reasons, effects).
		Query(func(rows pgx.Rows) error {
			var id hub.MessageID
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
				g.isNew[id] = true
				return nil
			})
			return err
		})
	return g
}

// idle is the effect of an input that changes nobody.
func (in *input) idle() string {
	switch {
	case in.raw.Fault != nil:
	case len(in.moves) > 0:
		return fmt.Sprintf(`{"movements": %d}`, len(in.moves))
	case len(in.changes) > 0:
		return `{"actions": 0}`
	}
	return `{}`
}

// sort counts the inputs that were stored before and returns the new ones that say
// something, in the order of the group.
func (g *rawGroup) sort(ctx context.Context, tx pgx.Tx) ([]freshRaw, error) {
	var fresh []freshRaw
	var again pgx.Batch
	for i, in := range g.inputs {
		switch {
		case !g.isNew[g.ids[i]]:
			again.Queue(`update message set repeats = repeats + 1 where connector_id = $1 and key = $2`, in.box.connector, in.raw.Key)
		case in.raw.Fault == nil:
			fresh = append(fresh, freshRaw{g.ids[i], in})
		}
	}
	if again.Len() == 0 {
		return fresh, nil
	}
	return fresh, tx.SendBatch(ctx, &again).Close()
}

// rounds splits inputs so that in each round a person is the subject of one input only,
// and of inputs about one person the earlier is in an earlier round.
func rounds(fresh []freshRaw) [][]freshRaw {
	var out [][]freshRaw
	next := map[string]int{} // by person: the round after the last that speaks of them
	for _, f := range fresh {
		if len(f.changes) == 0 {
			continue
		}
		r := 0
		for _, c := range f.changes {
			r = max(r, next[c.Key])
		}
		for _, c := range f.changes {
			next[c.Key] = r + 1
		}
		out = append(slices.Grow(out, 1), make([][]freshRaw, max(0, r+1-len(out)))...)
		out[r] = append(out[r], f)
	}
	return out
}
