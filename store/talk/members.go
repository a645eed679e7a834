package talk

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/store/pg"
)

const rosterSQL = `
select m.user_id, a.name, m.role, a.recorder, m.since from room_member m join account a on a.clinic_id = $1 and a.id = m.user_id
where m.clinic_id = $1 and m.room_id = $2 and m.until is null order by m.since, m.since_seq, m.user_id`

// Members returns the roster of a conversation to one of its members, the oldest first.
func (s *Store) Members(ctx context.Context, by messaging.Caller, room hub.RoomID) (out []messaging.RoomMember, err error) {
	err = s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		if _, err := memberRole(ctx, tx, "chat.members", by, room); err != nil {
			return err
		}
		out, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[messaging.RoomMember], rosterSQL, by.Clinic, room)
		return err
	})
	return out, err
}

// ChangeMembers lets decide look at the roster under the lock of the room, and writes each
// change with its line.
func (s *Store) ChangeMembers(ctx context.Context, by messaging.Caller, room hub.RoomID, decide func(messaging.Roster) ([]messaging.MemberChange, error)) (puts []*messaging.Put, err error) {
	const op = "chat.members"
	err = s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		puts = nil
		l, err := lock(ctx, tx, op, by.Clinic, room)
		if err != nil {
			return err
		}
		if _, err := memberRole(ctx, tx, op, by, room); err != nil {
			return err
		}
		r := messaging.Roster{Kind: l.kind}
		if r.Follows, err = l.follows(ctx, tx); err != nil {
			return err
		}
		if r.Members, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[messaging.RoomMember], rosterSQL, by.Clinic, room); err != nil {
			return err
		}
		changes, err := decide(r)
		if err != nil {
			return err
		}
		for _, c := range changes {
			if err := l.change(ctx, tx, c); err != nil {
				return err
			}
			put, err := l.line(ctx, tx, by.User, c)
			if err != nil {
				return err
			}
			puts = append(puts, put)
		}
		return nil
	})
	return puts, err
}

// Whoever comes, or comes back, sees from the line on that tells of it; whoever goes sees
// that line last, though his leaves stay until the recorder's commit.
const (
	comeSQL = `
with leaves as (update room_leaf set said_to = null where clinic_id = $1 and room_id = $2 and user_id = any($3) and to_seq is null and said_to is not null)
insert into room_member (clinic_id, room_id, user_id, role, since_seq, read_seq, delivered_seq)
select $1, $2, u, 'member', $4, $4, $4 from unnest($3::uuid[]) u
on conflict (clinic_id, room_id, user_id) do update set role = 'member', muted = false, since = now(), until = null, until_seq = null,
  since_seq = $4, read_seq = $4, delivered_seq = $4`
	goSQL = `
with leaves as (update room_leaf set said_to = $4 where clinic_id = $1 and room_id = $2 and user_id = any($3) and to_seq is null)
update room_member set until = now(), until_seq = $4 where clinic_id = $1 and room_id = $2 and user_id = any($3) and until is null`
	roleSQL = `update room_member set role = $4 where clinic_id = $1 and room_id = $2 and user_id = any($3) and until is null`
)

func (l *locked) change(ctx context.Context, tx pgx.Tx, c messaging.MemberChange) (err error) {
	switch c.Act {
	case messaging.LineAdded:
		_, err = tx.Exec(ctx, comeSQL, l.clinic, l.id, c.Users, l.last)
	case messaging.LineRemoved, messaging.LineLeft:
		_, err = tx.Exec(ctx, goSQL, l.clinic, l.id, c.Users, l.last+1)
	case messaging.LineRole:
		_, err = tx.Exec(ctx, roleSQL, l.clinic, l.id, c.Users, c.Role)
	}
	if err != nil {
		return fmt.Errorf("change members: %w", err)
	}
	return nil
}

// Recorder returns the clinic's recorder and its newest certified device.
func (s *Store) Recorder(ctx context.Context, clinic hub.ClinicID) (user hub.UserID, device hub.DeviceID, err error) {
	err = s.db.ByKeys(ctx, clinic, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
select a.id, coalesce((select d.id::text from device d where d.clinic_id = $1 and d.account_id = a.id and d.revoked_at is null and d.certified_at is not null
  order by d.created_at desc limit 1), '') from account a where a.clinic_id = $1 and a.recorder`, clinic).Scan(&user, &device)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("find recorder: %w", err)
	}
	return user, device, nil
}

// Reachable refuses accounts of other clinics, those that are locked or were never
// activated, and the recorder. The policy of who may talk to whom will be asked here.
func (s *Store) Reachable(ctx context.Context, by messaging.Caller, users []hub.UserID) ([]hub.UserID, error) {
	return read(ctx, s, by.Clinic, "who can be reached", pgx.RowTo[hub.UserID],
		`select id from account where clinic_id = $1 and id = any($2) and state = 'active' and not recorder`, by.Clinic, users)
}

// Contacts returns active people whose name has query in it, by name.
func (s *Store) Contacts(ctx context.Context, by messaging.Caller, query string, limit int) ([]messaging.Contact, error) {
	const q = `
select a.id, a.name, coalesce(p.title, ''),
  array(select distinct u.name from person_unit m join unit u on u.clinic_id = $1 and u.id = m.unit_id where m.clinic_id = $1 and m.person_id = a.person_id order by 1),
  (select count(*) from device d where d.clinic_id = $1 and d.account_id = a.id and d.revoked_at is null and d.certified_at is not null), a.recorder
from account a left join person p on p.clinic_id = $1 and p.id = a.person_id
where a.clinic_id = $1 and a.state = 'active' and a.id <> $2 and (a.person_id is not null or a.recorder or a.level <> 'admin')
  and position(lower($3) in lower(a.name)) > 0
order by a.name, a.id limit $4`
	var out []messaging.Contact
	err := s.db.InClinic(ctx, by.Clinic, func(tx pgx.Tx) (err error) {
		out, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[messaging.Contact], q, by.Clinic, by.User, query, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read contacts: %w", err)
	}
	return out, nil
}

// ShareRoom reports whether two accounts are in one conversation.
func (s *Store) ShareRoom(ctx context.Context, by messaging.Caller, user hub.UserID) (bool, error) {
	shared, err := read(ctx, s, by.Clinic, "common rooms", pgx.RowTo[bool], `
select exists (select from room_member m join room r on r.clinic_id = $1 and r.id = m.room_id and r.kind <> 'alarm'
  join room_member o on o.clinic_id = $1 and o.room_id = m.room_id and o.user_id = $3 and o.until is null
  where m.clinic_id = $1 and m.user_id = $2 and m.until is null)`, by.Clinic, by.User, user)
	return err == nil && shared[0], err
}

// UserDevices returns the devices in use of an account that is not locked, the newest first.
func (s *Store) UserDevices(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]messaging.PublicDevice, error) {
	return read(ctx, s, clinic, "devices", pgx.RowToStructByPos[messaging.PublicDevice], `
select d.id, d.sign_public, d.kem_public from device d join account a on a.clinic_id = $1 and a.id = d.account_id and a.state = 'active'
where d.clinic_id = $1 and d.account_id = $2 and d.revoked_at is null order by d.created_at desc, d.id`, clinic, user)
}
