package signin

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

// AccountByIdentity returns whose an identity is and notes its use.
func (s *Store) AccountByIdentity(ctx context.Context, clinic hub.ClinicID, issuer, subject string) (a accounts.Account, err error) {
	err = s.do(ctx, clinic, "identity.find", func(tx pgx.Tx) error {
		a, err = s.oneAccount(ctx, tx, `
with l as (update identity_link set used_at = now() where issuer = $1 and subject = $2 returning account_id)
select `+accountColumns+` from l join account a on a.id = l.account_id`, issuer, subject)
		return err
	})
	return a, err
}

// LinkIdentity links the one account that fits. Logins are unique; a staff number may be two
// people's, and then it is nobody's.
func (s *Store) LinkIdentity(ctx context.Context, clinic hub.ClinicID, l accounts.Identity, match, value string) (a accounts.Account, err error) {
	const op = "identity.link"
	fits := `a.login = $1`
	if match == "staff_number" {
		fits = `exists (select from person p where p.id = a.person_id and p.staff_number = $1)`
	}
	err = s.do(ctx, clinic, op, func(tx pgx.Tx) error {
		found, err := pg.Collect(ctx, tx, scanAccount, `
select `+accountColumns+` from account a where not a.recorder and `+fits+`
  and not exists (select from identity_link x where x.account_id = a.id and x.issuer = $2) limit 2 for update`, value, l.Issuer)
		if err != nil {
			return err
		}
		if len(found) != 1 || found[0].State == accounts.Locked || found[0].Person == "" {
			return hub.E(op, hub.NotFound, "", "")
		}
		a = found[0]
		_, err = tx.Exec(ctx, `insert into identity_link (clinic_id, issuer, subject, account_id, provider, created_at, used_at) values ($1, $2, $3, $4, $5, $6, $6)`,
			clinic, l.Issuer, l.Subject, a.ID, l.Provider, l.Created)
		return err
	})
	return a, err
}

// DropLink removes an account's identity at a provider with the roles it has given, and ends
// the sessions it opened.
func (s *Store) DropLink(ctx context.Context, clinic hub.ClinicID, user hub.UserID, provider string) error {
	const op = "identity.drop"
	return s.do(ctx, clinic, op, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from identity_link where account_id = $1 and provider = $2`, user, provider)
		if err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return pgx.ErrNoRows
		}
		if _, err := tx.Exec(ctx, `delete from session where account_id = $1 and provider = $2`, user, provider); err != nil {
			return err
		}
		if _, err := s.giveRoles(ctx, tx, op, clinic, user, accounts.Provider{ID: provider}.Source(), nil, ""); err != nil {
			return err
		}
		return tellAccess(ctx, tx, clinic, user)
	})
}

// AccountBySource returns the account of somebody a source knows as working here.
func (s *Store) AccountBySource(ctx context.Context, clinic hub.ClinicID, source hub.ConnectorID, key string) (a accounts.Account, err error) {
	err = s.do(ctx, clinic, "account.by_source", func(tx pgx.Tx) error {
		a, err = s.oneAccount(ctx, tx, `
select `+accountColumns+` from person_source x join account a on a.person_id = x.person_id where x.source = $1 and x.key = $2 and x.status = 'working'`, source, key)
		return err
	})
	return a, err
}

// KeysOf returns by which keys sources know the person of an account as working here.
func (s *Store) KeysOf(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (map[hub.ConnectorID]string, error) {
	type known struct {
		Source hub.ConnectorID
		Key    string
	}
	var all []known
	err := s.do(ctx, clinic, "account.keys", func(tx pgx.Tx) (err error) {
		all, err = pg.Collect(ctx, tx, pgx.RowToStructByPos[known], `
select x.source, x.key from account a join person_source x on x.person_id = a.person_id where a.id = $1 and x.status = 'working'`, user)
		return err
	})
	keys := map[hub.ConnectorID]string{}
	for _, k := range all {
		keys[k.Source] = k.Key
	}
	return keys, err
}

// AccountsByID returns those accounts that exist.
func (s *Store) AccountsByID(ctx context.Context, clinic hub.ClinicID, users []hub.UserID) (out []accounts.Account, err error) {
	if len(users) == 0 {
		return nil, nil
	}
	err = s.do(ctx, clinic, "accounts.read", func(tx pgx.Tx) error {
		out, err = pg.Collect(ctx, tx, scanAccount, `select `+accountColumns+` from account a where a.id = any($1) and not a.recorder`, users)
		return err
	})
	return out, err
}

// SetRoles replaces what one source has given and makes the account's roles the union of all.
func (s *Store) SetRoles(ctx context.Context, clinic hub.ClinicID, user hub.UserID, source string, roles []accounts.AdminRole, by hub.UserID) (a accounts.Account, err error) {
	const op = "roles.set"
	err = s.do(ctx, clinic, op, func(tx pgx.Tx) error {
		a, err = s.giveRoles(ctx, tx, op, clinic, user, source, roles, by)
		return err
	})
	return a, err
}

func (s *Store) giveRoles(ctx context.Context, tx pgx.Tx, op string, clinic hub.ClinicID, user hub.UserID, source string, roles []accounts.AdminRole, by hub.UserID) (a accounts.Account, err error) {
	// One change of roles at a time, so that two owners cannot each take the other's away.
	if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('roles ' || $1, 0))`, string(clinic)); err != nil {
		return a, err
	}
	before, err := s.oneAccount(ctx, tx, `select `+accountColumns+` from account a where a.id = $1 and not a.recorder for update`, user)
	if err != nil {
		return a, err
	}
	if a, err = writeRoles(ctx, tx, s, clinic, user, source, roles, by); err != nil || slices.Equal(before.Roles, a.Roles) {
		return a, err
	}
	if source == "" {
		if err := anOwnerIsLeft(ctx, tx, op); err != nil {
			return a, err
		}
	}
	if err := tellAccess(ctx, tx, clinic, user); err != nil {
		return a, err
	}
	return a, pg.TellChanged(ctx, tx, clinic, "persons")
}

// withdraw takes the roles that no group of any provider stands for any more. Nobody else
// would: people need not sign in there again, and an owner's hand does not reach them.
func (s *Store) withdraw(ctx context.Context, tx pgx.Tx, op string, clinic hub.ClinicID, providers []accounts.Provider) error {
	type given struct {
		User   hub.UserID
		Source string
		Roles  []accounts.AdminRole
	}
	all, err := pg.Collect(ctx, tx, pgx.RowToStructByPos[given], `
select account_id, source, array_agg(role order by role) from account_role where source <> '' group by account_id, source order by account_id, source`)
	if err != nil {
		return err
	}
	for _, g := range all {
		var keep []accounts.AdminRole
		for _, v := range providers {
			for _, x := range v.Groups {
				if v.Source() == g.Source && slices.Contains(g.Roles, x.Role) && !slices.Contains(keep, x.Role) {
					keep = append(keep, x.Role)
				}
			}
		}
		if len(keep) == len(g.Roles) {
			continue
		}
		if _, err := s.giveRoles(ctx, tx, op, clinic, g.User, g.Source, keep, ""); err != nil {
			return err
		}
	}
	return nil
}

func writeRoles(ctx context.Context, tx pgx.Tx, s *Store, clinic hub.ClinicID, user hub.UserID, source string, roles []accounts.AdminRole, by hub.UserID) (accounts.Account, error) {
	b := &pgx.Batch{}
	b.Queue(`delete from account_role where account_id = $1 and source = $2 and role <> all($3::text[])`, user, source, texts(roles))
	b.Queue(`
insert into account_role (clinic_id, account_id, role, source, given_by) select $1, $2, r, $3, nullif($5, '')::uuid from unnest($4::text[]) r on conflict do nothing`,
		clinic, user, source, texts(roles), string(by))
	b.Queue(`
update account a set roles = r.all,
  level = case when cardinality(r.all) > 0 then 'admin' when a.level = 'admin' then coalesce(a.level_before, 'internal') else a.level end,
  level_before = case when cardinality(r.all) = 0 then null when a.level = 'admin' then a.level_before else a.level end
from (select coalesce(array_agg(distinct role order by role), '{}') as all from account_role where account_id = $1) r where a.id = $1`, user)
	// Who is no administrator any more has nothing to do at the console.
	b.Queue(`delete from session where account_id = $1 and console and not exists (select from account where id = $1 and level = 'admin')`, user)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return accounts.Account{}, err
	}
	return s.oneAccount(ctx, tx, `select `+accountColumns+` from account a where a.id = $1`, user)
}

func texts(roles []accounts.AdminRole) []string {
	out := make([]string, len(roles))
	for i, r := range roles {
		out[i] = string(r)
	}
	return out
}

func anOwnerIsLeft(ctx context.Context, tx pgx.Tx, op string) error {
	var left bool
	if err := tx.QueryRow(ctx, `select exists (select from account where 'owner' = any(roles) and state <> 'locked')`).Scan(&left); err != nil {
		return err
	}
	if !left {
		return hub.E(op, hub.Conflict, "last_owner", "")
	}
	return nil
}

// Admins lists the administrators by login.
func (s *Store) Admins(ctx context.Context, clinic hub.ClinicID) (out []accounts.Admin, err error) {
	err = s.do(ctx, clinic, "admins.list", func(tx pgx.Tx) error {
		list, err := pg.Collect(ctx, tx, scanAccount, `select `+accountColumns+` from account a where a.level = 'admin' order by a.login`)
		if err != nil {
			return err
		}
		for _, a := range list {
			x := accounts.Admin{Account: a}
			err := tx.QueryRow(ctx, `
select (select count(*) from passkey where account_id = $1), coalesce(array_agg(distinct role order by role), '{}') from account_role where account_id = $1 and source <> ''`, a.ID).
				Scan(&x.Passkeys, &x.ByProvider)
			if err != nil {
				return err
			}
			out = append(out, x)
		}
		return nil
	})
	return out, err
}
