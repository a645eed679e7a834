package store

import (
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// bedsSQL finds who lies at several folded places, by the newest open stay at each.
const bedsSQL = `
select distinct on (place) place, key, start_at, name from movement
where clinic_id = $1 and place = any($2) and end_at is null and not historic order by place, start_at desc`

// queueBeds adds the bed context of cards (what ADT messages told) to a batch: since when
// the bed is taken and, where the connector is told to keep it, by whom. A bed that nobody
// is known to lie in adds nothing, since not every hospital sends movements.
func (db *DB) queueBeds(batch *pgx.Batch, clinic hub.ClinicID, cards []alerting.Card) {
	places := map[string][]*alerting.Card{}
	for i := range cards {
		a := &cards[i].Alert
		if a.Bed == "" || a.Technical {
			continue
		}
		p := foldPlace(a.Ward, a.Room, a.Bed)
		places[p] = append(places[p], &cards[i])
	}
	if len(places) == 0 {
		return
	}
	wanted := make([]string, 0, len(places))
	for p := range places {
		wanted = append(wanted, p)
	}
	batch.Queue(bedsSQL, clinic, wanted).Query(func(rows pgx.Rows) error {
		var place, key string
		var since time.Time
		var sealed []byte
		_, err := pgx.ForEachRow(rows, []any{&place, &key, &since, &sealed}, func() error {
			name := db.openName(key, sealed)
			for _, c := range places[place] {
				c.BedSince, c.Patient = since, name
			}
			return nil
		})
		return err
	})
}

// openName opens a patient's name; one that cannot be opened is left out, because the call
// matters more.
func (db *DB) openName(key string, sealed []byte) string {
	if len(sealed) == 0 {
		return ""
	}
	name, err := db.keys.Open("movement/"+key, sealed)
	if err != nil {
		return ""
	}
	return string(name)
}
