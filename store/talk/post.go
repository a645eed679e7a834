package talk

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/store/pg"
)

// PutLetter keeps a letter. A device holds at most limit, and at most foreign of them from
// one other account, so that nobody can stop up somebody else's box.
func (s *Store) PutLetter(ctx context.Context, by messaging.Caller, l messaging.Letter, limit, foreign int) error {
	const op = "chat.put_letter"
	return s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		var owner hub.UserID
		var all, theirs int
		// The row is locked, so that two at once cannot pass the limit together.
		err := tx.QueryRow(ctx, `
select d.account_id from device d join account a on a.clinic_id = $1 and a.id = d.account_id
where d.clinic_id = $1 and d.id = $2 and d.revoked_at is null and a.state = 'active' for no key update of d`, by.Clinic, l.To).Scan(&owner)
		if err != nil {
			return pg.Found(err, hub.E(op, hub.NotFound, "", ""))
		}
		err = tx.QueryRow(ctx, `
select count(*), count(*) filter (where from_user = $3) from letter where clinic_id = $1 and to_id = $2`, by.Clinic, l.To, by.User).Scan(&all, &theirs)
		if err != nil {
			return fmt.Errorf("count letters: %w", err)
		}
		if all >= limit || owner != by.User && theirs >= foreign {
			return hub.E(op, hub.TooMany, "full", "")
		}
		_, err = tx.Exec(ctx, `insert into letter (clinic_id, to_id, id, from_id, from_user, body) values ($1, $2, $3, $4, $5, $6)`,
			by.Clinic, l.To, l.ID, l.From, by.User, l.Body)
		if err != nil {
			return fmt.Errorf("put letter: %w", err)
		}
		return nil
	})
}

// Letters returns letters to a device after one of them, oldest first.
func (s *Store) Letters(ctx context.Context, by messaging.Caller, after string, limit int) ([]messaging.Letter, error) {
	return read(ctx, s, by.Clinic, "letters", pgx.RowToStructByPos[messaging.Letter], `
select id, from_id, to_id, body, at from letter where clinic_id = $1 and to_id = $2 and ($3::uuid is null or id > $3) order by id limit $4`,
		by.Clinic, by.Device, pg.Null(after), limit)
}

// DropLetter ends a letter; one that is gone already is as good.
func (s *Store) DropLetter(ctx context.Context, by messaging.Caller, id string) error {
	return s.exec(ctx, by.Clinic, "drop letter", `delete from letter where clinic_id = $1 and to_id = $2 and id = $3`, by.Clinic, by.Device, id)
}

// exec runs one statement in a transaction of its own.
func (s *Store) exec(ctx context.Context, clinic hub.ClinicID, what, sql string, args ...any) error {
	err := s.db.ByKeys(ctx, clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// BackupChunks lists the chunks of an account's backup and their bytes together.
func (s *Store) BackupChunks(ctx context.Context, by messaging.Caller) (chunks []int, bytes int64, err error) {
	err = s.db.ByKeys(ctx, by.Clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `
select coalesce(array_agg(n order by n), '{}'), coalesce(sum(octet_length(body)), 0) from backup_chunk where clinic_id = $1 and user_id = $2`,
			by.Clinic, by.User).Scan(&chunks, &bytes)
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list backup: %w", err)
	}
	return chunks, bytes, nil
}

// PutBackup keeps a chunk in place of the one before it.
func (s *Store) PutBackup(ctx context.Context, by messaging.Caller, n int, body []byte) error {
	return s.exec(ctx, by.Clinic, "put backup", `
insert into backup_chunk (clinic_id, user_id, n, body) values ($1, $2, $3, $4)
on conflict (clinic_id, user_id, n) do update set body = excluded.body, at = now()`, by.Clinic, by.User, n, body)
}

// Backup returns one chunk.
func (s *Store) Backup(ctx context.Context, by messaging.Caller, n int) ([]byte, error) {
	chunk, err := read(ctx, s, by.Clinic, "backup", pgx.RowTo[[]byte],
		`select body from backup_chunk where clinic_id = $1 and user_id = $2 and n = $3`, by.Clinic, by.User, n)
	if err != nil {
		return nil, err
	}
	if len(chunk) == 0 {
		return nil, hub.E("chat.backup", hub.NotFound, "", "")
	}
	return chunk[0], nil
}

// DropBackup ends an account's backup.
func (s *Store) DropBackup(ctx context.Context, by messaging.Caller) error {
	return s.exec(ctx, by.Clinic, "drop backup", `delete from backup_chunk where clinic_id = $1 and user_id = $2`, by.Clinic, by.User)
}
