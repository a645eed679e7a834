-- +goose Up

-- What administrators may do. account.roles is what holds; account_role tells who gave each:
-- '' an owner by hand, otherwise the provider whose groups say so.
alter table account add column roles text[] not null default '{}'
  check (roles <@ array['owner', 'people', 'policy', 'connectors', 'auditor']);
-- A migration speaks for all clinics, which forced row-level security would hide from it.
alter table account no force row level security;
alter table session no force row level security;
update account set roles = '{owner}' where level = 'admin';

create table account_role (
  clinic_id  uuid not null,
  account_id uuid not null,
  role       text not null,
  source     text not null default '' check (length(source) <= 64),
  given_by   uuid,
  at         timestamptz not null default now(),
  primary key (clinic_id, account_id, role, source),
  foreign key (clinic_id, account_id) references account (clinic_id, id)
);
insert into account_role (clinic_id, account_id, role) select clinic_id, id, 'owner' from account where level = 'admin';
alter table account force row level security;
select wardline_protect('account_role');

-- How and when whoever holds a session last proved who they are, and what it still has to
-- set up before it can be used.
alter table session
  add column proved_at timestamptz,
  add column means     text[] not null default '{}',
  add column must      text not null default '' check (must in ('', 'passkey', 'second_factor', 'credential')),
  add column agent     text not null default '' check (length(agent) <= 200),
  add column provider  text,
  add column subject   text,
  add column sid       text;
update session set proved_at = created_at;
alter table session alter column proved_at set not null;
alter table session force row level security;
create index session_provider on session (clinic_id, provider, subject) where provider is not null;

-- Passkeys (WebAuthn credentials). data is the public key with its flags and counter. They
-- belong to one relying party, which is the host of a listener.
create table passkey (
  clinic_id  uuid not null,
  id         uuid not null,
  account_id uuid not null,
  credential bytea not null check (length(credential) between 1 and 1023),
  rp         text not null,
  name       text not null check (length(name) between 1 and 120),
  data       jsonb not null,
  created_at timestamptz not null,
  used_at    timestamptz,
  cloned_at  timestamptz,
  primary key (clinic_id, id),
  unique (clinic_id, credential),
  foreign key (clinic_id, account_id) references account (clinic_id, id)
);
create index passkey_account on passkey (clinic_id, account_id);
select wardline_protect('passkey');

-- What begins in one request and ends in another, once: challenges of passkeys, round trips
-- to providers. Found by the hash of a secret the browser holds.
create table ceremony (
  clinic_id  uuid not null references clinic (id),
  hash       bytea not null check (length(hash) = 32),
  kind       text not null,
  data       bytea not null,
  expires_at timestamptz not null,
  primary key (clinic_id, hash)
);
select wardline_protect('ceremony');

-- Authenticator apps (RFC 6238). The secret is sealed; last_step is the newest one used.
create table totp (
  clinic_id    uuid not null,
  account_id   uuid not null,
  secret       bytea not null,
  confirmed_at timestamptz,
  last_step    bigint not null default 0,
  created_at   timestamptz not null default now(),
  primary key (clinic_id, account_id),
  foreign key (clinic_id, account_id) references account (clinic_id, id)
);
select wardline_protect('totp');

create table recovery_code (
  clinic_id  uuid not null,
  account_id uuid not null,
  hash       bytea not null check (length(hash) = 32),
  primary key (clinic_id, account_id, hash),
  foreign key (clinic_id, account_id) references account (clinic_id, id)
);
select wardline_protect('recovery_code');

-- How a clinic signs in. Absent: the product's policy at revision 0. secrets are sealed.
create table signin_policy (
  clinic_id uuid not null references clinic (id) primary key,
  revision  integer not null,
  policy    jsonb not null,
  secrets   bytea not null,
  by_id     uuid,
  at        timestamptz not null default now()
);
select wardline_protect('signin_policy');

-- Whose account a provider's subject is.
create table identity_link (
  clinic_id  uuid not null,
  issuer     text not null check (length(issuer) <= 500),
  subject    text not null check (length(subject) between 1 and 255),
  account_id uuid not null,
  provider   text not null,
  created_at timestamptz not null default now(),
  used_at    timestamptz,
  primary key (clinic_id, issuer, subject),
  foreign key (clinic_id, account_id) references account (clinic_id, id)
);
create index identity_link_account on identity_link (clinic_id, account_id);
select wardline_protect('identity_link');

-- Tokens of back-channel logout that were used, until they would have ended by themselves.
create table logout_token (
  clinic_id  uuid not null references clinic (id),
  issuer     text not null,
  jti        text not null check (length(jti) <= 255),
  expires_at timestamptz not null,
  primary key (clinic_id, issuer, jti)
);
select wardline_protect('logout_token');

-- Posters: whoever scans one may ask for a one-time code by mail to a known address.
create table poster (
  clinic_id  uuid not null,
  id         uuid not null,
  hash       bytea not null check (length(hash) = 32),
  unit_id    uuid not null,
  created_by uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  revoked_at timestamptz,
  primary key (clinic_id, id),
  unique (clinic_id, hash),
  foreign key (clinic_id, unit_id) references unit (clinic_id, id)
);
select wardline_protect('poster');

-- Browsers that asked to become devices and wait for somebody to say yes. They are no
-- devices: nothing is sealed to them, and no query of devices has to know of them.
create table waiting_device (
  clinic_id   uuid not null,
  id          uuid not null,
  account_id  uuid not null,
  session_id  uuid not null,
  name        text not null check (length(name) between 1 and 120),
  kem_public  bytea not null check (length(kem_public) = 1216),
  sign_public bytea not null check (length(sign_public) = 32),
  created_at  timestamptz not null,
  refused_at  timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, account_id) references account (clinic_id, id)
);
create index waiting_device_account on waiting_device (clinic_id, account_id);
select wardline_protect('waiting_device');

-- Codes that let one device in where only managed ones may register.
create table device_code (
  clinic_id  uuid not null references clinic (id),
  id         uuid not null,
  hash       bytea not null check (length(hash) = 32),
  label      text not null check (length(label) between 1 and 120),
  created_by uuid,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  device_id  uuid,
  primary key (clinic_id, id),
  unique (clinic_id, hash)
);
select wardline_protect('device_code');
