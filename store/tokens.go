package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

var _ connectors.Tokens = (*DB)(nil)

// tokenPrefix lets secret scanners recognise a token that leaked into a repository.
const tokenPrefix = "wardline_"

// Tokens returns the tokens of a connector that are not revoked.
func (db *DB) Tokens(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID) ([]connectors.Token, error) {
	const q = `
select id::text, name, scopes, wards, created_at as created, coalesce(last_used_at, 'epoch') as lastused
from api_token where connector_id = $1 and revoked_at is null order by created_at`
	var out []connectors.Token
	err := db.inClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, q, c)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (connectors.Token, error) {
			var t connectors.Token
			err := row.Scan(&t.ID, &t.Name, &t.Scopes, &t.Wards, &t.Created, &t.LastUsed)
			if t.LastUsed.Unix() == 0 {
				t.LastUsed = time.Time{}
			}
			return t, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read tokens: %w", err)
	}
	return out, nil
}

// CreateToken makes a token of 256 random bits and keeps only its SHA-256.
func (db *DB) CreateToken(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, t connectors.Token, by hub.UserID) (string, string, error) {
	var b [32]byte
	rand.Read(b[:])
	secret := tokenPrefix + base64.RawURLEncoding.EncodeToString(b[:])
	id := string(hub.NewID[hub.MessageID]())
	if t.Wards == nil {
		t.Wards = []string{}
	}
	err := db.inClinic(ctx, clinic, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
insert into api_token (clinic_id, id, connector_id, name, hash, scopes, wards, created_by) values ($1, $2, $3, $4, $5, $6, $7, nullif($8, '')::uuid)`,
			clinic, id, c, t.Name, tokenHash(secret), t.Scopes, t.Wards, by)
		return err
	})
	if err != nil {
		return "", "", fmt.Errorf("create token: %w", err)
	}
	return id, secret, nil
}

// RevokeToken ends a token at once.
func (db *DB) RevokeToken(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, id string) error {
	err := db.inClinic(ctx, clinic, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update api_token set revoked_at = now() where connector_id = $1 and id = $2 and revoked_at is null`, c, id)
		if err == nil && tag.RowsAffected() == 0 {
			return hub.E("token.revoke", hub.NotFound, "", "")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("revoke token: %w", err)
	}
	return nil
}

// Grant returns what a token of the connector allows. The time of last use is written at
// most once a minute, so that a busy source does not cost a write per request.
func (db *DB) Grant(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, secret string) (connectors.Grant, error) {
	var g connectors.Grant
	if !strings.HasPrefix(secret, tokenPrefix) || len(secret) > 100 {
		return g, hub.E("token.grant", hub.Unauthenticated, "unknown_token", "")
	}
	err := db.inClinic(ctx, clinic, func(tx pgx.Tx) error {
		var stale bool
		err := tx.QueryRow(ctx, `
select id::text, scopes, wards, coalesce(last_used_at < now() - interval '1 minute', true)
from api_token where connector_id = $1 and hash = $2 and revoked_at is null`, c, tokenHash(secret)).Scan(&g.TokenID, &g.Scopes, &g.Wards, &stale)
		if err != nil || !stale {
			return err
		}
		_, err = tx.Exec(ctx, `update api_token set last_used_at = now() where id = $1`, g.TokenID)
		return err
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return g, hub.E("token.grant", hub.Unauthenticated, "unknown_token", "")
	}
	if err != nil {
		return g, fmt.Errorf("look up token: %w", err)
	}
	return g, nil
}

func tokenHash(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}
