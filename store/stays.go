package store

import (
	"encoding/hex"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
	"github.com/wardline/wardline/store/staff"
)

// stays folds moves into the stored stays of their visits: any number of moves is one look
// at the table and a few statements, whatever follows on what.
type stays struct {
	db        *DB
	clinic    hub.ClinicID
	connector hub.ConnectorID
	byKey     map[string]*stay
	dropped   map[string]bool // keys of stays that were cancelled
	merges    [][2][]byte     // patients: from, to
}

// stay is one row while moves are folded in. Times have the database's microseconds.
type stay struct {
	key        string
	visit      string // hash
	start, end time.Time
	historic   bool
	moved      bool               // end differs from the stored row's
	put        *alerting.Movement // what was last stated of the whole stay; nil: nothing
	patient    []byte             // hash, of a put one
	message    hub.MessageID      // that put it
}

func newStays(db *DB, clinic hub.ClinicID, connector hub.ConnectorID) *stays {
	return &stays{db: db, clinic: clinic, connector: connector, byKey: map[string]*stay{}, dropped: map[string]bool{}}
}

// lookSQL looks up every visit and key for itself: see personsSQL.
const lookSQL = `
select m.* from unnest($2::bytea[]) t (visit) cross join lateral (
  select key, visit, start_at, end_at, historic from movement m where m.connector_id = $1 and m.visit = t.visit offset 0) m
union
select m.* from unnest($3::text[]) t (key) cross join lateral (
  select key, visit, start_at, end_at, historic from movement m where m.connector_id = $1 and m.key = t.key offset 0) m`

// queueLoad locks the visits until the transaction ends and reads their stays, and by its
// key a stay that a move takes from another visit. A merge touches patients in whatever
// visit; their rows lock themselves.
func (s *stays) queueLoad(b *pgx.Batch, moves []alerting.Movement) {
	var visits [][]byte
	var names, keys []string
	for _, m := range moves {
		if m.Op != alerting.MovementMerge {
			v := s.db.visitHash(m.Visit)
			visits, names, keys = append(visits, v), append(names, hex.EncodeToString(v)), append(keys, m.Key)
		}
	}
	if len(visits) > 0 {
		staff.QueueLocks(b, staff.VisitLocks, s.connector, names)
		b.Queue(lookSQL, s.connector, visits, keys).Query(s.read)
	}
}

func (s *stays) read(rows pgx.Rows) error {
	var row stay
	var visit []byte
	var end *time.Time
	_, err := pgx.ForEachRow(rows, []any{&row.key, &visit, &row.start, &end, &row.historic}, func() error {
		known := row
		known.visit = string(visit)
		if end != nil {
			known.end = *end
		}
		s.byKey[known.key] = &known
		return nil
	})
	return err
}

// fold takes the moves of one message in, in order.
func (s *stays) fold(message hub.MessageID, moves []alerting.Movement) error {
	for _, m := range moves {
		m.Start, m.End = m.Start.Truncate(time.Microsecond), m.End.Truncate(time.Microsecond)
		visit := string(s.db.visitHash(m.Visit))
		switch m.Op {
		case alerting.MovementPut:
			s.put(message, visit, m)
		case alerting.MovementEnd:
			s.endVisit(visit, m)
		case alerting.MovementDelete:
			s.drop(visit, m.Key)
		case alerting.MovementMerge:
			s.merge(s.db.patientHash(m.PriorID), s.db.patientHash(m.Patient))
		default:
			return hub.E("movement.apply", hub.Invalid, "unknown_op", "")
		}
	}
	return nil
}

// put states a stay under its key. Unless it is historic (ZBE-5), it ends the visit's
// other open stays: a patient lies in one bed.
func (s *stays) put(message hub.MessageID, visit string, m alerting.Movement) {
	for _, o := range s.byKey {
		if !m.Historic && o.visit == visit && o.key != m.Key && o.open() && !o.start.After(m.Start) {
			o.end, o.moved = m.Start, true
		}
	}
	delete(s.dropped, m.Key)
	s.byKey[m.Key] = &stay{
		key: m.Key, visit: visit, start: m.Start, end: m.End, historic: m.Historic,
		put: &m, patient: s.db.patientHash(m.Patient), message: message,
	}
}

// open reports whether somebody lies there now.
func (o *stay) open() bool { return o.end.IsZero() && !o.historic }

// endVisit ends every stay of the visit without an end (A03), historic ones too.
func (s *stays) endVisit(visit string, m alerting.Movement) {
	end := m.End
	if end.IsZero() {
		end = m.Start
	}
	for _, o := range s.byKey {
		if o.visit == visit && o.end.IsZero() {
			o.end, o.moved = end, true
		}
	}
}

// drop takes a cancelled stay away and re-opens the latest one of the visit, unless another
// is open (A11, A12, A13).
func (s *stays) drop(visit, key string) {
	delete(s.byKey, key)
	s.dropped[key] = true
	var last *stay
	for _, o := range s.byKey {
		switch {
		case o.visit != visit || o.historic:
		case o.open():
			return
		case last == nil || o.start.After(last.start) || o.start.Equal(last.start) && o.key > last.key:
			last = o
		}
	}
	if last != nil {
		last.end, last.moved = time.Time{}, true
	}
}

// merge makes one patient of two (A40). Stored stays follow when the fold is written.
func (s *stays) merge(from, to []byte) {
	s.merges = append(s.merges, [2][]byte{from, to})
	for _, o := range s.byKey {
		if o.put != nil && string(o.patient) == string(from) {
			o.patient = to
		}
	}
}

// queueWrite writes what the fold came to. Merges go first: what was put before one is
// folded already, and what was put after it is written over it.
func (s *stays) queueWrite(b *pgx.Batch) {
	for _, m := range s.merges {
		b.Queue(`update movement set patient = $3, updated_at = now() where connector_id = $1 and patient = $2`, s.connector, m[0], m[1])
	}
	if len(s.dropped) > 0 {
		b.Queue(`delete from movement where connector_id = $1 and key = any($2)`, s.connector, slices.Sorted(maps.Keys(s.dropped)))
	}
	s.queuePuts(b)
	for _, key := range slices.Sorted(maps.Keys(s.byKey)) {
		if o := s.byKey[key]; o.put == nil && o.moved {
			b.Queue(`update movement set end_at = $3, updated_at = now() where connector_id = $1 and key = $2`, s.connector, key, pg.Null(o.end))
		}
	}
}

const putStaysSQL = `
insert into movement (clinic_id, connector_id, key, visit, patient, name, ward, room, bed, place, start_at, end_at, historic, message_id)
select $1, $2, n.* from unnest($3::text[], $4::bytea[], $5::bytea[], $6::bytea[], $7::text[], $8::text[], $9::text[], $10::text[],
  $11::timestamptz[], $12::timestamptz[], $13::bool[], $14::uuid[]) as n
on conflict (clinic_id, connector_id, key) do update set visit = excluded.visit, patient = excluded.patient, name = excluded.name,
  ward = excluded.ward, room = excluded.room, bed = excluded.bed, place = excluded.place, start_at = excluded.start_at, end_at = excluded.end_at,
  historic = excluded.historic, message_id = excluded.message_id, updated_at = now()`

// queuePuts writes the stays that were stated, each with the message that did.
func (s *stays) queuePuts(b *pgx.Batch) {
	var keys, wards, rooms, beds, places, messages []string
	var visits, patients, names [][]byte
	var starts []time.Time
	var ends []*time.Time
	var historic []bool
	for _, key := range slices.Sorted(maps.Keys(s.byKey)) {
		o := s.byKey[key]
		if o.put == nil {
			continue
		}
		var name []byte
		if o.put.Name != "" {
			name = s.db.keys.Seal("movement/"+key, []byte(o.put.Name))
		}
		keys, visits, patients, names = append(keys, key), append(visits, []byte(o.visit)), append(patients, o.patient), append(names, name)
		wards, rooms, beds = append(wards, o.put.Ward), append(rooms, o.put.Room), append(beds, o.put.Bed)
		places, messages = append(places, foldPlace(o.put.Ward, o.put.Room, o.put.Bed)), append(messages, string(o.message))
		starts, ends, historic = append(starts, o.start), append(ends, pg.Null(o.end)), append(historic, o.historic)
	}
	if len(keys) > 0 {
		b.Queue(putStaysSQL, s.clinic, s.connector, keys, visits, patients, names, wards, rooms, beds, places, starts, ends, historic, messages)
	}
}
