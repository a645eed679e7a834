-- +goose Up

-- A house has clinics, a clinic has wards. parent_id is null directly below the house.
create table unit (
  clinic_id  uuid not null references clinic (id),
  id         uuid not null,
  code       text not null check (length(code) between 1 and 64),
  name       text not null,
  kind       text not null check (kind in ('house', 'clinic', 'ward')),
  parent_id  uuid,
  source     uuid,
  created_at timestamptz not null default now(),
  primary key (clinic_id, id),
  unique (clinic_id, code),
  foreign key (clinic_id, parent_id) references unit (clinic_id, id),
  foreign key (clinic_id, source) references connector (clinic_id, id),
  check (parent_id <> id)
);
create index unit_parent on unit (clinic_id, parent_id);
select wardline_protect('unit');

-- Somebody who exists. name, title and staff_number are what lists show, computed from
-- person_value whenever that changes; active is false once every source has let them go.
create table person (
  clinic_id    uuid not null references clinic (id),
  id           uuid not null,
  name         text not null,
  title        text not null default '',
  staff_number text not null default '',
  active       boolean not null default true,
  created_at   timestamptz not null default now(),
  primary key (clinic_id, id)
);
create index person_name on person (clinic_id, name, id);
select wardline_protect('person');

-- Who a person is to a source. status is as the source has it; see directory.Status.
create table person_source (
  clinic_id  uuid not null,
  source     uuid not null,
  key        text not null check (octet_length(key) between 1 and 255),
  person_id  uuid not null,
  status     text not null check (status in ('working', 'gone', 'waiting', 'ended')),
  message_id uuid,
  changed_at timestamptz not null default now(),
  primary key (clinic_id, source, key),
  foreign key (clinic_id, source) references connector (clinic_id, id),
  foreign key (clinic_id, person_id) references person (clinic_id, id)
);
create index person_source_person on person_source (clinic_id, person_id);
select wardline_protect('person_source');

-- One value as one source states it; several sources may differ, the newest is shown.
-- message_id is no foreign key: messages are kept for 30 days only, control_id stays.
create table person_value (
  clinic_id  uuid not null,
  person_id  uuid not null,
  field      text not null,
  source     uuid not null,
  text       text not null check (text <> ''),
  message_id uuid,
  control_id text not null default '',
  at         timestamptz not null default now(),
  primary key (clinic_id, person_id, field, source),
  foreign key (clinic_id, person_id) references person (clinic_id, id),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
-- Mail addresses are stored in lower case: under row-level security no index on lower(text)
-- could be used, because lower() is not leakproof.
create index person_value_mail on person_value (clinic_id, text) where field = 'mail';
create index person_value_dates on person_value (clinic_id, source) where field in ('active_from', 'active_until');
select wardline_protect('person_value');

create table person_unit (
  clinic_id  uuid not null,
  person_id  uuid not null,
  unit_id    uuid not null,
  source     uuid not null,
  is_primary boolean not null default false,
  primary key (clinic_id, person_id, unit_id, source),
  foreign key (clinic_id, person_id) references person (clinic_id, id),
  foreign key (clinic_id, unit_id) references unit (clinic_id, id),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
create index person_unit_unit on person_unit (clinic_id, unit_id, person_id);
select wardline_protect('person_unit');

-- Every applied difference with the message that caused it; append-only.
create table person_change (
  clinic_id  uuid not null,
  person_id  uuid not null,
  no         bigint generated always as identity,
  field      text not null,
  old_text   text not null,
  new_text   text not null,
  source     uuid not null,
  message_id uuid,
  control_id text not null default '',
  at         timestamptz not null default now(),
  primary key (clinic_id, person_id, no),
  foreign key (clinic_id, person_id) references person (clinic_id, id),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
select wardline_protect('person_change');
revoke update, delete on person_change from wardline_app;

-- Full sets that were held or applied, and plans with obstacles. changes is what the
-- source said, from which an approved plan is made again.
create table directory_plan (
  clinic_id  uuid not null,
  id         uuid not null,
  source     uuid not null,
  message_id uuid,
  control_id text not null default '',
  state      text not null check (state in ('held', 'applied', 'rejected')),
  plan       jsonb not null,
  changes    jsonb not null,
  decided_by uuid,
  decided_at timestamptz,
  comment    text not null default '',
  created_at timestamptz not null default now(),
  primary key (clinic_id, id),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
create index directory_plan_time on directory_plan (clinic_id, created_at desc, id desc);
create index directory_plan_held on directory_plan (clinic_id, source) where state = 'held';
select wardline_protect('directory_plan');

-- Changes that take effect later.
create table directory_pending (
  clinic_id  uuid not null,
  source     uuid not null,
  key        text not null,
  due_at     timestamptz not null,
  op         text not null,
  change     jsonb not null,
  message_id uuid,
  control_id text not null default '',
  primary key (clinic_id, source, key, due_at, op),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
create index directory_pending_due on directory_pending (clinic_id, due_at);
select wardline_protect('directory_pending');

-- The brake, where a clinic has set its own; absent means the product's.
create table directory_limits (
  clinic_id uuid not null references clinic (id) primary key,
  percent   integer not null check (percent between 0 and 100),
  accounts  integer not null check (accounts >= 0)
);
select wardline_protect('directory_limits');

-- Somebody who may log in. state follows from what was done; a lock by an administrator
-- (here) and one by a source (there) are kept apart, so that neither lifts the other.
create table account (
  clinic_id     uuid not null references clinic (id),
  id            uuid not null,
  person_id     uuid,
  login         text not null check (login = lower(login) and length(login) between 1 and 255),
  name          text not null,
  level         text not null default 'internal' check (level in ('admin', 'internal', 'guest')),
  password      text,
  activated_at  timestamptz,
  locked_here   boolean not null default false,
  locked_there  boolean not null default false,
  state         text not null generated always as (
    case when locked_here or locked_there then 'locked' when activated_at is null then 'invited' else 'active' end) stored,
  created_at    timestamptz not null default now(),
  last_seen_at  timestamptz,
  primary key (clinic_id, id),
  unique (clinic_id, login),
  unique (clinic_id, person_id),
  foreign key (clinic_id, person_id) references person (clinic_id, id)
);
select wardline_protect('account');

-- One valid code per account; only its Argon2id hash is kept.
create table activation_code (
  clinic_id  uuid not null,
  account_id uuid not null,
  hash       text not null,
  attempts   integer not null default 0,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  primary key (clinic_id, account_id),
  foreign key (clinic_id, account_id) references account (clinic_id, id)
);
select wardline_protect('activation_code');

-- Links that sign in; reusable ones are made by the demo only.
create table signin_link (
  clinic_id  uuid not null,
  hash       bytea not null check (length(hash) = 32),
  account_id uuid not null,
  reusable   boolean not null default false,
  expires_at timestamptz not null,
  primary key (clinic_id, hash),
  foreign key (clinic_id, account_id) references account (clinic_id, id)
);
create index signin_link_account on signin_link (clinic_id, account_id);
select wardline_protect('signin_link');

create table device (
  clinic_id    uuid not null,
  id           uuid not null,
  account_id   uuid not null,
  name         text not null check (length(name) between 1 and 120),
  kem_public   bytea not null check (length(kem_public) = 1216),
  sign_public  bytea not null check (length(sign_public) = 32),
  created_at   timestamptz not null default now(),
  last_seen_at timestamptz,
  revoked_at   timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, account_id) references account (clinic_id, id)
);
create index device_account on device (clinic_id, account_id) where revoked_at is null;
select wardline_protect('device');

-- A signed-in browser. Only the hash of its secret is kept.
create table session (
  clinic_id  uuid not null,
  hash       bytea not null check (length(hash) = 32),
  id         uuid not null,
  account_id uuid not null,
  device_id  uuid,
  console    boolean not null,
  created_at timestamptz not null,
  used_at    timestamptz not null,
  expires_at timestamptz not null,
  primary key (clinic_id, hash),
  unique (clinic_id, id),
  foreign key (clinic_id, account_id) references account (clinic_id, id),
  foreign key (clinic_id, device_id) references device (clinic_id, id)
);
create index session_account on session (clinic_id, account_id);
select wardline_protect('session');

-- A duty role on a unit, such as "Pflege Station 4B". Past duty refers to closed ones.
create table role (
  clinic_id  uuid not null,
  id         uuid not null,
  unit_id    uuid not null,
  name       text not null check (octet_length(name) between 1 and 100),
  created_at timestamptz not null default now(),
  closed_at  timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, unit_id) references unit (clinic_id, id)
);
create unique index role_name on role (clinic_id, unit_id, lower(name)) where closed_at is null;
select wardline_protect('role');

create table duty (
  clinic_id  uuid not null,
  id         uuid not null,
  role_id    uuid not null,
  account_id uuid not null,
  since      timestamptz not null default now(),
  until      timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, role_id) references role (clinic_id, id),
  foreign key (clinic_id, account_id) references account (clinic_id, id)
);
create unique index duty_now on duty (clinic_id, role_id, account_id) where until is null;
create index duty_account on duty (clinic_id, account_id) where until is null;
select wardline_protect('duty');

create table duty_offer (
  clinic_id uuid not null,
  id        uuid not null,
  role_id   uuid not null,
  from_id   uuid not null,
  to_id     uuid not null,
  at        timestamptz not null default now(),
  ended     text check (ended in ('accepted', 'declined', 'withdrawn', 'void')),
  ended_at  timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, role_id) references role (clinic_id, id),
  foreign key (clinic_id, from_id) references account (clinic_id, id),
  foreign key (clinic_id, to_id) references account (clinic_id, id)
);
create unique index duty_offer_open on duty_offer (clinic_id, role_id, from_id) where ended is null;
create index duty_offer_to on duty_offer (clinic_id, to_id) where ended is null;
select wardline_protect('duty_offer');
