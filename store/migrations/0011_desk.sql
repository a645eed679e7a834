-- +goose Up

-- What administrators have at hand: files between upload and run, sealed and for a day.
-- run_id and orders are set by a run, for the file with the fate of each row.
create table import_file (
  clinic_id    uuid not null references clinic (id),
  id           uuid not null,
  connector_id uuid not null,
  by_id        uuid,
  name         text not null check (length(name) <= 255),
  body         bytea not null, -- sealed
  run_id       uuid,
  orders       jsonb,          -- how it was read for that run
  created_at   timestamptz not null default now(),
  primary key (clinic_id, id),
  foreign key (clinic_id, connector_id) references connector (clinic_id, id)
);
create index import_file_age on import_file (clinic_id, created_at);
select wardline_protect('import_file');

-- Steps of the first-run wizard that are not open any more.
create table setup_step (
  clinic_id uuid not null references clinic (id),
  step      text not null check (step in ('name', 'admin', 'address', 'staff', 'mail', 'alarm')),
  state     text not null check (state in ('done', 'skipped')),
  ref       text not null default '', -- of alarm: the last test alarm
  by_id     uuid,
  at        timestamptz not null default now(),
  primary key (clinic_id, step)
);
select wardline_protect('setup_step');

-- Where the hub writes to when a source ails or a plan is held.
create table technical_contact (
  clinic_id uuid not null references clinic (id),
  mail      text not null check (octet_length(mail) between 3 and 254),
  primary key (clinic_id, mail)
);
select wardline_protect('technical_contact');

-- Incidents the contacts were told of, so that each is told once, by whichever node.
create table incident_told (
  clinic_id uuid not null references clinic (id),
  incident  text not null check (length(incident) between 1 and 100),
  at        timestamptz not null default now(),
  primary key (clinic_id, incident)
);
select wardline_protect('incident_told');

