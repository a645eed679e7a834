package staff

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// maxBulk is how many people one act may be about.
const maxBulk = 5000

// bulk is one act on many people while it is planned.
type bulk struct {
	directory.Bulk
	store  *Store
	tx     pgx.Tx
	clinic hub.ClinicID
	hand   hub.ConnectorID
	ids    []hub.PersonID
}

// RunBulk plans an act on many people and, unless dry, applies and keeps it. What it works
// out is rolled back with the transaction of a dry one.
func (s *Store) RunBulk(ctx context.Context, clinic hub.ClinicID, in directory.Bulk, dry bool, by hub.UserID) (directory.PlanDetail, error) {
	var out directory.PlanDetail
	err := s.db.InClinic(ctx, clinic, func(tx pgx.Tx) (err error) {
		b := &bulk{Bulk: in, store: s, tx: tx, clinic: clinic}
		if b.hand, err = handSource(ctx, tx, clinic); err != nil {
			return err
		}
		if err = b.find(ctx); err != nil {
			return err
		}
		if err = b.spareAdmins(ctx, by); err != nil {
			return err
		}
		out, err = b.run(ctx, by)
		if err == nil && dry {
			out.ID, err = "", errDry
		}
		return err
	})
	if err == errDry { //nolint:errorlint // it is never wrapped
		out.State = directory.PlanDry
		return out, nil
	}
	if err != nil {
		return out, fmt.Errorf("bulk: %w", err)
	}
	return out, nil
}

// errDry rolls a transaction back that was only to be looked at.
var errDry = fmt.Errorf("only worked out")

// find returns whom the act is about.
func (b *bulk) find(ctx context.Context) error {
	bad := func(field, code string) error {
		return &hub.Error{Op: "directory.bulk", Kind: hub.Invalid, Field: field, Code: code}
	}
	b.ids = b.Persons
	if b.Filter != nil {
		where, args := narrowed(*b.Filter)
		limit := fmt.Sprintf(` order by p.id limit %d`, maxBulk+1)
		var err error
		if b.ids, err = pg.Collect(ctx, b.tx, pgx.RowTo[hub.PersonID], `select p.id`+personTables+where+limit, args...); err != nil {
			return err
		}
	}
	b.ids = slices.Compact(slices.Sorted(slices.Values(b.ids)))
	switch {
	case len(b.ids) > maxBulk:
		return bad("persons", "too_many")
	case slices.ContainsFunc(b.ids, func(id hub.PersonID) bool { return !hub.ValidID(string(id)) }):
		return bad("persons", "id")
	case b.Op == directory.BulkSetField && !slices.Contains(directory.Fields(), b.Field):
		return bad("field", "unknown")
	case b.Op == directory.BulkSetField && badDate(b.Field, directory.Value{Text: b.Text}):
		return bad("text", "bad_date")
	case (b.Op == directory.BulkAddUnit || b.Op == directory.BulkRemoveUnit) && !b.has(ctx, `select exists (select from unit where code = $1)`, b.Unit):
		return bad("unit", "unknown")
	case (b.Op == directory.BulkAddGroup || b.Op == directory.BulkRemoveGroup) && !b.has(ctx, `select exists (select from grp where id::text = $1 and kind = 'hand' and deleted_at is null)`, string(b.Group)):
		return bad("group", "unknown")
	}
	return nil
}

// spareAdmins leaves administrators out of what decides who gets in, unless an owner acts:
// the same act on one person is refused. The empty user is the hub itself.
func (b *bulk) spareAdmins(ctx context.Context, by hub.UserID) (err error) {
	locks := b.Op == directory.BulkLock || b.Op == directory.BulkUnlock
	if by == "" || !locks && !(b.Op == directory.BulkSetField && b.Field.Identifies()) {
		return nil
	}
	b.ids, err = pg.Collect(ctx, b.tx, pgx.RowTo[hub.PersonID], `
select n.id from unnest($1::uuid[]) n (id) where `+withinReach("n.id", "$2"), b.ids, by)
	return err
}

// withinReach is true for a person who is no administrator, and for all where by is an owner.
func withinReach(person, by string) string {
	return `(exists (select from account o where o.id::text = ` + by + ` and 'owner' = any(o.roles))
  or not exists (select from account a where a.person_id = ` + person + ` and a.level = 'admin'))`
}

func (b *bulk) has(ctx context.Context, q, arg string) (is bool) {
	return b.tx.QueryRow(ctx, q, arg).Scan(&is) == nil && is
}

// run applies the act and keeps it as a plan of the hand.
func (b *bulk) run(ctx context.Context, by hub.UserID) (directory.PlanDetail, error) {
	var l *Look
	var plan directory.Plan
	var err error
	switch b.Op {
	case directory.BulkLock, directory.BulkUnlock:
		l, plan, err = b.locks(ctx)
	case directory.BulkAddUnit, directory.BulkRemoveUnit, directory.BulkSetField:
		l, plan, err = b.statements(ctx)
	case directory.BulkAddGroup, directory.BulkRemoveGroup:
		l, plan, err = b.groups(ctx)
	default:
		err = &hub.Error{Op: "directory.bulk", Kind: hub.Invalid, Field: "op"}
	}
	if err != nil {
		return directory.PlanDetail{}, err
	}
	w := b.store.Writer(b.tx, b.clinic, directory.Origin{Source: b.hand, Control: "bulk"})
	w.Queue(plan, l)
	if err := w.Flush(ctx); err != nil {
		return directory.PlanDetail{}, err
	}
	if err := w.record(ctx, &plan, directory.PlanApplied, nil); err != nil {
		return directory.PlanDetail{}, err
	}
	if _, err := b.tx.Exec(ctx, `update directory_plan set decided_by = nullif($2, '')::uuid, decided_at = now() where id = $1`, plan.ID, string(by)); err != nil {
		return directory.PlanDetail{}, err
	}
	return directory.PlanDetail{PlanRow: directory.PlanRow{ID: plan.ID, Connector: directory.SourceRef{ID: b.hand}, Created: time.Now(), State: directory.PlanApplied,
		Counts: plan.Counts(), Problems: plan.Problems()}, Actions: plan.Actions[:min(len(plan.Actions), shownActions)], Units: plan.Units}, pg.TellChanged(ctx, b.tx, b.clinic, "persons")
}

// locks sets or lifts the administrator's lock of those where it is not so.
func (b *bulk) locks(ctx context.Context) (*Look, directory.Plan, error) {
	plan := directory.Plan{Actions: []directory.Action{}}
	lock := b.Op == directory.BulkLock
	rows, err := b.tx.Query(ctx, `
select p.id, p.name, p.staff_number, a.locked_here from person p join account a on a.person_id = p.id
where p.id = any($1) and p.erased_at is null and a.locked_here <> $2 order by p.name, p.id for update of a`, b.ids, lock)
	if err != nil {
		return nil, plan, err
	}
	var p directory.Person
	var name, number string
	err = eachRow([]any{&p.ID, &name, &number, &p.LockedHere}, func() {
		p.Key, p.Values = string(p.ID), map[directory.Field]string{directory.StaffNumber: number}
		plan.Actions = append(plan.Actions, directory.LockHere(p, name, lock))
	})(rows)
	return b.store.newLook(b.clinic, b.hand, nil), plan, err
}

// statements plans what the hand says from now on.
func (b *bulk) statements(ctx context.Context) (*Look, directory.Plan, error) {
	if err := knownToHand(ctx, b.tx, b.clinic, b.hand, b.ids); err != nil {
		return nil, directory.Plan{}, err
	}
	changes := make([]directory.Change, len(b.ids))
	for i, id := range b.ids {
		changes[i] = directory.Change{Op: directory.OpPut, Key: string(id)}
	}
	l, err := b.store.look(ctx, b.tx, b.clinic, Input{Origin: directory.Origin{Source: b.hand}, Changes: changes})
	if err != nil {
		return nil, directory.Plan{}, err
	}
	for i := range l.changes {
		b.say(&l.changes[i], l.Known.Persons[l.changes[i].Key])
	}
	more := directory.WantedBy(l.changes, nil)
	var asked pgx.Batch
	queueUnits(&asked, more.Units, l.Known.Units)
	asked.Queue(loginsSQL, more.Logins).Query(into(l.Known.Logins))
	asked.Queue(mailsSQL, more.Mails).Query(intoHolders(l.Known.Mails))
	if err := b.tx.SendBatch(ctx, &asked).Close(); err != nil {
		return nil, directory.Plan{}, err
	}
	l.Limits.Approved = true
	return l, l.plan(), nil
}

// say makes an empty change the statement of the hand about one person. A unit that a source
// states is not the hand's to remove.
func (b *bulk) say(c *directory.Change, now directory.Person) {
	units := slices.DeleteFunc(slices.Clone(now.Units), func(u directory.UnitRef) bool { return u.Code == b.Unit })
	switch b.Op {
	case directory.BulkAddUnit:
		if len(units) == len(now.Units) {
			c.Units = append(units, directory.UnitRef{Code: b.Unit})
		}
	case directory.BulkRemoveUnit:
		if len(units) < len(now.Units) {
			c.Units = append([]directory.UnitRef{}, units...)
		}
	case directory.BulkSetField:
		c.Fields = map[directory.Field]directory.Value{b.Field: {Text: b.Text, Null: b.Text == ""}}
	}
}

// groups puts people into a group by hand, or takes them out of it.
func (b *bulk) groups(ctx context.Context) (*Look, directory.Plan, error) {
	plan := directory.Plan{Actions: []directory.Action{}}
	rows, err := b.tx.Query(ctx, `
select p.id, p.name, p.staff_number from person p where p.id = any($1) and p.erased_at is null
  and exists (select from grp_member m where m.group_id = $2 and m.person_id = p.id) = $3 order by p.name, p.id`,
		b.ids, b.Group, b.Op == directory.BulkRemoveGroup)
	if err != nil {
		return nil, plan, err
	}
	a := directory.Action{Op: directory.ActUpdate, Fields: []directory.Diff{b.groupDiff()}, Units: directory.UnitDiff{Gain: []string{}, Lose: []string{}}}
	err = eachRow([]any{&a.Person.ID, &a.Person.Name, &a.Person.StaffNumber}, func() {
		a.Key = string(a.Person.ID)
		plan.Actions = append(plan.Actions, a)
	})(rows)
	return b.store.newLook(b.clinic, b.hand, nil), plan, err
}

// groupDiff is a membership by hand in a plan; the id of the group stands for it.
func (b *bulk) groupDiff() directory.Diff {
	d := directory.Diff{Field: directory.FieldMember, To: string(b.Group)}
	if b.Op == directory.BulkRemoveGroup {
		d.From, d.To = d.To, ""
	}
	return d
}
