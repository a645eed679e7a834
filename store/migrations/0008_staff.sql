-- +goose Up

-- The hand is the one source every clinic has; it is made when it first states something.
drop index connector_name;
create unique index connector_name on connector (clinic_id, lower(name)) where deleted_at is null and kind <> 'hand';
create unique index connector_hand on connector (clinic_id) where kind = 'hand';

-- A migration speaks for all clinics, which forced row-level security would hide from it.
alter table person no force row level security;
alter table person_source no force row level security;
alter table person_value no force row level security;
alter table person_unit no force row level security;
alter table directory_plan no force row level security;
alter table directory_limits no force row level security;

-- shown is what counts of each field by precedence, for lists, filters and rules; the names
-- stand apart because lists sort by them. An erased person keeps nothing but its id.
alter table person
  add column shown       jsonb not null default '{}',
  add column family_name text collate "und-x-icu" not null default '',
  add column given_name  text collate "und-x-icu" not null default '',
  add column erased_at   timestamptz;
update person p set shown = s.shown, family_name = coalesce(s.shown->>'family_name', ''), given_name = coalesce(s.shown->>'given_name', '')
from (
  select clinic_id, person_id, jsonb_object_agg(field, text) as shown from (
    select distinct on (clinic_id, person_id, field) clinic_id, person_id, field, text from person_value
    order by clinic_id, person_id, field, at desc, source) newest
  group by clinic_id, person_id) s
where (p.clinic_id, p.id) = (s.clinic_id, s.person_id);
create index person_family on person (clinic_id, family_name, given_name, id);
create index person_given on person (clinic_id, given_name, family_name, id);
create index person_number on person (clinic_id, staff_number, id);
create index person_created on person (clinic_id, created_at, id);

-- digest is of the last statement that was applied whole: the same again changes nothing. A
-- source knows a person by one key.
alter table person_source add column digest bytea, add column run_id uuid;
drop index person_source_person;
create unique index person_source_person on person_source (clinic_id, person_id, source);

alter table person_value add column run_id uuid;
create index person_value_number on person_value (clinic_id, text) where field = 'staff_number';
alter table person_change add column run_id uuid;

-- Where each source says that people work. person_unit is what counts of it, and what groups
-- add: source there is the source, or the group whose members work on the unit.
create table person_unit_stated (
  clinic_id  uuid not null,
  person_id  uuid not null,
  unit_id    uuid not null,
  source     uuid not null,
  is_primary boolean not null default false,
  primary key (clinic_id, person_id, source, unit_id),
  foreign key (clinic_id, person_id) references person (clinic_id, id),
  foreign key (clinic_id, unit_id) references unit (clinic_id, id),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
insert into person_unit_stated (clinic_id, person_id, unit_id, source, is_primary)
select clinic_id, person_id, unit_id, source, is_primary from person_unit;
create index person_unit_stated_unit on person_unit_stated (clinic_id, unit_id);
select wardline_protect('person_unit_stated');
alter table person_unit drop constraint person_unit_clinic_id_source_fkey;

-- The groups each source says that people are in.
create table group_stated (
  clinic_id uuid not null,
  source    uuid not null,
  code      text not null check (octet_length(code) between 1 and 255),
  name      text not null default '',
  person_id uuid not null,
  room      boolean not null default false,
  role      text not null default '',
  primary key (clinic_id, source, code, person_id),
  foreign key (clinic_id, person_id) references person (clinic_id, id),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
create index group_stated_person on group_stated (clinic_id, person_id);
select wardline_protect('group_stated');

create table person_photo (
  clinic_id uuid not null,
  person_id uuid not null,
  source    uuid not null,
  hash      text not null,
  body      bytea not null check (length(body) between 1 and 102400),
  at        timestamptz not null default now(),
  primary key (clinic_id, person_id, source),
  foreign key (clinic_id, person_id) references person (clinic_id, id),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
select wardline_protect('person_photo');

-- Keys of erased people, as keyed hashes: no source brings them back.
create table person_tombstone (
  clinic_id uuid not null,
  source    uuid not null,
  mac       bytea not null check (length(mac) = 32),
  at        timestamptz not null default now(),
  primary key (clinic_id, source, mac),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
select wardline_protect('person_tombstone');

-- Precedence and brake, where a clinic has its own; absent means the product's at revision 0.
create table directory_rules (
  clinic_id  uuid not null references clinic (id) primary key,
  precedence jsonb not null default '{}',
  percent    integer not null check (percent between 0 and 100),
  accounts   integer not null check (accounts >= 0),
  revision   integer not null,
  by_id      uuid,
  at         timestamptz not null default now()
);
insert into directory_rules (clinic_id, percent, accounts, revision) select clinic_id, percent, accounts, 1 from directory_limits;
select wardline_protect('directory_rules');
drop table directory_limits;

-- How far a source has been read. hold_next: an administrator has undone what it said last.
create table directory_source (
  clinic_id uuid not null,
  source    uuid not null,
  cursor    bytea check (length(cursor) <= 65536),
  full_at   timestamptz,
  hold_next boolean not null default false,
  primary key (clinic_id, source),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
select wardline_protect('directory_source');

-- One pass over a source, or one file handed in. cursor is where the next pass may begin once
-- this one is applied; records are those that did not simply pass, at most 1,000.
create table directory_run (
  clinic_id  uuid not null,
  id         uuid not null,
  source     uuid not null,
  mode       text not null check (mode in ('full', 'changes')),
  state      text not null check (state in ('running', 'applied', 'held', 'failed', 'dry', 'undone')),
  cause      text not null check (length(cause) between 1 and 32),
  by_id      uuid,
  file       text not null default '' check (length(file) <= 255),
  dry        boolean not null default false,
  began_at   timestamptz not null default now(),
  ended_at   timestamptz,
  read       integer not null default 0,
  faults     integer not null default 0,
  unchanged  integer not null default 0,
  conflicts  integer not null default 0,
  counts     jsonb not null default '{}',
  fault      jsonb,
  plan_id    uuid,
  message_id uuid,
  cursor     bytea check (length(cursor) <= 65536),
  whole      boolean not null default false,
  records    jsonb not null default '[]',
  primary key (clinic_id, id),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
create unique index directory_run_running on directory_run (clinic_id, source) where state = 'running';
create index directory_run_time on directory_run (clinic_id, began_at desc, id desc);
create index directory_run_source on directory_run (clinic_id, source, began_at desc, id desc);
create index directory_run_plan on directory_run (clinic_id, plan_id) where plan_id is not null;
select wardline_protect('directory_run');

-- Who is an unknown key of a source? stated and change are what it says of it.
create table directory_conflict (
  clinic_id  uuid not null,
  id         uuid not null,
  source     uuid not null,
  key        text not null check (octet_length(key) between 1 and 255),
  reason     text not null check (reason in ('mail_known', 'number_known', 'several_match')),
  state      text not null check (state in ('open', 'same', 'other', 'dismissed')),
  stated     jsonb not null,
  candidates uuid[] not null,
  change     jsonb not null,
  digest     bytea not null,
  message_id uuid,
  run_id     uuid,
  control_id text not null default '',
  created_at timestamptz not null default now(),
  decided_by uuid,
  decided_at timestamptz,
  primary key (clinic_id, id),
  unique (clinic_id, source, key),
  foreign key (clinic_id, source) references connector (clinic_id, id)
);
create index directory_conflict_state on directory_conflict (clinic_id, state, created_at desc, id desc);
select wardline_protect('directory_conflict');

-- The actions of stored plans, a row each, so that tables of thousands can be looked through
-- and an erased person is found in them.
create table directory_action (
  clinic_id    uuid not null,
  plan_id      uuid not null,
  no           integer not null,
  op           text not null,
  key          text not null,
  person_id    uuid,
  name         text not null,
  staff_number text not null default '',
  problem      boolean not null,
  action       jsonb not null,
  primary key (clinic_id, plan_id, no),
  foreign key (clinic_id, plan_id) references directory_plan (clinic_id, id) on delete cascade
);
create index directory_action_person on directory_action (clinic_id, person_id) where person_id is not null;
alter table directory_plan drop constraint directory_plan_state_check;
alter table directory_plan
  add constraint directory_plan_state_check check (state in ('held', 'applied', 'rejected', 'undone', 'dry')),
  add column run_id   uuid,
  add column counts   jsonb not null default '{}',
  add column problems integer not null default 0;
insert into directory_action (clinic_id, plan_id, no, op, key, person_id, name, staff_number, problem, action)
select d.clinic_id, d.id, a.no, a.act->>'op', a.act->>'key', (a.act#>>'{person,id}')::uuid, coalesce(a.act#>>'{person,name}', ''),
  coalesce(a.act#>>'{person,staff_number}', ''), jsonb_typeof(a.act->'problems') is not distinct from 'array', a.act
from directory_plan d, jsonb_array_elements(d.plan->'actions') with ordinality a (act, no);
update directory_plan d set plan = d.plan - 'actions', counts = c.counts, problems = c.problems
from (
  select clinic_id, plan_id, count(*) filter (where problem) as problems, jsonb_build_object(
    'create', count(*) filter (where op = 'create'), 'update', count(*) filter (where op = 'update'),
    'lock', count(*) filter (where op = 'lock'), 'unlock', count(*) filter (where op = 'unlock')) as counts
  from directory_action group by clinic_id, plan_id) c
where (d.clinic_id, d.id) = (c.clinic_id, c.plan_id);
update directory_plan set plan = plan - 'actions' where plan ? 'actions';
select wardline_protect('directory_action');

alter table person force row level security;
alter table person_source force row level security;
alter table person_value force row level security;
alter table person_unit force row level security;
alter table directory_plan force row level security;

-- wardline_erase_history blanks what the history says of one person, which nobody else may:
-- that something changed, and when, stays. Row-level security holds for its owner too.
-- +goose StatementBegin
create function wardline_erase_history(erased uuid) returns void language sql security definer set search_path = pg_catalog, public as $$
  update public.person_change set old_text = '', new_text = '', control_id = '', message_id = null
  where clinic_id = nullif(current_setting('wardline.clinic', true), '')::uuid and person_id = erased
$$;
-- +goose StatementEnd
revoke all on function wardline_erase_history(uuid) from public;
grant execute on function wardline_erase_history(uuid) to wardline_app;
