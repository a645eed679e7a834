package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
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
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
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
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
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

// RevokeToken ends a token: on this node at once, on others within grantKept.
func (db *DB) RevokeToken(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, id string) error {
	defer db.grants.forget()
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
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

// grantKept is how long a token is believed without asking the database, and so how long
// at most another node still takes one that was revoked; this node forgets it at once.
const grantKept = 5 * time.Second

// grantCache holds tokens that were found lately, by connector and hash. A refusal is never
// kept: a token works from the moment it is made.
type grantCache struct {
	mu   sync.Mutex
	kept map[grantKey]keptGrant
	era  int // counts forget
}

type grantKey struct {
	connector hub.ConnectorID
	hash      [sha256.Size]byte
}

type keptGrant struct {
	connectors.Grant
	at time.Time
}

// maxGrants bounds the cache; a hub has a handful of tokens.
const maxGrants = 1000

func (c *grantCache) get(k grantKey) (connectors.Grant, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	g, ok := c.kept[k]
	return g.Grant, ok && time.Since(g.at) < grantKept
}

func (c *grantCache) now() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.era
}

// put keeps a grant that was asked for at the given time: the answer may be as old as that.
func (c *grantCache) put(k grantKey, g connectors.Grant, at time.Time, era int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
	if c.kept == nil || len(c.kept) >= maxGrants {
		c.kept = map[grantKey]keptGrant{}
	}
	c.kept[k] = keptGrant{g, at}
}

// forget empties the cache, as when a token was revoked. It also makes a lookup that began
// before it keep nothing: see Grant.
func (c *grantCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept = nil
	c.era++
}

// Grant returns what a token of the connector allows, as it was at most grantKept ago. The
// time of last use is written at most once a minute, so that a busy source does not cost a
// write per request.
func (db *DB) Grant(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, secret string) (connectors.Grant, error) {
	if !strings.HasPrefix(secret, tokenPrefix) || len(secret) > 100 {
		return connectors.Grant{}, hub.E("token.grant", hub.Unauthenticated, "unknown_token", "")
	}
	key := grantKey{c, sha256.Sum256([]byte(secret))}
	if g, ok := db.grants.get(key); ok {
		return g, nil
	}
	era, at := db.grants.now(), time.Now()
	g, err := db.readGrant(ctx, clinic, c, key.hash[:])
	if errors.Is(err, pgx.ErrNoRows) {
		return g, hub.E("token.grant", hub.Unauthenticated, "unknown_token", "")
	}
	if err != nil {
		return g, fmt.Errorf("look up token: %w", err)
	}
	db.grants.put(key, g, at, era)
	return g, nil
}

func (db *DB) readGrant(ctx context.Context, clinic hub.ClinicID, c hub.ConnectorID, hash []byte) (g connectors.Grant, err error) {
	err = db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		var stale bool
		err := tx.QueryRow(ctx, `
select id::text, scopes, wards, coalesce(last_used_at < now() - interval '1 minute', true)
from api_token where connector_id = $1 and hash = $2 and revoked_at is null`, c, hash).Scan(&g.TokenID, &g.Scopes, &g.Wards, &stale)
		if err != nil || !stale {
			return err
		}
		_, err = tx.Exec(ctx, `update api_token set last_used_at = now() where id = $1`, g.TokenID)
		return err
	})
	return g, err
}

func tokenHash(secret string) []byte {
	h := sha256.Sum256([]byte(secret))
	return h[:]
}
