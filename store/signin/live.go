package signin

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// Activate makes an invited account active.
func (s *Store) Activate(ctx context.Context, clinic hub.ClinicID, user hub.UserID) error {
	return s.do(ctx, clinic, "account.activate", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update account set activated_at = now() where id = $1 and activated_at is null`, user); err != nil {
			return err
		}
		return pg.TellChanged(ctx, tx, clinic, "persons", "duty")
	})
}

// Sessions lists an account's sessions that have not reached their end, newest first.
func (s *Store) Sessions(ctx context.Context, clinic hub.ClinicID, user hub.UserID, now time.Time) (out []accounts.Session, err error) {
	err = s.do(ctx, clinic, "sessions.list", func(tx pgx.Tx) error {
		out, err = pg.Collect(ctx, tx, func(row pgx.CollectableRow) (accounts.Session, error) {
			v := accounts.Session{Clinic: clinic}
			err := row.Scan(&v.ID, &v.Device, &v.Console, &v.Created, &v.Used, &v.Expires, &v.Proof.At, &v.Proof.Means, &v.Must, &v.Agent, &v.Proof.Provider)
			return v, err
		}, `
select id, coalesce(device_id::text, ''), console, created_at, used_at, expires_at, proved_at, means, must, agent, coalesce(provider, '')
from session where account_id = $1 and expires_at > $2 order by created_at desc, id limit 200`, user, now)
		return err
	})
	return out, err
}

// EndSessions ends one session of an account, or all but one.
func (s *Store) EndSessions(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id, keep string) error {
	return s.do(ctx, clinic, "sessions.end", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from session where account_id = $1 and ($2 = '' or id::text = $2) and id::text <> $3`, user, id, keep)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			if id != "" {
				return pgx.ErrNoRows
			}
			return nil
		}
		return tellAccess(ctx, tx, clinic, user)
	})
}

// SetProof writes how a session has proved itself.
func (s *Store) SetProof(ctx context.Context, v accounts.Session) error {
	err := s.exec(ctx, v.Clinic, "session.proof", `update session set proved_at = $2, means = $3, must = $4 where id = $1`, v.ID, v.Proof.At, v.Proof.Means, v.Must)
	if err != nil && hub.KindOf(err) == hub.NotFound {
		return hub.E("session.proof", hub.Unauthenticated, "expired", "")
	}
	return err
}

// EndByProvider ends the sessions that a logout token names. The token is noted in the same
// transaction: it works once, and one whose sessions could not be ended works again.
func (s *Store) EndByProvider(ctx context.Context, clinic hub.ClinicID, provider string, l accounts.ProviderLogout) error {
	const op = "session.provider_logout"
	return s.do(ctx, clinic, op, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into logout_token (clinic_id, issuer, jti, expires_at) values ($1, $2, $3, $4) on conflict do nothing`, clinic, l.Issuer, l.ID, l.Until)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return hub.E(op, hub.Conflict, "replayed", "")
		}
		users, err := pg.Collect(ctx, tx, pgx.RowTo[hub.UserID], `
delete from session where provider = $1 and ($2 = '' or subject = $2) and ($3 = '' or sid = $3) returning account_id`, provider, l.Subject, l.SID)
		if err != nil {
			return err
		}
		for _, u := range users {
			if err := tellAccess(ctx, tx, clinic, u); err != nil {
				return err
			}
		}
		return nil
	})
}
