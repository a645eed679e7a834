package signin

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/accounts/passkey"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

func totpPlace(user hub.UserID) string { return "totp/" + string(user) }

// TOTP returns an account's authenticator app, confirmed or not.
func (s *Store) TOTP(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (accounts.TOTP, error) {
	var t accounts.TOTP
	var sealed []byte
	err := s.do(ctx, clinic, "totp.read", func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select secret, confirmed_at is not null from totp where account_id = $1`, user).Scan(&sealed, &t.Confirmed)
	})
	if err != nil {
		return t, err
	}
	plain, err := s.keys.Open(totpPlace(user), sealed)
	if err != nil {
		return t, fmt.Errorf("open secret of authenticator: %w", err)
	}
	t.Secret = string(plain)
	return t, nil
}

// PutTOTP keeps a secret that waits for its first code.
func (s *Store) PutTOTP(ctx context.Context, clinic hub.ClinicID, user hub.UserID, secret string) error {
	ok, err := s.used(ctx, clinic, "totp.put", `
insert into totp (clinic_id, account_id, secret) values ($1, $2, $3)
on conflict (clinic_id, account_id) do update set secret = excluded.secret, created_at = now(), last_step = 0 where totp.confirmed_at is null`,
		clinic, user, s.keys.Seal(totpPlace(user), []byte(secret)))
	if err == nil && !ok {
		return hub.E("totp.put", hub.Conflict, "enrolled", "")
	}
	return err
}

// UseStep moves the last step forward; of two at once with the same code one wins.
func (s *Store) UseStep(ctx context.Context, clinic hub.ClinicID, user hub.UserID, step int64, confirm bool) (bool, error) {
	return s.used(ctx, clinic, "totp.use", `
update totp set last_step = $2, confirmed_at = coalesce(confirmed_at, now()) where account_id = $1 and last_step < $2 and (confirmed_at is null) = $3`, user, step, confirm)
}

// PutRecovery replaces the recovery codes.
func (s *Store) PutRecovery(ctx context.Context, clinic hub.ClinicID, user hub.UserID, hashes [][32]byte) error {
	list := make([][]byte, len(hashes))
	for i := range hashes {
		list[i] = hashes[i][:]
	}
	return s.do(ctx, clinic, "recovery.put", func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`delete from recovery_code where account_id = $1`, user)
		b.Queue(`insert into recovery_code (clinic_id, account_id, hash) select $1, $2, unnest($3::bytea[])`, clinic, user, list)
		return tx.SendBatch(ctx, b).Close()
	})
}

// UseRecovery uses a recovery code up.
func (s *Store) UseRecovery(ctx context.Context, clinic hub.ClinicID, user hub.UserID, hash [32]byte) (bool, error) {
	return s.used(ctx, clinic, "recovery.use", `delete from recovery_code where account_id = $1 and hash = $2`, user, hash[:])
}

// DropTOTP removes an authenticator app and its recovery codes.
func (s *Store) DropTOTP(ctx context.Context, clinic hub.ClinicID, user hub.UserID) error {
	return s.do(ctx, clinic, "totp.drop", func(tx pgx.Tx) error {
		b := &pgx.Batch{}
		b.Queue(`delete from totp where account_id = $1`, user)
		b.Queue(`delete from recovery_code where account_id = $1`, user)
		return tx.SendBatch(ctx, b).Close()
	})
}

// Factors returns what an account has beside its password.
func (s *Store) Factors(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (accounts.Factors, error) {
	var f accounts.Factors
	err := s.do(ctx, clinic, "factors.read", func(tx pgx.Tx) (err error) {
		err = tx.QueryRow(ctx, `
select exists (select from totp where account_id = $1 and confirmed_at is not null), (select count(*) from recovery_code where account_id = $1)`, user).Scan(&f.TOTP, &f.RecoveryLeft)
		if err != nil {
			return err
		}
		if f.Passkeys, err = pg.Collect(ctx, tx, scanPasskey, `
select id, account_id, credential, data, rp, name, created_at, used_at, cloned_at is not null from passkey where account_id = $1 order by created_at, id`, user); err != nil {
			return err
		}
		f.Links, err = pg.Collect(ctx, tx, scanLink, `
select provider, issuer, subject, created_at, used_at from identity_link where account_id = $1 order by created_at, subject`, user)
		return err
	})
	return f, err
}

func scanPasskey(row pgx.CollectableRow) (accounts.Passkey, error) {
	var p accounts.Passkey
	var used *time.Time
	err := row.Scan(&p.ID, &p.User, &p.Key.Credential, &p.Key.Data, &p.Host, &p.Name, &p.Created, &used, &p.Cloned)
	p.Used = pg.OrZero(used)
	return p, err
}

func scanLink(row pgx.CollectableRow) (accounts.Identity, error) {
	var l accounts.Identity
	var used *time.Time
	err := row.Scan(&l.Provider, &l.Issuer, &l.Subject, &l.Created, &used)
	l.Used = pg.OrZero(used)
	return l, err
}

// PutPasskey adds a passkey. The account's row is locked, so that two at once cannot pass the
// limit together.
func (s *Store) PutPasskey(ctx context.Context, clinic hub.ClinicID, p accounts.Passkey, limit int) error {
	const op = "passkey.put"
	return s.do(ctx, clinic, op, func(tx pgx.Tx) error {
		var have int
		err := tx.QueryRow(ctx, `
with a as (select id from account where id = $1 for update) select count(p.id) from a left join passkey p on p.account_id = a.id`, p.User).Scan(&have)
		if err != nil {
			return err
		}
		if have >= limit {
			return hub.E(op, hub.Conflict, "too_many", "")
		}
		tag, err := tx.Exec(ctx, `
insert into passkey (clinic_id, id, account_id, credential, rp, name, data, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (clinic_id, credential) do nothing`,
			clinic, p.ID, p.User, p.Key.Credential, p.Host, p.Name, p.Key.Data, p.Created)
		if err == nil && tag.RowsAffected() == 0 {
			return hub.E(op, hub.Conflict, "taken", "")
		}
		return err
	})
}

// UsePasskey writes back what a use has changed.
func (s *Store) UsePasskey(ctx context.Context, clinic hub.ClinicID, key passkey.Key, at time.Time, cloned bool) error {
	return s.exec(ctx, clinic, "passkey.use", `
update passkey set data = $2, used_at = $3, cloned_at = case when $4 then coalesce(cloned_at, $3) else cloned_at end where credential = $1`,
		key.Credential, key.Data, at, cloned)
}

// RenamePasskey gives a passkey another name.
func (s *Store) RenamePasskey(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id, name string) error {
	return s.exec(ctx, clinic, "passkey.rename", `update passkey set name = $3 where id = $1 and account_id = $2`, id, user, name)
}

// DropPasskey removes a passkey.
func (s *Store) DropPasskey(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id string) error {
	return s.exec(ctx, clinic, "passkey.drop", `delete from passkey where id = $1 and account_id = $2`, id, user)
}
