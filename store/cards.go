package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// cardLease is how long a card belongs to whoever claimed it. It only matters after a
// crash: then the card is sealed and put again.
const cardLease = 5 * time.Second

// The arrays here and in endCardsSQL keep the planner to one index lookup per card: it would
// rather join with all cards that are owed, which takes longest when most of them are.
const claimCardsSQL = `
update card_outbox o set lease_till = now() + $3::interval, attempts = attempts + 1
where o.clinic_id = $1 and o.alert_id = any(array(
  select alert_id from card_outbox where clinic_id = $1 and lease_till < now()
  order by priority desc, since limit $2 for update skip locked))
returning o.alert_id`

// ClaimCards takes at most limit cards per clinic, emergencies first, with all that is
// needed to build and seal them. Each must be ended by CardsDone, or it comes again.
func (db *DB) ClaimCards(ctx context.Context, limit int) ([]alerting.Card, error) {
	clinics, err := db.knownClinics(ctx)
	if err != nil {
		return nil, err
	}
	var all []alerting.Card
	var failed []error // what fails in one clinic keeps no other waiting
	for _, c := range clinics {
		var cards []alerting.Card
		err := db.ByKeys(ctx, c.ID, func(tx pgx.Tx) (err error) {
			cards, err = db.claimCards(ctx, tx, c.ID, limit)
			return err
		})
		if err != nil {
			failed = append(failed, fmt.Errorf("claim cards: %w", err))
			continue
		}
		all = append(all, cards...)
	}
	slices.SortStableFunc(all, func(a, b alerting.Card) int { return int(b.Alert.Priority) - int(a.Alert.Priority) })
	return all, errors.Join(failed...)
}

const readAlertsSQL = `select ` + alertColumns + ` from alert a where a.clinic_id = $1 and a.id = any($2) order by a.id`

func (db *DB) claimCards(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, limit int) ([]alerting.Card, error) {
	rows, err := tx.Query(ctx, claimCardsSQL, clinic, limit, cardLease)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[hub.AlertID])
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	rows, err = tx.Query(ctx, readAlertsSQL, clinic, ids)
	if err != nil {
		return nil, err
	}
	alerts, err := db.scanReadable(rows, clinic)
	if err != nil {
		return nil, err
	}
	snaps, err := loadDispatches(ctx, tx, clinic, alerts)
	if err != nil {
		return nil, err
	}
	cards := make([]alerting.Card, len(snaps))
	for i, s := range snaps {
		cards[i] = alerting.Card{Alert: s.Alert, Dispatches: s.Dispatches}
	}
	return cards, db.dressCards(ctx, tx, clinic, cards)
}

// cardPeopleSQL and cardDevicesSQL read the recipients of several cards at once. Devices
// are read at each claim, so a new one gets the next card and a revoked one does not.
const (
	cardPeopleSQL  = `select id, name from account where clinic_id = $1 and id = any($2)`
	cardDevicesSQL = `select account_id, id from device where clinic_id = $1 and account_id = any($2) and revoked_at is null order by id`
)

// dressCards adds names, devices, the bed context and rooms.
func (db *DB) dressCards(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, cards []alerting.Card) error {
	users := cardUsers(cards)
	names, devices := map[hub.UserID]string{}, map[hub.UserID][]hub.DeviceID{}
	var batch pgx.Batch
	batch.Queue(cardPeopleSQL, clinic, users).Query(func(rows pgx.Rows) error {
		var id hub.UserID
		var name string
		_, err := pgx.ForEachRow(rows, []any{&id, &name}, func() error { names[id] = name; return nil })
		return err
	})
	batch.Queue(cardDevicesSQL, clinic, users).Query(func(rows pgx.Rows) error {
		var id hub.UserID
		var device hub.DeviceID
		_, err := pgx.ForEachRow(rows, []any{&id, &device}, func() error { devices[id] = append(devices[id], device); return nil })
		return err
	})
	db.queueBeds(&batch, clinic, cards)
	if err := tx.SendBatch(ctx, &batch).Close(); err != nil {
		return err
	}
	rooms, err := alarmRooms(ctx, tx, clinic, cardWards(cards))
	if err != nil {
		return err
	}
	for i := range cards {
		c := &cards[i]
		c.Names = names
		room := rooms[cardWard(c)]
		c.Room, c.WardName = room.ID, room.Unit
		for _, u := range cardUsers(cards[i : i+1]) {
			for _, d := range devices[u] {
				c.Devices = append(c.Devices, alerting.CardDevice{ID: d, User: u})
			}
		}
	}
	return nil
}

// cardWard returns the ward whose room shows the card. Technical alerts go to the room of
// the house: they concern its technicians, not the ward they speak of.
func cardWard(c *alerting.Card) string {
	if c.Alert.Technical {
		return ""
	}
	return strings.ToLower(c.Alert.Ward)
}

func cardWards(cards []alerting.Card) []string {
	wards := make([]string, len(cards))
	for i := range cards {
		wards[i] = cardWard(&cards[i])
	}
	slices.Sort(wards)
	return slices.Compact(wards)
}

// cardUsers returns the recipients of cards, each once, in a stable order.
func cardUsers(cards []alerting.Card) []hub.UserID {
	users := []hub.UserID{}
	for i := range cards {
		for _, d := range cards[i].Dispatches {
			users = append(users, d.User)
		}
	}
	slices.Sort(users)
	return slices.Compact(users)
}

// DeviceKeys returns the X-Wing public keys of devices. A device's key never changes, so
// the caller may keep it.
func (db *DB) DeviceKeys(ctx context.Context, clinic hub.ClinicID, ids []hub.DeviceID) (map[hub.DeviceID][]byte, error) {
	keys := make(map[hub.DeviceID][]byte, len(ids))
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `select id, kem_public from device where clinic_id = $1 and id = any($2)`, clinic, ids)
		if err != nil {
			return err
		}
		var id hub.DeviceID
		var key []byte
		_, err = pgx.ForEachRow(rows, []any{&id, &key}, func() error { keys[id] = slices.Clone(key); return nil })
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read device keys: %w", err)
	}
	return keys, nil
}

// DevicesOnDuty returns the devices of everybody on duty now that are not revoked.
func (db *DB) DevicesOnDuty(ctx context.Context) (map[hub.ClinicID][]hub.DeviceID, error) {
	const sql = `
select d.id from device d where d.clinic_id = $1 and d.revoked_at is null and d.account_id in (
  select y.account_id from duty y where y.clinic_id = $1 and y.until is null)`
	clinics, err := db.knownClinics(ctx)
	if err != nil {
		return nil, err
	}
	found := make(map[hub.ClinicID][]hub.DeviceID, len(clinics))
	for _, c := range clinics {
		err := db.InClinic(ctx, c.ID, func(tx pgx.Tx) (err error) {
			found[c.ID], err = pg.Collect(ctx, tx, pgx.RowTo[hub.DeviceID], sql, c.ID)
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("read devices on duty: %w", err)
		}
	}
	return found, nil
}

// The alerts are locked first and in order, so that marking dispatches never waits in a
// circle with a transition of the same alert. A card that has become newer stays.
const (
	lockCardAlertsSQL = `select id from alert where clinic_id = $1 and id = any($2) order by id for update`
	endCardsSQL       = `
delete from card_outbox o using unnest($2::uuid[], $3::int[]) t(alert, version)
where o.clinic_id = $1 and o.alert_id = any($2) and o.alert_id = t.alert and o.version <= t.version`
	freeCardsSQL = `update card_outbox set lease_till = '-infinity' where clinic_id = $1 and alert_id = any($2)`
	// By alert, not by person: a join with thousands of people has no good generic plan.
	markSentSQL = `
update dispatch d set state = 'sent', changed_at = clock_timestamp()
from unnest($2::uuid[], $3::smallint[]) t(alert, step)
where d.clinic_id = $1 and d.alert_id = any($2) and d.alert_id = t.alert and d.step <= t.step and d.state = 'pending'
  and (d.alert_id, d.user_id) not in (select * from unnest($4::uuid[], $5::uuid[]))`
)

// CardsDone ends claimed cards that are in their rooms, marks their dispatches as sent and
// lets people without a device count as unreachable, which may escalate.
func (db *DB) CardsDone(ctx context.Context, clinic hub.ClinicID, done []alerting.CardDone) error {
	ids, versions, steps := make([]hub.AlertID, len(done)), make([]int32, len(done)), make([]int16, len(done))
	deafAlerts, deafUsers := []hub.AlertID{}, []hub.UserID{}
	var deaf []alerting.Act
	for i, d := range done {
		ids[i], versions[i], steps[i] = d.Alert, int32(d.Version), int16(d.Step)
		for _, u := range d.Deaf {
			deafAlerts, deafUsers = append(deafAlerts, d.Alert), append(deafUsers, u)
			deaf = append(deaf, alerting.Act{Alert: d.Alert, Kind: alerting.ActUnreachable, User: u})
		}
	}
	err := db.ByKeys(ctx, clinic, func(tx pgx.Tx) error {
		var batch pgx.Batch
		batch.Queue(lockCardAlertsSQL, clinic, ids)
		batch.Queue(markSentSQL, clinic, ids, steps, deafAlerts, deafUsers)
		batch.Queue(endCardsSQL, clinic, ids, versions)
		batch.Queue(freeCardsSQL, clinic, ids) // those that became newer meanwhile
		return tx.SendBatch(ctx, &batch).Close()
	})
	if err != nil {
		return fmt.Errorf("end cards: %w", err)
	}
	if len(deaf) == 0 {
		return nil
	}
	_, err = db.Acts(ctx, clinic, deaf)
	return err
}
