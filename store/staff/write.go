package staff

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// Writer writes plans, each table with as few statements as it has kinds of writes, and
// sends them together. A person is the subject of one message in a plan, and all that is
// written of them names it.
type Writer struct {
	Batch  *pgx.Batch                  // what is queued; others may add to it
	Causes map[string]directory.Origin // by the person's key, where a plan came in several messages

	store   *Store
	tx      pgx.Tx
	clinic  hub.ClinicID
	origin  directory.Origin // of the plan, where all of it came in one message
	merge   directory.Merge
	ids     []hub.PersonID    // of the plan's actions, in order
	large   []*part           // plans that Flush sends in pieces
	touched []hub.PersonID    // known before, and perhaps shown differently now
	moved   []hub.PersonID    // those of them whose units may differ
	photos  map[string][]byte // by hash
	undoes  hub.PlanID        // what is written can be undone by this plan, which is kept after it
	locked  []hub.UserID      // accounts that were locked, known once the batch was sent
}

// Writer returns a writer of what one source says.
func (s *Store) Writer(tx pgx.Tx, clinic hub.ClinicID, origin directory.Origin) *Writer {
	return &Writer{Batch: &pgx.Batch{}, store: s, tx: tx, clinic: clinic, origin: origin}
}

// Cause returns what spoke of a person.
func (w *Writer) Cause(key string) directory.Origin {
	if o, ok := w.Causes[key]; ok {
		return o
	}
	return w.origin
}

// named are the causes of rows to be written, as columns.
type named struct{ messages, controls, runs []string }

func (n *named) add(o directory.Origin) {
	n.messages, n.controls, n.runs = append(n.messages, string(o.Message)), append(n.controls, o.Control), append(n.runs, string(o.Run))
}

// Queue queues all that a plan says, made of changes against what a look has found. It
// never touches a lock set by an administrator, except where the plan is just that.
func (w *Writer) Queue(p directory.Plan, l *Look) {
	w.merge = l.Known.Merge
	w.photos = map[string][]byte{}
	for _, c := range l.changes {
		if len(c.Photo) > 0 {
			w.photos[directory.PhotoHash(c.Photo)] = c.Photo
		}
	}
	maps.Copy(w.photos, l.photos)
	w.queue(p, digests(p, l))
	w.cutQuestions(p, l.Known.Decided)
}

// cutQuestions forgets what was asked about keys that are people now, because the source has
// said something else of them since: there is nothing left to answer.
func (w *Writer) cutQuestions(p directory.Plan, asked map[string]directory.Decision) {
	var keys []string
	for _, act := range p.Actions {
		if s := asked[act.Key].State; s == directory.ConflictOpen || s == directory.ConflictDismissed {
			keys = append(keys, act.Key)
		}
	}
	if len(keys) > 0 {
		w.Batch.Queue(`delete from directory_conflict where source = $1 and key = any($2)`, w.origin.Source, keys)
		w.tellQuestions()
	}
}

func (w *Writer) tellQuestions() {
	w.Batch.Queue(`select pg_notify('wardline_changed', json_build_object('clinic', $1::text, 'what', array['conflicts'])::text)`, string(w.clinic))
}

// queue puts a plan into the batch, or keeps a large one for Flush to send in pieces.
func (w *Writer) queue(p directory.Plan, digests map[string]string) {
	w.putUnits(p.Units)
	w.putLater(p.Later)
	known := len(w.touched)
	w.ids = w.identify(p.Actions)
	if ids := w.touched[known:]; len(ids) > 0 {
		w.Batch.Queue(lockPersonsSQL, slices.Clone(ids))
	}
	whole := &part{Writer: w, acts: p.Actions, who: w.ids, plan: p, digests: digests}
	if len(p.Actions) > partSize || len(w.large) > 0 {
		w.large = append(w.large, whole)
		return
	}
	whole.put()
	whole.close()
}

// identify returns the person of each action, and notes who may be shown differently.
func (w *Writer) identify(acts []directory.Action) []hub.PersonID {
	ids := make([]hub.PersonID, len(acts))
	for i, act := range acts {
		switch ids[i] = act.Person.ID; act.Op {
		case directory.ActCreate:
			ids[i] = hub.NewID[hub.PersonID]()
			if w.origin.Source == w.merge.Hand {
				ids[i] = hub.PersonID(act.Key) // the hand's keys are the ids of its people
			}
		case directory.ActLockHere, directory.ActUnlockHere:
		default:
			w.touched = append(w.touched, ids[i])
			if act.Works != nil || act.Linked {
				w.moved = append(w.moved, ids[i])
			}
		}
	}
	return ids
}

// partSize is how many actions are on their way to the database at once: the rows of a first
// load stand in memory several times over.
const partSize = 2000

// part is some of a plan's actions, each with its person.
type part struct {
	*Writer
	acts    []directory.Action
	who     []hub.PersonID
	plan    directory.Plan
	digests map[string]string // by key, those of other parts too
}

// put queues what is written of each person by themselves.
func (p *part) put() {
	p.putPersons()
	p.putStandings()
	p.putValues()
	p.putMemberships()
	p.putGroups()
	p.putPhotos()
	p.putMembers()
	p.putHistory()
	p.cutLinks()
}

// close queues what follows once all persons of the plan are there. Logins are among it,
// because one that is renamed may free another's.
func (p *part) close() {
	p.putDigests()
	p.putLogins()
	p.putLocksHere()
	p.putQuestions(p.plan)
}

// sendLarge sends plans that were kept for it, piece by piece, and leaves the end of each to
// be sent with the rest.
func (w *Writer) sendLarge(ctx context.Context) error {
	for _, whole := range w.large {
		for from := 0; from < len(whole.acts); from += partSize {
			piece, to := *whole, min(from+partSize, len(whole.acts))
			piece.acts, piece.who = whole.acts[from:to], whole.who[from:to]
			piece.put()
			if err := w.send(ctx); err != nil {
				return err
			}
		}
		whole.close()
	}
	w.large = nil
	return nil
}

func (w *Writer) send(ctx context.Context) error {
	if err := w.tx.SendBatch(ctx, w.Batch).Close(); err != nil {
		return fmt.Errorf("write persons: %w", err)
	}
	w.Batch = &pgx.Batch{}
	return nil
}

// digests returns the digests to keep for the keys a plan has looked at: "" forgets one.
// Only a whole statement that left no obstacle counts as known.
func digests(p directory.Plan, l *Look) map[string]string {
	out := map[string]string{}
	obstacle := map[string]bool{}
	for _, act := range p.Actions {
		obstacle[act.Key] = len(act.Problems) > 0 || act.Op == directory.ActLock
		if l.Known.Persons[act.Key].Digest != "" {
			out[act.Key] = ""
		}
	}
	if !p.Complete {
		return out // pieces of statements
	}
	said := map[string]int{}
	for _, c := range l.changes {
		said[c.Key]++
	}
	for _, c := range p.Later {
		obstacle[c.Key] = true
	}
	for _, q := range p.Asks {
		obstacle[q.Key] = true
	}
	for _, c := range l.changes {
		if said[c.Key] == 1 && directory.Repeatable(c) && !obstacle[c.Key] && !l.Known.Erased[c.Key] {
			if d := directory.Digest(c); d != l.Known.Persons[c.Key].Digest {
				out[c.Key] = d
			}
		}
	}
	return out
}

// Flush sends what is queued, then shows people as they are now and shuts out whoever was
// locked by it.
func (w *Writer) Flush(ctx context.Context) error {
	if err := w.sendLarge(ctx); err != nil {
		return err
	}
	shows := w.queueShown()
	if w.Batch.Len() == 0 {
		return nil
	}
	if err := w.send(ctx); err != nil {
		return err
	}
	if err := w.show(ctx, shows); err != nil {
		return err
	}
	w.touched, w.moved = nil, nil
	if len(w.locked) == 0 {
		return nil
	}
	locked := w.locked
	w.locked = nil
	return ShutOut(ctx, w.tx, w.clinic, locked)
}

// putUnits writes parents before children; refs come in that order.
func (w *Writer) putUnits(refs []directory.UnitRef) {
	const q = `
insert into unit (clinic_id, id, code, name, kind, parent_id, source)
select $1, n.id, n.code, n.name, $2, p.id, $3
from unnest($4::uuid[], $5::text[], $6::text[], $7::text[]) as n (id, code, name, parent) left join unit p on p.code = n.parent
order by n.code
on conflict (clinic_id, code) do update set name = excluded.name, parent_id = coalesce(excluded.parent_id, unit.parent_id)`
	for _, kind := range []directory.UnitKind{directory.House, directory.Clinic, directory.Ward} {
		var ids []hub.UnitID
		var codes, names, parents []string
		for _, r := range refs {
			if r.Kind == kind {
				ids, codes = append(ids, hub.NewID[hub.UnitID]()), append(codes, r.Code)
				names, parents = append(names, r.Name), append(parents, r.Parent)
			}
		}
		if len(ids) > 0 {
			w.Batch.Queue(q, w.clinic, kind, w.origin.Source, ids, codes, names, parents)
		}
	}
}

// putLater keeps changes for ApplyDue, in place of what they move to another day. The same
// statement again replaces itself.
func (w *Writer) putLater(later []directory.Change) {
	const q = `
insert into directory_pending (clinic_id, source, key, due_at, op, change, message_id, control_id) values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (clinic_id, source, key, due_at, op) do update set change = excluded.change, message_id = excluded.message_id, control_id = excluded.control_id`
	for _, c := range later {
		o := w.Cause(c.Key)
		w.queueMoved(c)
		w.Batch.Queue(q, w.clinic, w.origin.Source, pendingKey(c), c.At, c.Op, c, pg.Null(o.Message), o.Control)
	}
}

// putStandings writes how persons stand with the source, where that changed, and what of
// the source's statements need not be read again.
func (p *part) putStandings() {
	var ids []hub.PersonID
	var keys, statuses, sums []string
	var by named
	for i, act := range p.acts {
		if act.Diff(directory.FieldStatus).Field != "" && act.Op != directory.ActUnlink || act.Linked && act.Op == directory.ActLink {
			ids, keys, statuses = append(ids, p.who[i]), append(keys, act.Key), append(statuses, string(act.Status))
			sums = append(sums, p.digests[act.Key])
			delete(p.digests, act.Key)
			by.add(p.Cause(act.Key))
		}
	}
	if len(ids) > 0 {
		p.Batch.Queue(`
insert into person_source (clinic_id, source, key, person_id, status, message_id, run_id, digest)
select $1, $2, n.key, n.person, n.status, nullif(n.message, '')::uuid, nullif(n.run, '')::uuid, decode(nullif(n.digest, ''), 'hex')
from unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[]) as n (key, person, status, message, run, digest)
on conflict (clinic_id, source, key) do update
set status = excluded.status, message_id = excluded.message_id, run_id = excluded.run_id, digest = excluded.digest, changed_at = now()`,
			p.clinic, p.origin.Source, keys, ids, statuses, by.messages, by.runs, sums)
	}
}

func (p *part) putDigests() {
	var keys []string
	var sums [][]byte
	for key, d := range p.digests {
		sum, _ := hex.DecodeString(d) // made by directory.Digest
		keys = append(keys, key)
		if len(sum) == 0 {
			sum = nil
		}
		sums = append(sums, sum)
	}
	if len(keys) > 0 {
		p.Batch.Queue(`
update person_source s set digest = n.digest from unnest($2::text[], $3::bytea[]) as n (key, digest)
where s.source = $1 and s.key = n.key`, p.origin.Source, keys, sums)
	}
}

// cutLinks takes people away from a source again.
func (p *part) cutLinks() {
	for i, act := range p.acts {
		if act.Op == directory.ActUnlink {
			p.Batch.Queue(`delete from person_source where source = $1 and person_id = $2`, p.origin.Source, p.who[i])
			p.Batch.Queue(`delete from person_photo where source = $1 and person_id = $2`, p.origin.Source, p.who[i])
		}
	}
}

// putLogins makes accounts and renames their logins. Renaming goes by way of names nobody
// can have, because two people may swap, and comes first, because it frees names. Another
// source may have taken a login since the plan was made: then nothing is written and the
// source tries again.
func (p *part) putLogins() {
	var renamed, fresh []hub.PersonID
	var names, logins []string
	var accounts []hub.UserID
	for i, act := range p.acts {
		switch {
		case act.Login == "":
		case act.Diff(directory.FieldLogin).From != "":
			renamed, names = append(renamed, p.who[i]), append(names, act.Login)
		default:
			fresh, logins, accounts = append(fresh, p.who[i]), append(logins, act.Login), append(accounts, hub.NewID[hub.UserID]())
		}
	}
	if len(renamed) > 0 {
		p.Batch.Queue(`update account set login = '~' || id::text where person_id = any($1)`, renamed)
		p.Batch.Queue(`
update account a set login = n.login from unnest($1::uuid[], $2::text[]) as n (person, login) where a.person_id = n.person`, renamed, names).
			Exec(allOf(len(renamed)))
	}
	if len(fresh) > 0 {
		p.Batch.Queue(`
insert into account (clinic_id, id, person_id, login, name, locked_there)
select $1, n.id, n.person, n.login, p.name, not p.active from unnest($2::uuid[], $3::uuid[], $4::text[]) as n (id, person, login) join person p on p.id = n.person
on conflict do nothing`, p.clinic, accounts, fresh, logins).
			Exec(allOf(len(fresh)))
	}
}

// allOf fails when a statement about n logins wrote fewer of them.
func allOf(n int) func(pgconn.CommandTag) error {
	return func(tag pgconn.CommandTag) error {
		if tag.RowsAffected() != int64(n) {
			return hub.E("directory.apply", hub.Unavailable, "login_race", "")
		}
		return nil
	}
}

// putLocksHere sets and lifts locks of administrators.
func (p *part) putLocksHere() {
	for _, lock := range []bool{true, false} {
		var ids []hub.PersonID
		for i, act := range p.acts {
			if lock && act.Op == directory.ActLockHere || !lock && act.Op == directory.ActUnlockHere {
				ids = append(ids, p.who[i])
			}
		}
		if len(ids) > 0 {
			p.Batch.Queue(`update account set locked_here = $2 where person_id = any($1) and locked_here <> $2 returning id, $2::bool`, ids, lock).Query(p.noteLocked)
		}
	}
}

// noteLocked reads accounts and whether each was locked.
func (w *Writer) noteLocked(rows pgx.Rows) error {
	var id hub.UserID
	var lock bool
	return eachRow([]any{&id, &lock}, func() {
		if lock {
			w.locked = append(w.locked, id)
		}
	})(rows)
}

// putQuestions keeps who was kept out. A question that is open already is renewed; one that
// was dismissed is open again, since the statement is another one.
func (w *Writer) putQuestions(p directory.Plan) {
	const q = `
insert into directory_conflict (clinic_id, id, source, key, reason, state, stated, candidates, change, digest, message_id, run_id, control_id)
values ($1, $2, $3, $4, $5, 'open', $6, $7, $8, decode($9, 'hex'), $10, $11, $12)
on conflict (clinic_id, source, key) do update set reason = excluded.reason, state = 'open', stated = excluded.stated, candidates = excluded.candidates,
  change = excluded.change, digest = excluded.digest, message_id = excluded.message_id, run_id = excluded.run_id, control_id = excluded.control_id,
  created_at = case when directory_conflict.state = 'open' then directory_conflict.created_at else now() end, decided_by = null, decided_at = null`
	if len(p.Asks) == 0 {
		return
	}
	made := map[string]hub.PersonID{}
	for i, act := range p.Actions {
		made[act.Key] = w.ids[i]
	}
	for _, ask := range p.Asks {
		who := slices.Clone(ask.Candidates)
		for _, key := range ask.Rivals {
			if id := made[key]; id != "" {
				who = append(who, id)
			}
		}
		if who == nil {
			who = []hub.PersonID{}
		}
		c := ask.Change
		c.Photo, c.At = nil, time.Time{}
		o := w.Cause(ask.Key)
		w.Batch.Queue(q, w.clinic, hub.NewID[hub.ConflictID](), w.origin.Source, ask.Key, ask.Reason, ask.Stated, who, c, ask.Digest,
			pg.Null(o.Message), pg.Null(o.Run), o.Control)
	}
	w.tellQuestions()
}
