package signin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
)

func policyPlace(clinic hub.ClinicID) string { return "signin_policy/" + string(clinic) }

// SignInPolicy returns the policy with its secrets, or the product's at revision 0.
func (s *Store) SignInPolicy(ctx context.Context, clinic hub.ClinicID) (accounts.SignInPolicy, int, error) {
	p, revision := accounts.DefaultPolicy(), 0
	var stored, sealed []byte
	err := s.do(ctx, clinic, "policy.read", func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `select revision, policy, secrets from signin_policy`).Scan(&revision, &stored, &sealed)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil || revision == 0 {
		return p, revision, err
	}
	plain, err := s.keys.Open(policyPlace(clinic), sealed)
	if err != nil {
		return p, revision, fmt.Errorf("open secrets of providers: %w", err)
	}
	var secrets map[string]string
	if err := errors.Join(json.Unmarshal(stored, &p), json.Unmarshal(plain, &secrets)); err != nil {
		return p, revision, fmt.Errorf("read policy: %w", err)
	}
	for i := range p.Providers {
		if secret, ok := secrets[p.Providers[i].ID]; ok {
			p.Providers[i].Secret = &secret
		}
	}
	return p, revision, nil
}

// SaveSignInPolicy writes the next revision.
func (s *Store) SaveSignInPolicy(ctx context.Context, clinic hub.ClinicID, p accounts.SignInPolicy, revision int, by hub.UserID) (int, error) {
	secrets := map[string]string{}
	p.Providers = slices.Clone(p.Providers)
	for i := range p.Providers {
		v := &p.Providers[i]
		if v.Secret != nil && *v.Secret != "" {
			secrets[v.ID] = *v.Secret
		}
		v.Secret, v.SecretSet = nil, false
	}
	stored, err := json.Marshal(p)
	if err != nil {
		return 0, fmt.Errorf("write policy: %w", err)
	}
	plain, err := json.Marshal(secrets)
	if err != nil {
		return 0, fmt.Errorf("write secrets of providers: %w", err)
	}
	const op = "policy.save"
	err = s.do(ctx, clinic, op, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
insert into signin_policy (clinic_id, revision, policy, secrets, by_id) select $1, 1, $3, $4, nullif($5, '')::uuid where $2 = 0
on conflict (clinic_id) do nothing`, clinic, revision, stored, s.keys.Seal(policyPlace(clinic), plain), string(by))
		if err != nil || tag.RowsAffected() == 1 {
			return err
		}
		tag, err = tx.Exec(ctx, `update signin_policy set revision = revision + 1, policy = $2, secrets = $3, by_id = nullif($4, '')::uuid, at = now() where revision = $1`,
			revision, stored, s.keys.Seal(policyPlace(clinic), plain), string(by))
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return hub.E(op, hub.Conflict, "stale", "")
		}
		return s.withdraw(ctx, tx, op, clinic, p.Providers)
	})
	return revision + 1, err
}

func ceremonyPlace(hash [32]byte) string { return "ceremony/" + string(hash[:]) }

// PutCeremony keeps what a later request ends. Two at once may pass the limit together, which
// bounds the table and nothing else.
func (s *Store) PutCeremony(ctx context.Context, clinic hub.ClinicID, c accounts.StoredCeremony, limit int) error {
	const op = "ceremony.put"
	put, err := s.used(ctx, clinic, op, `
insert into ceremony (clinic_id, hash, kind, data, expires_at) select $1, $2, $3, $4, $5
where $6 = 0 or (select count(*) from ceremony where kind = $3) < $6`,
		clinic, c.Hash[:], c.Kind, s.keys.Seal(ceremonyPlace(c.Hash), c.Data), c.Until, limit)
	if err == nil && !put {
		return hub.E(op, hub.TooMany, "slow_down", "%w", accounts.Wait(sweptWithin))
	}
	return err
}

// sweptWithin is when at the latest there is room again once ceremonies are over.
const sweptWithin = time.Minute

// SweepCeremonies forgets those that are over.
func (s *Store) SweepCeremonies(ctx context.Context, clinic hub.ClinicID, now time.Time) error {
	_, err := s.used(ctx, clinic, "ceremony.sweep", `delete from ceremony where expires_at <= $1`, now)
	return err
}

// TakeCeremony removes and returns it.
func (s *Store) TakeCeremony(ctx context.Context, clinic hub.ClinicID, hash [32]byte, kind string, now time.Time) ([]byte, error) {
	var sealed []byte
	err := s.do(ctx, clinic, "ceremony.take", func(tx pgx.Tx) error {
		var until time.Time
		var of string
		if err := tx.QueryRow(ctx, `delete from ceremony where hash = $1 returning kind, data, expires_at`, hash[:]).Scan(&of, &sealed, &until); err != nil {
			return err
		}
		if of != kind || !now.Before(until) {
			sealed = nil
		}
		return nil
	})
	if err == nil && sealed == nil {
		err = hub.E("ceremony.take", hub.NotFound, "", "")
	}
	if err != nil {
		return nil, err
	}
	return s.keys.Open(ceremonyPlace(hash), sealed)
}
