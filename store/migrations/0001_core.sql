-- +goose Up

-- Tables are owned by wardline_owner; the hub works as wardline_app, which owns nothing
-- and cannot bypass row-level security. wardline_readonly is for reports.
alter default privileges in schema public grant select, insert, update, delete on tables to wardline_app;
alter default privileges in schema public grant usage, select on sequences to wardline_app;
alter default privileges in schema public grant select on tables to wardline_readonly;

-- wardline_protect closes a table to every clinic but the one set for the transaction.
-- An unset or empty setting matches no row: forgetting to enter a clinic fails closed.
-- +goose StatementBegin
create function wardline_protect(t regclass) returns void language plpgsql as $$
begin
  execute format('alter table %s enable row level security', t);
  execute format('alter table %s force row level security', t);
  execute format($p$create policy clinic on %s
    using (clinic_id = nullif(current_setting('wardline.clinic', true), '')::uuid)
    with check (clinic_id = nullif(current_setting('wardline.clinic', true), '')::uuid)$p$, t);
end
$$;
-- +goose StatementEnd

-- The register of clinics holds no personal data and is read before a clinic is entered.
create table clinic (
  id         uuid primary key,
  name       text not null check (length(name) between 1 and 200),
  timezone   text not null default 'Europe/Berlin',
  created_at timestamptz not null default now()
);

create table connector (
  clinic_id  uuid not null references clinic (id),
  id         uuid not null,
  kind       text not null,
  name       text not null check (length(name) between 1 and 120),
  enabled    boolean not null,
  revision   integer not null,
  created_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (clinic_id, id)
);
create unique index connector_name on connector (clinic_id, lower(name)) where deleted_at is null;
select wardline_protect('connector');

-- Every configuration a connector ever had; secrets apart and sealed.
create table connector_revision (
  clinic_id    uuid not null,
  connector_id uuid not null,
  revision     integer not null,
  name         text not null,
  enabled      boolean not null,
  config       jsonb not null,
  secrets      bytea not null,
  author_id    uuid,
  comment      text not null default '',
  at           timestamptz not null default now(),
  primary key (clinic_id, connector_id, revision),
  foreign key (clinic_id, connector_id) references connector (clinic_id, id)
);
select wardline_protect('connector_revision');

create table connector_kv (
  clinic_id    uuid not null,
  connector_id uuid not null,
  key          text not null check (length(key) between 1 and 120),
  value        bytea not null check (length(value) <= 65536),
  primary key (clinic_id, connector_id, key),
  foreign key (clinic_id, connector_id) references connector (clinic_id, id)
);
select wardline_protect('connector_kv');

create table api_token (
  clinic_id    uuid not null,
  id           uuid not null,
  connector_id uuid not null,
  name         text not null check (length(name) between 1 and 120),
  hash         bytea not null,
  scopes       text[] not null,
  wards        text[] not null default '{}',
  created_by   uuid,
  created_at   timestamptz not null default now(),
  last_used_at timestamptz,
  revoked_at   timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, connector_id) references connector (clinic_id, id)
);
create unique index api_token_hash on api_token (clinic_id, hash);
select wardline_protect('api_token');

-- Raw inputs exactly as they came, sealed under a key that is not in this database.
create table message (
  clinic_id    uuid not null,
  id           uuid not null,
  connector_id uuid not null,
  key          text not null,
  type         text not null,
  control_id   text not null default '',
  peer         text not null default '',
  size         integer not null,
  body         bytea not null,
  warnings     text[] not null default '{}',
  status       text not null check (status in ('applied', 'error', 'held')),
  fault_name   text not null default '',
  fault_where  text not null default '',
  fault_reason text not null default '',
  effect       jsonb not null default '{}',
  repeats      integer not null default 0,
  received_at  timestamptz not null default now(),
  primary key (clinic_id, id),
  unique (clinic_id, connector_id, key),
  foreign key (clinic_id, connector_id) references connector (clinic_id, id)
);
create index message_time on message (clinic_id, received_at desc, id desc);
create index message_control on message (clinic_id, control_id);
create index message_error on message (clinic_id, fault_name, received_at desc) where status = 'error';
select wardline_protect('message');

-- Who did what at the console. Nobody, not the hub either, changes a line afterwards.
create table audit (
  clinic_id uuid not null references clinic (id),
  id        uuid not null,
  at        timestamptz not null default now(),
  actor_id  uuid,
  act       text not null,
  object    text not null default '',
  data      jsonb not null default '{}',
  primary key (clinic_id, id)
);
create index audit_time on audit (clinic_id, at desc, id desc);
select wardline_protect('audit');
revoke update, delete on audit from wardline_app;
