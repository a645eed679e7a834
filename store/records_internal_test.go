package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store/storetest"
)

// desk is one connector's inbox, looked at from inside: its tests say what is in a batch.
type desk struct {
	t   *testing.T
	db  *DB
	box *Inbox
}

func openDesk(t *testing.T) *desk {
	t.Helper()
	keys, err := seal.ParseKeyring(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	db, err := Open(t.Context(), storetest.As(t, storetest.New(t, Migrate), AppRole), keys)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	clinic, err := db.EnsureClinic(t.Context(), "Klinikum Linden", "Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	c, err := db.SaveConnector(t.Context(), clinic.ID, connectors.Record{Kind: "hl7v2-mllp", Name: "KIS", Enabled: true, Config: json.RawMessage(`{}`)}, "", "")
	if err != nil {
		t.Fatal(err)
	}
	return &desk{t, db, db.Inbox(clinic.ID, c.ID)}
}

func (d *desk) staff(control string, changes ...directory.Change) *input {
	return &input{box: d.box, raw: connectors.Raw{Key: control, Type: "MFN^M02", ControlID: control, Body: []byte("MSH|")}, changes: changes}
}

func (d *desk) moves(control string, moves ...alerting.Movement) *input {
	return &input{box: d.box, raw: connectors.Raw{Key: control, Type: "ADT^A01", ControlID: control, Body: []byte("MSH|")}, moves: moves}
}

func says(key string, op directory.Op, family string) directory.Change {
	c := directory.Change{Op: op, Key: key}
	if op == directory.OpPut {
		c.Fields = map[directory.Field]directory.Value{directory.StaffNumber: {Text: key}, directory.FamilyName: {Text: family}}
		c.Units = []directory.UnitRef{{Code: "4B", Kind: directory.Ward}}
	}
	return c
}

// rows returns what a query finds in the clinic, a line for each row.
func (d *desk) rows(q string) (out []string) {
	d.t.Helper()
	err := d.db.InClinic(d.t.Context(), d.box.clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(d.t.Context(), q)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowTo[string])
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return out
}

func (d *desk) want(what, q string, want ...string) {
	d.t.Helper()
	if diff := cmp.Diff(want, d.rows(q)); diff != "" {
		d.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func (d *desk) commit(batch ...*input) {
	d.t.Helper()
	if err := d.db.commitRecords(d.t.Context(), batch); err != nil {
		d.t.Fatal(err)
	}
}

// put writes a batch as the batcher does: together, or one by one if that fails.
func (d *desk) put(batch ...*input) {
	d.t.Helper()
	if d.db.writeSignals(d.t.Context(), batch) == nil {
		return
	}
	for _, in := range batch {
		if err := d.db.writeSignals(d.t.Context(), []*input{in}); err != nil {
			d.t.Errorf("message %s: %v", in.raw.Key, err)
		}
	}
}

const statusesSQL = `select key || ' ' || status || ' ' || repeats || ' ' || (effect - 'plan_id')::text from message order by key`

// TestOneBatchNamesEveryMessage has two people, one of them twice, and a stay in one batch.
func TestOneBatchNamesEveryMessage(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	at := time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC)
	d.commit(d.staff("C1", says("1", directory.OpPut, "Eins")), d.staff("C2", says("2", directory.OpPut, "Zwei")),
		d.staff("C3", says("1", directory.OpPut, "Neu")), d.staff("C4"), d.staff("C2", says("2", directory.OpPut, "Zwei")),
		d.moves("C5", alerting.Movement{Op: alerting.MovementPut, Key: "81", Visit: "V", Patient: "P", Ward: "4B", Room: "1", Bed: "2", Start: at}))
	d.want("messages", statusesSQL, `C1 applied 0 {"actions": 1}`, `C2 applied 1 {"actions": 1}`, `C3 applied 0 {"actions": 1}`, `C4 applied 0 {}`, `C5 applied 0 {"movements": 1}`)
	d.want("history", `
select m.key || ' ' || h.control_id || ' ' || h.old_text || '>' || h.new_text from person_change h join message m on m.id = h.message_id
join person p on p.id = h.person_id where h.field in ('status', 'family_name') order by p.staff_number, h.no`, "C1 C1 >working", "C3 C3 Eins>Neu", "C2 C2 >working")
	d.want("values", `
select v.field || ' ' || v.text || ' ' || v.control_id || ' ' || m.key from person_value v join message m on m.id = v.message_id order by v.text`,
		"staff_number 1 C1 C1", "staff_number 2 C2 C2", "family_name Neu C3 C3", "family_name Zwei C2 C2")
	d.want("standings", `select s.key || ' ' || m.key from person_source s join message m on m.id = s.message_id order by 1`, "1 C1", "2 C2")
	d.want("people", `select p.name || ' ' || p.staff_number || ' ' || a.name from person p join account a on a.person_id = p.id order by 1`, "Neu 1 Neu", "Zwei 2 Zwei")
	d.want("stays", `select s.key || ' ' || m.key from movement s join message m on m.id = s.message_id`, "81 C5")
}

func TestKnownStatementsChangeNothing(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.commit(d.staff("C1", says("1", directory.OpPut, "Eins")))
	before := d.rows(`select no::text from person_change`)
	d.commit(d.staff("C2", says("1", directory.OpPut, "Eins")), d.staff("C3", says("1", directory.OpPut, "Eins")))
	if diff := cmp.Diff(before, d.rows(`select no::text from person_change`)); diff != "" {
		t.Errorf("history changed (-before +after):\n%s", diff)
	}
	d.want("messages", statusesSQL, `C1 applied 0 {"actions": 1}`, `C2 applied 0 {"actions": 0}`, `C3 applied 0 {"actions": 0}`)
}

// TestBadMessageAmongGoodOnes: one nobody can apply is written down, the others take effect.
func TestBadMessageAmongGoodOnes(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	refused := d.staff("C4")
	refused.raw.Fault, refused.raw.Warnings = &connectors.Fault{Name: "missing_key", Where: "STF-1"}, []string{"line_end", "batch"}
	d.put(d.staff("C1", says("1", directory.OpPut, "Eins")), d.moves("C2", alerting.Movement{Op: "nonsense", Visit: "V"}),
		d.staff("C3", says("2", directory.OpPut, "Zwei")), refused)
	d.want("messages", `select key || ' ' || status || ' ' || fault_name || ' ' || array_to_string(warnings, '+') from message order by key`,
		"C1 applied  ", "C2 error unknown_op ", "C3 applied  ", "C4 error missing_key line_end+batch")
	d.want("people", `select name from person order by 1`, "Eins", "Zwei")
}

// TestBrakeCountsOneMessage: a batch that locks more than the limit in total is not held,
// because none of its messages does; one message that does is held, alone.
func TestBrakeCountsOneMessage(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	var hire, leave []*input
	var mass []directory.Change
	for i := range 40 {
		key := fmt.Sprintf("%02d", i)
		hire = append(hire, d.staff("H"+key, says(key, directory.OpPut, "Name")))
		if i < 30 {
			leave = append(leave, d.staff("L"+key, says(key, directory.OpDeactivate, "")))
		}
		mass = append(mass, says("M"+key, directory.OpPut, "Name"))
	}
	d.commit(append(hire, d.staff("M", mass...))...)
	if err := d.db.commitRecords(t.Context(), leave); !errors.Is(err, errAlone) {
		t.Errorf("30 locks in one transaction, beyond the limit of one message: %v, want errAlone", err)
	}
	d.want("locked before", `select count(*)::text from account where locked_there`, "0")
	for i := range mass {
		mass[i].Op = directory.OpDeactivate
	}
	d.put(append(leave, d.staff("X", mass...))...)
	d.want("locked", `select count(*)::text from account where locked_there`, "30")
	d.want("held", `select key from message where status = 'held'`, "X")
	d.want("plans", `select control_id || ' ' || state from directory_plan`, "X held")
}

// TestProblemsAreKeptPerMessage: a plan with an obstacle is shown, and shows one message.
func TestProblemsAreKeptPerMessage(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	second := says("2", directory.OpPut, "Zwei")
	second.Fields[directory.Login] = directory.Value{Text: "1"}
	d.put(d.staff("C1", says("1", directory.OpPut, "Eins")), d.staff("C2", second), d.staff("C3", says("3", directory.OpPut, "Drei")))
	d.want("plans", `select control_id || ' ' || (select count(*) from directory_action a where a.plan_id = d.id) from directory_plan d`, "C2 1")
	d.want("people", `select name from person order by 1`, "Drei", "Eins", "Zwei")
}

// TestFullSetAmongSingles sends full sets and single messages, each twice, all at once.
func TestFullSetAmongSingles(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	var all sync.WaitGroup
	for i := range 48 {
		n := i / 2
		changes := []directory.Change{says("1", directory.OpPut, "Eins"), says("2", directory.OpPut, "Zwei")}
		if n%6 == 0 {
			changes = append(changes, directory.Change{Op: directory.OpComplete})
		} else {
			changes = changes[n%2 : n%2+1]
		}
		all.Go(func() {
			if err := d.box.PutChanges(context.WithoutCancel(t.Context()), d.staff(fmt.Sprint(n)).raw, changes...); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	d.want("people", `select name || ' ' || active from person order by 1`, "Eins true", "Zwei true")
	d.want("messages", `select count(*) || ' ' || sum(repeats) || ' ' || bool_and(status = 'applied') from message`, "24 24 true")
	d.want("beginnings", `select count(*)::text from person_change where field = 'status'`, "2")
}

// TestStaysOfOneBatch says of each batch which beds are taken afterwards; every move is a
// message of its own.
func TestStaysOfOneBatch(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 2, 1, 8, 0, 0, 0, time.UTC)
	stay := func(key, bed string, hour int) alerting.Movement {
		return alerting.Movement{Op: alerting.MovementPut, Key: key, Visit: "V", Patient: "P", Ward: "4B", Room: "1", Bed: bed, Start: at.Add(time.Duration(hour) * time.Hour)}
	}
	end := alerting.Movement{Op: alerting.MovementEnd, Visit: "V", End: at.Add(9 * time.Hour)}
	cancel := func(key string) alerting.Movement {
		return alerting.Movement{Op: alerting.MovementDelete, Key: key, Visit: "V"}
	}
	for name, c := range map[string]struct {
		before, moves []alerting.Movement
		open          string
	}{
		"transfer of a known stay": {[]alerting.Movement{stay("1", "a", 0)}, []alerting.Movement{stay("2", "b", 1)}, "b"},
		"admitted and transferred": {nil, []alerting.Movement{stay("1", "a", 0), stay("2", "b", 1)}, "b"},
		"late news of an old bed":  {[]alerting.Movement{stay("2", "b", 1)}, []alerting.Movement{stay("1", "a", 0)}, "a b"},
		"discharged":               {[]alerting.Movement{stay("1", "a", 0)}, []alerting.Movement{stay("2", "b", 1), end}, ""},
		"discharge cancelled":      {[]alerting.Movement{stay("1", "a", 0), end}, []alerting.Movement{cancel("none")}, "a"},
		"transfer cancelled":       {[]alerting.Movement{stay("1", "a", 0)}, []alerting.Movement{stay("2", "b", 1), cancel("2")}, "a"},
		"cancelled and said again": {[]alerting.Movement{stay("1", "a", 0)}, []alerting.Movement{cancel("1"), stay("1", "c", 2)}, "c"},
		"key of another visit":     {[]alerting.Movement{{Op: alerting.MovementPut, Key: "1", Visit: "W", Start: at}}, []alerting.Movement{stay("1", "a", 0)}, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDesk(t)
			for i, m := range c.before {
				d.commit(d.moves(fmt.Sprint("B", i), m))
			}
			var batch []*input
			for i, m := range c.moves {
				batch = append(batch, d.moves(fmt.Sprint("M", i), m))
			}
			d.commit(batch...)
			if got := strings.Join(d.rows(`select bed from movement where end_at is null order by bed`), " "); got != c.open {
				t.Errorf("open beds %q, want %q", got, c.open)
			}
		})
	}
}

// TestMergedPatients: stays put before the merge follow it, those put after it do not.
func TestMergedPatients(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	put := func(key string) alerting.Movement {
		return alerting.Movement{Op: alerting.MovementPut, Key: key, Visit: key, Patient: "old", Start: time.Now()}
	}
	d.commit(d.moves("C1", put("1")))
	d.commit(d.moves("C2", put("2")), d.moves("C3", alerting.Movement{Op: alerting.MovementMerge, PriorID: "old", Patient: "new"}), d.moves("C4", put("3")))
	d.want("stays per patient", `select string_agg(key, '+' order by key) from movement group by patient order by 1`, "1+2", "3")
}

// TestBedAtUsesItsIndex: under row-level security only leakproof operators may.
func TestBedAtUsesItsIndex(t *testing.T) {
	t.Parallel()
	d := openDesk(t)
	d.rows(fmt.Sprintf(`
with made as (insert into movement (clinic_id, connector_id, key, visit, patient, place, start_at, message_id)
select '%s', '%s', i::text, int4send(i), int4send(i), 'p' || i, now(), gen_random_uuid() from generate_series(1, 10000) i returning key)
select max(key) from made`, d.box.clinic, d.box.connector))
	plan := strings.Join(d.rows(`explain `+strings.ReplaceAll(bedSQL, "$1", "'p77'")), "\n")
	if !strings.Contains(plan, "movement_place") || !strings.Contains(plan, "place = 'p77'") {
		t.Errorf("the place is not looked up in its index:\n%s", plan)
	}
}
