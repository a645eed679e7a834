package staff

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Look is what a plan starts from while it is on its way. The zero Now is set once the
// source's locks are held.
type Look struct {
	Known  directory.Known
	Limits directory.Limits
	Now    time.Time

	store   *Store
	clinic  hub.ClinicID
	changes []directory.Change
	asked   directory.Wanted
	photos  map[string][]byte // by hash, beside those of the changes
}

// Look queues the locks of the persons a source speaks of and all that planning these
// changes needs; Finish completes it. Only statements after the locks see what others did.
func (s *Store) Look(b *pgx.Batch, clinic hub.ClinicID, source hub.ConnectorID, changes []directory.Change) *Look {
	l := s.newLook(clinic, source, changes)
	heldAt(QueueLocks(b, PersonLocks, source, l.asked.Keys), &l.Now)
	l.queue(b, l.asked.Keys)
	return l
}

func (s *Store) newLook(clinic hub.ClinicID, source hub.ConnectorID, changes []directory.Change) *Look {
	return &Look{store: s, clinic: clinic, changes: changes, asked: directory.WantedBy(changes, nil), Known: directory.Known{
		Source: source, Persons: map[string]directory.Person{}, Units: map[string]directory.Unit{}, Logins: map[string]bool{},
		Mails: map[string][]hub.PersonID{}, Numbers: map[string][]hub.PersonID{}, Strangers: map[hub.PersonID]directory.Person{},
		Erased: map[string]bool{}, Decided: map[string]directory.Decision{}, Spared: map[string]bool{},
	}}
}

// Keys are looked up one by one. Without statistics, and in a young database there are
// none, the planner takes a clinic for one row, and would rather walk through all of it by
// any index than look up a list in the right one.
const (
	loginsSQL = `
select t.text from unnest($1::text[]) t (text) cross join lateral (select from account a where a.login = t.text limit 1) a`
	mailsSQL = `
select t.text, v.person_id from unnest($1::text[]) t (text) cross join lateral (
  select distinct person_id from (select person_id from person_value v where v.field = 'mail' and v.text = t.text limit 20) v) v`
	numbersSQL = `
select t.text, v.person_id, coalesce(k.key, ''), coalesce(a.login, ''), coalesce(a.locked_here, false), coalesce(a.level = 'admin', false),
  case when k.key is null then ` + statementsSQL + `, '[]') end
from unnest($2::text[]) t (text) cross join lateral (
  select distinct clinic_id, person_id from (select clinic_id, person_id from person_value v where v.field = 'staff_number' and v.text = t.text limit 20) v) v
left join lateral (select key from person_source k where (k.clinic_id, k.person_id, k.source) = (v.clinic_id, v.person_id, $1) limit 1) k on true
left join lateral (select login, locked_here, level from account where (clinic_id, person_id) = (v.clinic_id, v.person_id) limit 1) a on true`
	// All statements about person v; whoever uses it closes the parenthesis.
	statementsSQL = `coalesce((select jsonb_agg(jsonb_build_object('source', x.source, 'key', x.key, 'status', x.status,
    'values', coalesce((select jsonb_object_agg(w.field, jsonb_build_object('text', w.text, 'at', w.at)) from person_value w
      where (w.clinic_id, w.person_id, w.source) = (x.clinic_id, x.person_id, x.source)), '{}'),
    'units', coalesce((select jsonb_agg(jsonb_build_object('code', u.code, 'primary', n.is_primary) order by n.is_primary desc, u.code)
      from person_unit_stated n join unit u on (u.clinic_id, u.id) = (n.clinic_id, n.unit_id)
      where (n.clinic_id, n.person_id, n.source) = (x.clinic_id, x.person_id, x.source)), '[]')))
  from person_source x where (x.clinic_id, x.person_id) = (v.clinic_id, v.person_id))`
	personsSQL = `
select s.key, s.person_id, s.status, coalesce(encode(s.digest, 'hex'), ''), coalesce(a.login, ''), coalesce(a.locked_here, false), coalesce(a.level = 'admin', false),
  coalesce((select jsonb_object_agg(v.field, v.text) from person_value v
    where (v.clinic_id, v.person_id, v.source) = (s.clinic_id, s.person_id, s.source)), '{}'),
  coalesce((select jsonb_agg(jsonb_build_object('code', u.code, 'primary', m.is_primary) order by m.is_primary desc, u.code)
    from person_unit_stated m join unit u on (u.clinic_id, u.id) = (m.clinic_id, m.unit_id)
    where (m.clinic_id, m.person_id, m.source) = (s.clinic_id, s.person_id, s.source)), '[]'),
  (select jsonb_agg(jsonb_build_object('code', g.code, 'name', g.name, 'room', g.room, 'role', g.role) order by g.code collate "C")
    from group_stated g where (g.clinic_id, g.person_id) = (s.clinic_id, s.person_id) and g.source = s.source),
  coalesce((select hash from person_photo f where (f.clinic_id, f.person_id, f.source) = (s.clinic_id, s.person_id, s.source)), ''),
  case when o.more then (select jsonb_object_agg(v.field, v.at) from person_value v
    where (v.clinic_id, v.person_id, v.source) = (s.clinic_id, s.person_id, s.source)) end,
  case when o.more then ` + statementsSQL + `, '[]') end
from unnest($2::text[]) t (key) cross join lateral (
  select * from person_source s where s.source = $1 and s.key = t.key offset 0) s
cross join lateral (select s.clinic_id, s.person_id) v
cross join lateral (select exists (select from person_source x
  where (x.clinic_id, x.person_id) = (s.clinic_id, s.person_id) and x.source <> s.source) as more) o
left join lateral (select login, locked_here, level from account where (clinic_id, person_id) = (s.clinic_id, s.person_id) limit 1) a on true`
	rulesSQL = `
select coalesce(r.precedence, '{}'), coalesce(r.percent, $2), coalesce(r.accounts, $3),
  coalesce((select id::text from connector where kind = 'hand'), ''), coalesce((select hold_next from directory_source where source = $1), false)
from (select) one left join directory_rules r on true`
)

// queue asks for persons with these keys and for all that the changes themselves name.
func (l *Look) queue(b *pgx.Batch, keys []string) {
	def := directory.DefaultLimits()
	k := &l.Known
	b.Queue(`select pg_advisory_xact_lock_shared(hashtextextended('rules of ' || $1, 0))`, string(l.clinic)) // see SetRules
	b.Queue(rulesSQL, k.Source, def.Percent, def.Accounts).QueryRow(func(row pgx.Row) error {
		if err := row.Scan(&k.Merge.Precedence, &l.Limits.Percent, &l.Limits.Accounts, &k.Merge.Hand, &l.Limits.Undone); err != nil {
			return err
		}
		k.Hand = k.Source == k.Merge.Hand
		return nil
	})
	queuePersons(b, k.Source, keys, k.Persons)
	if len(l.asked.Units) > 0 {
		queueUnits(b, l.asked.Units, k.Units)
	}
	if len(l.asked.Logins) > 0 {
		b.Queue(loginsSQL, l.asked.Logins).Query(into(k.Logins))
	}
	if len(l.asked.Mails) > 0 {
		b.Queue(mailsSQL, l.asked.Mails).Query(intoHolders(k.Mails))
	}
}

// Finish looks at what only the answers so far ask for: who newcomers may be, and the
// logins that the known persons' values ask for. Mostly there is neither.
func (l *Look) Finish(ctx context.Context, tx pgx.Tx) error {
	if err := l.meet(ctx, tx); err != nil {
		return fmt.Errorf("look for newcomers: %w", err)
	}
	k := &l.Known
	asked := map[string]bool{}
	for _, s := range l.asked.Logins {
		asked[s] = true
	}
	persons := make(map[string]directory.Person, len(k.Persons)+len(k.Strangers))
	for key, p := range k.Persons {
		persons[key] = p
	}
	for id, p := range k.Strangers {
		persons["\x00"+string(id)] = p // no key of a source has a NUL
	}
	for _, p := range persons {
		if p.Login != "" {
			asked[p.Login], k.Logins[p.Login] = true, true
		}
	}
	more := slices.DeleteFunc(directory.WantedBy(nil, persons).Logins, func(s string) bool { return asked[s] || strings.HasPrefix(s, "\x00") })
	if len(more) == 0 {
		return nil
	}
	rows, err := tx.Query(ctx, loginsSQL, more)
	if err == nil {
		err = into(k.Logins)(rows)
	}
	if err != nil {
		return fmt.Errorf("read logins: %w", err)
	}
	return nil
}

// meet reads by what newcomers may be recognised, once nobody else can make them too.
func (l *Look) meet(ctx context.Context, tx pgx.Tx) error {
	k := &l.Known
	var keys []string
	var fresh []directory.Change
	for _, c := range l.changes {
		if _, known := k.Persons[c.Key]; !known && c.Op == directory.OpPut {
			keys, fresh = append(keys, c.Key), append(fresh, c)
		}
	}
	if len(keys) == 0 || k.Hand {
		return nil
	}
	numbers, mails := namesOf(fresh)
	var b pgx.Batch
	QueueLocks(&b, nameLocks, l.clinic, slices.Concat(numbers, mails))
	macs := make([][]byte, len(keys))
	of := make(map[string]string, len(keys))
	for i, key := range keys {
		macs[i] = l.store.tombstone(k.Source, key)
		of[string(macs[i])] = key
	}
	var mac []byte
	b.Queue(`select mac from person_tombstone where source = $1 and mac = any($2)`, k.Source, macs).Query(eachRow([]any{&mac}, func() { k.Erased[of[string(mac)]] = true }))
	var key string
	var was directory.Decision
	b.Queue(`select key, state, encode(digest, 'hex') from directory_conflict where source = $1 and key = any($2)`, k.Source, keys).
		Query(eachRow([]any{&key, &was.State, &was.Digest}, func() { k.Decided[key] = was }))
	clear(k.Mails)
	b.Queue(mailsSQL, l.asked.Mails).Query(intoHolders(k.Mails))
	l.queueNumbers(&b, numbers)
	return tx.SendBatch(ctx, &b).Close()
}

// namesOf returns the staff numbers and mail addresses that changes state.
func namesOf(changes []directory.Change) (numbers, mails []string) {
	for _, c := range changes {
		if n := strings.TrimSpace(c.Fields[directory.StaffNumber].Text); n != "" {
			numbers = append(numbers, storable(n))
		}
	}
	return numbers, directory.WantedBy(changes, nil).Mails
}

func (l *Look) queueNumbers(b *pgx.Batch, numbers []string) {
	k := &l.Known
	b.Queue(numbersSQL, k.Source, numbers).Query(func(rows pgx.Rows) error {
		var text, key string
		var p directory.Person
		_, err := pgx.ForEachRow(rows, []any{&text, &p.ID, &key, &p.Login, &p.LockedHere, &p.Admin, &p.Others}, func() error {
			k.Numbers[text] = append(k.Numbers[text], p.ID)
			if key == "" {
				k.Strangers[p.ID] = p
			}
			p.Others = nil
			return nil
		})
		return err
	})
}

// tombstone is what remains of the key of somebody erased.
func (s *Store) tombstone(source hub.ConnectorID, key string) []byte {
	return s.keys.MAC("tombstone", string(source)+"\x00"+key)
}

// eachRow scans every row and calls do.
func eachRow(to []any, do func()) func(pgx.Rows) error {
	return func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, to, func() error {
			do()
			return nil
		})
		return err
	}
}

// into adds texts to a set.
func into(set map[string]bool) func(pgx.Rows) error {
	var s string
	return eachRow([]any{&s}, func() { set[s] = true })
}

func intoHolders(of map[string][]hub.PersonID) func(pgx.Rows) error {
	var s string
	var id hub.PersonID
	return eachRow([]any{&s, &id}, func() { of[s] = append(of[s], id) })
}

// queuePersons reads the source's persons with these keys.
func queuePersons(b *pgx.Batch, source hub.ConnectorID, keys []string, out map[string]directory.Person) {
	b.Queue(personsSQL, source, keys).Query(func(rows pgx.Rows) error {
		for rows.Next() {
			var p directory.Person
			if err := rows.Scan(&p.Key, &p.ID, &p.Status, &p.Digest, &p.Login, &p.LockedHere, &p.Admin, &p.Values, &p.Units, &p.Groups, &p.Photo, &p.Since, &p.Others); err != nil {
				return err
			}
			p.Others = slices.DeleteFunc(p.Others, func(o directory.Statement) bool { return o.Source == source })
			out[p.Key] = p
		}
		return rows.Err()
	})
}

func queueUnits(b *pgx.Batch, codes []string, out map[string]directory.Unit) {
	var code string
	var u directory.Unit
	b.Queue(`
select u.code, u.name, u.kind, coalesce(p.code, '') from unit u left join unit p on (p.clinic_id, p.id) = (u.clinic_id, u.parent_id)
where u.code = any($1)`, codes).Query(eachRow([]any{&code, &u.Name, &u.Kind, &u.Parent}, func() { out[code] = u }))
}
