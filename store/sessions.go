package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// PutSession keeps a new session, unless its account was locked a moment ago, and notes
// that its account was seen. That nobody in particular has signed in as administrator is
// kept in the audit log in the same breath.
func (db *DB) PutSession(ctx context.Context, hash [32]byte, s accounts.StoredSession) error {
	return db.InClinic(ctx, s.Clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
with unlocked as (update account set last_seen_at = $7 where id = $4 and state <> 'locked' returning id)
insert into session (clinic_id, hash, id, account_id, console, created_at, used_at, expires_at, proved_at, means, must, agent, provider, subject, sid)
select $1, $2, $3, id, $5, $6, $7, $8, $9, coalesce($10::text[], '{}'), $11, $12, nullif($13, ''), nullif($14, ''), nullif($15, '') from unlocked`,
			s.Clinic, hash[:], s.ID, s.Account.ID, s.Console, s.Created, s.Used, s.Expires,
			s.Proof.At, s.Proof.Means, s.Must, s.Agent, s.Proof.Provider, s.Proof.Subject, s.Proof.SID)
		if err != nil {
			return fmt.Errorf("put session: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return hub.E("session.put", hub.Unauthenticated, "wrong", "")
		}
		if s.Console && s.Account.Person == "" {
			return noteBreakGlass(ctx, tx, s)
		}
		return nil
	})
}

func noteBreakGlass(ctx context.Context, tx pgx.Tx, s accounts.StoredSession) error {
	_, err := tx.Exec(ctx, `insert into audit (clinic_id, id, actor_id, act, object, data) values ($1, $2, $3, 'signin.break_glass', $4, jsonb_build_object('means', array_to_string($5::text[], ' ')))`,
		s.Clinic, hub.NewID[hub.MessageID](), s.Account.ID, s.ID, s.Proof.Means)
	if err != nil {
		return fmt.Errorf("keep break-glass sign-in: %w", err)
	}
	return pg.TellChanged(ctx, tx, s.Clinic, "overview")
}

// SessionByHash returns a session with its account; it may have expired.
func (db *DB) SessionByHash(ctx context.Context, clinic hub.ClinicID, hash [32]byte) (accounts.StoredSession, error) {
	const q = `select ` + accountColumns + `, s.id, coalesce(s.device_id::text, ''), s.console, s.created_at, s.used_at, s.expires_at,
s.proved_at, s.means, s.must, s.agent, coalesce(s.provider, ''), coalesce(s.subject, ''), coalesce(s.sid, '')
from session s join account a on a.id = s.account_id where s.hash = $1`
	var s accounts.StoredSession
	p := &s.Proof
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return scanAccount(tx.QueryRow(ctx, q, hash[:]), &s.Account, &s.ID, &s.Device, &s.Console, &s.Created, &s.Used, &s.Expires,
			&p.At, &p.Means, &s.Must, &s.Agent, &p.Provider, &p.Subject, &p.SID)
	})
	s.Clinic = clinic
	return s, oneAccount("session.by_hash", err)
}

// TouchSession moves the times of last use of a session, its account and its device.
func (db *DB) TouchSession(ctx context.Context, clinic hub.ClinicID, id string, at time.Time) error {
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`update session set used_at = $2 where id = $1 and used_at < $2`, id, at)
		b.Queue(`update account a set last_seen_at = $2 from session s where s.id = $1 and a.id = s.account_id`, id, at)
		b.Queue(`update device d set last_seen_at = $2 from session s where s.id = $1 and d.id = s.device_id`, id, at)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

// EndSession ends a session; one that has ended already stays so.
func (db *DB) EndSession(ctx context.Context, clinic hub.ClinicID, id string) error {
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `delete from session where id = $1`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("end session: %w", err)
	}
	return nil
}

// ForgetExpired removes sessions, links and codes that ended before a time. Run it daily:
// they work no more anyway, and rows need not outlive their use.
func (db *DB) ForgetExpired(ctx context.Context, clinic hub.ClinicID, before time.Time) error {
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`delete from session where expires_at < $1`, before)
		b.Queue(`delete from signin_link where expires_at < $1`, before)
		b.Queue(`delete from activation_code where expires_at < $1`, before)
		b.Queue(`delete from ceremony where expires_at < $1`, before)
		b.Queue(`delete from logout_token where expires_at < $1`, before)
		b.Queue(`delete from poster where expires_at < $1`, before)
		b.Queue(`delete from device_code where expires_at < $1`, before)
		b.Queue(`delete from waiting_device where refused_at < $1 or created_at < $1::timestamptz - interval '30 days'`, before)
		return tx.SendBatch(ctx, b).Close()
	})
	if err != nil {
		return fmt.Errorf("forget expired secrets: %w", err)
	}
	return nil
}
