package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

var _ accounts.Store = (*DB)(nil)

// accountColumns are those scanAccount reads, of account a.
const accountColumns = `a.clinic_id, a.id, coalesce(a.person_id::text, ''), a.login, a.name, a.level, a.roles, a.state, a.password is not null, a.locked_here, a.locked_there, a.created_at, a.last_seen_at`

// accountFields are where to scan accountColumns to; seen is last_seen_at, which may be null.
func accountFields(a *accounts.Account, seen **time.Time) []any {
	return []any{&a.Clinic, &a.ID, &a.Person, &a.Login, &a.Name, &a.Level, &a.Roles, &a.State, &a.HasPassword, &a.LockedHere, &a.LockedThere, &a.Created, seen}
}

// scanAccount scans accountColumns and then more.
func scanAccount(row pgx.Row, a *accounts.Account, more ...any) error {
	var seen *time.Time
	err := row.Scan(append(accountFields(a, &seen), more...)...)
	if seen != nil {
		a.LastSeen = *seen
	}
	return err
}

// oneAccount turns "no row" into the NotFound the domain speaks of.
func oneAccount(op string, err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return hub.E(op, hub.NotFound, "", "")
	}
	if err != nil {
		return fmt.Errorf("%s: %w", op, err)
	}
	return nil
}

// CredentialsByLogin returns the account with a login and its password hash.
func (db *DB) CredentialsByLogin(ctx context.Context, clinic hub.ClinicID, login string) (accounts.Credentials, error) {
	var c accounts.Credentials
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return scanAccount(tx.QueryRow(ctx, `select `+accountColumns+`, coalesce(a.password, '') from account a where a.login = $1`, login), &c.Account, &c.Hash)
	})
	return c, oneAccount("account.by_login", err)
}

// setPassword also makes an invited account active.
const setPassword = `update account set password = nullif($2, ''), activated_at = coalesce(activated_at, now()) where id = $1`

// SetPassword sets a password and ends all sessions but one.
func (db *DB) SetPassword(ctx context.Context, clinic hub.ClinicID, user hub.UserID, hash, keep string) error {
	return db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, setPassword, user, hash)
		if err != nil {
			return fmt.Errorf("set password: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return hub.E("account.set_password", hub.NotFound, "", "")
		}
		return endSessions(ctx, tx, clinic, user, keep)
	})
}

// ClearPassword makes an account one without a password, so that whoever gets a sign-in
// link next sets a new one. All its sessions end.
func (db *DB) ClearPassword(ctx context.Context, clinic hub.ClinicID, user hub.UserID) error {
	return db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `update account set password = null where id = $1`, user); err != nil {
			return fmt.Errorf("clear password: %w", err)
		}
		return endSessions(ctx, tx, clinic, user, nobody)
	})
}

// endSessions ends an account's sessions, all but keep (nobody for none), and tells every
// node if there were any. The kept one's socket comes back by itself.
func endSessions(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, user hub.UserID, keep string) error {
	_, err := tx.Exec(ctx, `
with ended as (delete from session where account_id = $2 and id <> $3 returning 1)
select pg_notify('wardline_access', json_build_object('clinic', $1::text, 'user', $2::uuid)::text) where exists (select from ended)`, string(clinic), user, keep)
	if err != nil {
		return fmt.Errorf("end sessions: %w", err)
	}
	return nil
}

// nobody is an id no session has.
const nobody = "00000000-0000-0000-0000-000000000000"

// SetLockedHere sets or lifts the administrator's lock.
func (db *DB) SetLockedHere(ctx context.Context, clinic hub.ClinicID, user hub.UserID, locked bool) error {
	return db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update account set locked_here = $2 where id = $1`, user, locked)
		if err != nil {
			return fmt.Errorf("set lock: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return hub.E("account.lock", hub.NotFound, "", "")
		}
		if locked {
			return shutOut(ctx, tx, clinic, []hub.UserID{user})
		}
		return pg.TellChanged(ctx, tx, clinic, "persons")
	})
}

// BreakGlass returns the first administrator's account. Two nodes starting at once make one.
func (db *DB) BreakGlass(ctx context.Context, clinic hub.ClinicID) (a accounts.Account, ready bool, err error) {
	const q = `select ` + accountColumns + `, exists (select from account b where b.level = 'admin' and b.state = 'active'
  and (b.password is not null or exists (select from passkey p where p.account_id = b.id)))
from account a where a.level = 'admin' and a.person_id is null order by a.created_at limit 1`
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('break-glass ' || $1, 0))`, string(clinic)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `
with made as (
  insert into account (clinic_id, id, login, name, level, roles)
  select $1, $2::uuid, case when exists (select from account where login = 'admin') then 'admin-' || left($2::uuid::text, 8) else 'admin' end, 'Administrator', 'admin', '{owner}'
  where not exists (select from account where level = 'admin' and person_id is null) returning id)
insert into account_role (clinic_id, account_id, role) select $1, id, 'owner' from made`, clinic, hub.NewID[hub.UserID]()); err != nil {
			return err
		}
		return scanAccount(tx.QueryRow(ctx, q), &a, &ready)
	})
	return a, ready, oneAccount("account.break_glass", err)
}

// PutCode replaces the account's activation code.
func (db *DB) PutCode(ctx context.Context, clinic hub.ClinicID, user hub.UserID, c accounts.Code) error {
	const op = "account.put_code"
	return db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var state accounts.State
		err := tx.QueryRow(ctx, `select state from account where id = $1 for update`, user).Scan(&state)
		if err != nil {
			return oneAccount(op, err)
		}
		if state == accounts.Locked {
			return hub.E(op, hub.Conflict, "locked", "")
		}
		_, err = tx.Exec(ctx, `
insert into activation_code (clinic_id, account_id, hash, expires_at) values ($1, $2, $3, $4)
on conflict (clinic_id, account_id) do update set hash = excluded.hash, expires_at = excluded.expires_at, attempts = 0, created_at = now()`,
			clinic, user, c.Hash, c.Expires)
		if err != nil {
			return fmt.Errorf("put activation code: %w", err)
		}
		return nil
	})
}

// TryCode counts an attempt, committed before the code is compared: whoever drops the
// connection has used the attempt up all the same.
func (db *DB) TryCode(ctx context.Context, clinic hub.ClinicID, login string) (accounts.Account, accounts.Code, error) {
	const q = `
update activation_code k set attempts = least(attempts + 1, 1000) from account a where a.id = k.account_id and a.login = $1
returning ` + accountColumns + `, k.hash, k.attempts, k.expires_at`
	var a accounts.Account
	var c accounts.Code
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return scanAccount(tx.QueryRow(ctx, q, login), &a, &c.Hash, &c.Attempts, &c.Expires)
	})
	return a, c, oneAccount("account.try_code", err)
}

// UseCode swaps a code for a password; a second attempt with the same code finds it gone.
func (db *DB) UseCode(ctx context.Context, clinic hub.ClinicID, user hub.UserID, codeHash, passwordHash string) (bool, error) {
	used := false
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from activation_code where account_id = $1 and hash = $2`, user, codeHash)
		if used = tag.RowsAffected() == 1; err != nil || !used {
			return err
		}
		if _, err := tx.Exec(ctx, setPassword, user, passwordHash); err != nil {
			return err
		}
		if err := endSessions(ctx, tx, clinic, user, nobody); err != nil {
			return err
		}
		return pg.TellChanged(ctx, tx, clinic, "persons", "duty")
	})
	if err != nil {
		return false, fmt.Errorf("use activation code: %w", err)
	}
	return used, nil
}

// PutLink keeps a sign-in link.
func (db *DB) PutLink(ctx context.Context, clinic hub.ClinicID, hash [32]byte, l accounts.Link) error {
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `insert into signin_link (clinic_id, hash, account_id, reusable, expires_at) values ($1, $2, $3, $4, $5)`,
			clinic, hash[:], l.User, l.Reusable, l.Expires)
		return err
	})
	if err != nil {
		return fmt.Errorf("put sign-in link: %w", err)
	}
	return nil
}

// TakeLink uses a sign-in link. level, unless empty, is what the account must have; a link
// of another one stays unused.
func (db *DB) TakeLink(ctx context.Context, clinic hub.ClinicID, hash [32]byte, now time.Time, level hub.Level) (accounts.Account, error) {
	var a accounts.Account
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var reusable bool
		err := scanAccount(tx.QueryRow(ctx, `
select `+accountColumns+`, l.reusable from signin_link l join account a on a.id = l.account_id
where l.hash = $1 and l.expires_at > $2 and a.state <> 'locked' and ($3 = '' or a.level = $3) for update`, hash[:], now, string(level)), &a, &reusable)
		if err != nil {
			return err
		}
		if !reusable {
			if _, err := tx.Exec(ctx, `delete from signin_link where hash = $1`, hash[:]); err != nil {
				return err
			}
		}
		a.State = accounts.Active
		_, err = tx.Exec(ctx, `update account set activated_at = now() where id = $1 and activated_at is null`, a.ID)
		return err
	})
	return a, oneAccount("account.take_link", err)
}
