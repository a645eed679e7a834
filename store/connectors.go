package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

var _ connectors.Configs = (*DB)(nil)

// Connectors returns all connectors that are not deleted, with their secrets, by name.
func (db *DB) Connectors(ctx context.Context, clinic hub.ClinicID) ([]connectors.Record, error) {
	const q = `
select c.id, c.kind, c.name, c.enabled, c.revision, r.config, r.secrets
from connector c join connector_revision r on (r.clinic_id, r.connector_id, r.revision) = (c.clinic_id, c.id, c.revision)
where c.deleted_at is null and c.kind <> 'hand' order by lower(c.name)`
	var out []connectors.Record
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, q)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, db.scanConnector)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read connectors: %w", err)
	}
	return out, nil
}

func (db *DB) scanConnector(row pgx.CollectableRow) (connectors.Record, error) {
	var r connectors.Record
	var secrets []byte
	if err := row.Scan(&r.ID, &r.Kind, &r.Name, &r.Enabled, &r.Revision, &r.Config, &secrets); err != nil {
		return r, err
	}
	var err error
	r.Secrets, err = db.openSecrets(r.ID, secrets)
	return r, err
}

// SaveConnector writes the next revision of a connector, or the first one of a new one.
func (db *DB) SaveConnector(ctx context.Context, clinic hub.ClinicID, r connectors.Record, author hub.UserID, comment string) (connectors.Record, error) {
	const op = "connector.save"
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		if err := claimRevision(ctx, tx, clinic, &r); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `
insert into connector_revision (clinic_id, connector_id, revision, name, enabled, config, secrets, author_id, comment)
values ($1, $2, $3, $4, $5, $6, $7, nullif($8, '')::uuid, $9)`,
			clinic, r.ID, r.Revision, r.Name, r.Enabled, r.Config, db.sealSecrets(r.ID, r.Secrets), author, comment)
		return err
	})
	if pg.IsUnique(err, "connector_name") {
		return r, hub.E(op, hub.Conflict, "name_taken", "")
	}
	if err != nil {
		return r, fmt.Errorf("save connector: %w", err)
	}
	return r, nil
}

// claimRevision moves the connector to the next revision if nobody did so before.
func claimRevision(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, r *connectors.Record) error {
	if r.Revision == 0 {
		if r.ID == "" {
			r.ID = hub.NewID[hub.ConnectorID]()
		}
		r.Revision = 1
		_, err := tx.Exec(ctx, `insert into connector (clinic_id, id, kind, name, enabled, revision) values ($1, $2, $3, $4, $5, 1)`,
			clinic, r.ID, r.Kind, r.Name, r.Enabled)
		return err
	}
	tag, err := tx.Exec(ctx, `
update connector set name = $3, enabled = $4, revision = revision + 1
where id = $1 and revision = $2 and deleted_at is null`, r.ID, r.Revision, r.Name, r.Enabled)
	if err != nil {
		return err
	}
	if tag.RowsAffected() == 0 {
		return hub.E("connector.save", hub.Conflict, "stale", "")
	}
	r.Revision++
	return nil
}

// DeleteConnector hides a connector and revokes its tokens.
func (db *DB) DeleteConnector(ctx context.Context, clinic hub.ClinicID, id hub.ConnectorID) error {
	defer db.grants.forget()
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update connector set deleted_at = now(), enabled = false where id = $1 and deleted_at is null and kind <> 'hand'`, id)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return hub.E("connector.delete", hub.NotFound, "", "")
		}
		_, err = tx.Exec(ctx, `update api_token set revoked_at = now() where connector_id = $1 and revoked_at is null`, id)
		return err
	})
	if err != nil {
		return fmt.Errorf("delete connector: %w", err)
	}
	return nil
}

// Revisions returns the configurations a connector had, newest first.
func (db *DB) Revisions(ctx context.Context, clinic hub.ClinicID, id hub.ConnectorID) ([]connectors.Revision, error) {
	const q = `
select revision, name, enabled, config, coalesce(author_id::text, '') as author, comment, at
from connector_revision where connector_id = $1 order by revision desc limit 200`
	var out []connectors.Revision
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, q, id)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByName[connectors.Revision])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read revisions: %w", err)
	}
	return out, nil
}

// RevisionSecrets returns the secrets an earlier revision had.
func (db *DB) RevisionSecrets(ctx context.Context, clinic hub.ClinicID, id hub.ConnectorID, revision int) (map[string]string, error) {
	var sealed []byte
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select secrets from connector_revision where connector_id = $1 and revision = $2`, id, revision).Scan(&sealed)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, hub.E("connector.secrets", hub.NotFound, "", "")
	}
	if err != nil {
		return nil, fmt.Errorf("read revision: %w", err)
	}
	return db.openSecrets(id, sealed)
}

func (db *DB) sealSecrets(id hub.ConnectorID, secrets map[string]string) []byte {
	plain, _ := json.Marshal(secrets) // a map of strings always marshals
	return db.keys.Seal("connector/"+string(id), plain)
}

func (db *DB) openSecrets(id hub.ConnectorID, sealed []byte) (map[string]string, error) {
	plain, err := db.keys.Open("connector/"+string(id), sealed)
	if err != nil {
		return nil, fmt.Errorf("open secrets of connector %s: %w", id, err)
	}
	secrets := map[string]string{}
	return secrets, json.Unmarshal(plain, &secrets)
}

// ConnectorKV is a connector's durable memory.
type ConnectorKV struct {
	db     *DB
	clinic hub.ClinicID
	id     hub.ConnectorID
}

var _ connectors.KV = ConnectorKV{}

// KV returns the memory of one connector.
func (db *DB) KV(clinic hub.ClinicID, id hub.ConnectorID) ConnectorKV {
	return ConnectorKV{db, clinic, id}
}

// Get returns nil when the key is absent.
func (kv ConnectorKV) Get(ctx context.Context, key string) ([]byte, error) {
	var value []byte
	err := kv.db.InClinic(ctx, kv.clinic, func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `select value from connector_kv where connector_id = $1 and key = $2`, kv.id, key).Scan(&value)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read connector state: %w", err)
	}
	return value, nil
}

// Put overwrites the value.
func (kv ConnectorKV) Put(ctx context.Context, key string, value []byte) error {
	err := kv.db.InClinic(ctx, kv.clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
insert into connector_kv (clinic_id, connector_id, key, value) values ($1, $2, $3, $4)
on conflict (clinic_id, connector_id, key) do update set value = excluded.value`, kv.clinic, kv.id, key, value)
		return err
	})
	if err != nil {
		return fmt.Errorf("write connector state: %w", err)
	}
	return nil
}
