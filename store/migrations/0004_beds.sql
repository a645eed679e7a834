-- +goose Up

-- Who lies where, as ADT messages tell it: the bed context of alerts. Visit and patient
-- are keyed hashes; a name, where a connector is told to keep it, is sealed.
create table movement (
  clinic_id    uuid not null,
  connector_id uuid not null,
  key          text not null,
  visit        bytea not null,
  patient      bytea not null,
  name         bytea,
  ward         text not null default '',
  room         text not null default '',
  bed          text not null default '',
  place        text not null, -- ward, room and bed in lower case, as they are looked for
  start_at     timestamptz not null,
  end_at       timestamptz,
  historic     boolean not null default false,
  message_id   uuid not null,
  updated_at   timestamptz not null default now(),
  primary key (clinic_id, connector_id, key),
  foreign key (clinic_id, connector_id) references connector (clinic_id, id)
);
-- The hub folds the place: under row-level security no index on lower(ward) could be used,
-- because lower() is not leakproof.
create index movement_place on movement (clinic_id, place) where end_at is null and not historic;
create index movement_visit on movement (clinic_id, connector_id, visit);
create index movement_patient on movement (clinic_id, connector_id, patient);
select wardline_protect('movement');
