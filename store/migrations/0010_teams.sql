-- +goose Up

-- A named set of people. kind says who says who is in it. What follows it is switched on by
-- itself: a room (table follow), the eligibility for a duty role, membership of a unit.
create table grp (
  clinic_id  uuid not null references clinic (id),
  id         uuid not null,
  name       text not null check (octet_length(name) between 1 and 100),
  kind       text not null check (kind in ('rule', 'source', 'hand')),
  source     uuid,
  code       text not null default '',
  rule       jsonb,
  role_id    uuid,
  unit_id    uuid,
  revision   integer not null default 1,
  changed_by uuid,
  created_at timestamptz not null default now(),
  deleted_at timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, source) references connector (clinic_id, id),
  foreign key (clinic_id, role_id) references role (clinic_id, id),
  foreign key (clinic_id, unit_id) references unit (clinic_id, id),
  check ((kind = 'source') = (source is not null)),
  check ((kind = 'rule') = (rule is not null))
);
create unique index grp_name on grp (clinic_id, lower(name)) where deleted_at is null;
create unique index grp_code on grp (clinic_id, source, code) where deleted_at is null and source is not null;
create index grp_role on grp (clinic_id, role_id) where role_id is not null;
select wardline_protect('grp');

-- Who is in a group now. Of groups by hand it is the truth, of the others it is worked out
-- anew for whoever is in grp_dirty. Whoever is in a group with a unit has a row in person_unit
-- whose source is the group.
create table grp_member (
  clinic_id uuid not null,
  group_id  uuid not null,
  person_id uuid not null,
  since     timestamptz not null default now(),
  primary key (clinic_id, group_id, person_id),
  foreign key (clinic_id, group_id) references grp (clinic_id, id),
  foreign key (clinic_id, person_id) references person (clinic_id, id)
);
create index grp_member_person on grp_member (clinic_id, person_id);
select wardline_protect('grp_member');

-- People of whom something has changed that a group may look at. A row is written by the
-- transaction that changes them, whoever wrote it, so that none is forgotten; nothing is
-- unique here, so that writers never wait for each other.
create table grp_dirty (
  clinic_id uuid not null,
  no        bigint generated always as identity,
  person_id uuid not null,
  primary key (clinic_id, no)
);
select wardline_protect('grp_dirty');

-- +goose StatementBegin
create function wardline_person_touched() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    insert into grp_dirty (clinic_id, person_id) select clinic_id, id from new_rows;
  else
    insert into grp_dirty (clinic_id, person_id)
      select n.clinic_id, n.id from new_rows n join old_rows o on o.clinic_id = n.clinic_id and o.id = n.id where o is distinct from n;
  end if;
  return null;
end
$$;
create function wardline_persons_rows_touched() returns trigger language plpgsql as $$
begin
  if tg_op <> 'DELETE' then
    insert into grp_dirty (clinic_id, person_id) select distinct clinic_id, person_id from new_rows;
  end if;
  if tg_op <> 'INSERT' then
    insert into grp_dirty (clinic_id, person_id) select distinct clinic_id, person_id from old_rows;
  end if;
  return null;
end
$$;
create function wardline_units_touched() returns trigger language plpgsql as $$
begin
  insert into grp_dirty (clinic_id, person_id)
    select distinct m.clinic_id, m.person_id from person_unit m where m.clinic_id in (
      select n.clinic_id from new_rows n join old_rows o on o.clinic_id = n.clinic_id and o.id = n.id
      where (o.code, o.parent_id) is distinct from (n.code, n.parent_id));
  return null;
end
$$;
-- +goose StatementEnd

create trigger touched_insert after insert on person
  referencing new table as new_rows for each statement execute function wardline_person_touched();
create trigger touched_update after update on person
  referencing old table as old_rows new table as new_rows for each statement execute function wardline_person_touched();

create trigger touched_insert after insert on person_unit
  referencing new table as new_rows for each statement execute function wardline_persons_rows_touched();
create trigger touched_update after update on person_unit
  referencing old table as old_rows new table as new_rows for each statement execute function wardline_persons_rows_touched();
create trigger touched_delete after delete on person_unit
  referencing old table as old_rows for each statement execute function wardline_persons_rows_touched();

create trigger touched_insert after insert on group_stated
  referencing new table as new_rows for each statement execute function wardline_persons_rows_touched();
create trigger touched_update after update on group_stated
  referencing old table as old_rows new table as new_rows for each statement execute function wardline_persons_rows_touched();
create trigger touched_delete after delete on group_stated
  referencing old table as old_rows for each statement execute function wardline_persons_rows_touched();

-- A unit that moves takes its people with it.
create trigger touched_update after update on unit
  referencing old table as old_rows new table as new_rows for each statement execute function wardline_units_touched();

-- Rooms that follow a unit, a duty role or a group. room_id is known before there is a room:
-- the clinic's recorder begins it, since only a device can begin its group. title is what the
-- room is called, title_seq the room's last number when that changed: the recorder has said
-- the title once it has sent something after it. ended_at: let go, the room stays as it is.
create table follow (
  clinic_id  uuid not null references clinic (id),
  room_id    uuid not null,
  unit_id    uuid,
  role_id    uuid,
  group_id   uuid,
  title      text not null,
  title_seq  bigint not null default 0,
  changed_by uuid,
  created_at timestamptz not null default now(),
  ended_at   timestamptz,
  primary key (clinic_id, room_id),
  foreign key (clinic_id, unit_id) references unit (clinic_id, id),
  foreign key (clinic_id, role_id) references role (clinic_id, id),
  foreign key (clinic_id, group_id) references grp (clinic_id, id),
  check (num_nonnulls(unit_id, role_id, group_id) = 1)
);
create unique index follow_unit on follow (clinic_id, unit_id) where unit_id is not null;
create unique index follow_role on follow (clinic_id, role_id) where role_id is not null;
create unique index follow_group on follow (clinic_id, group_id) where group_id is not null;
select wardline_protect('follow');

-- Planned duties. begun_at is when the roster put the person on duty, or found them there: it
-- does so once, so that whoever goes off duty by hand is not called back. fault is why it
-- could not. Where a later roster does not name a shift any more, the duty that it began ends.
create table shift (
  clinic_id  uuid not null references clinic (id),
  id         uuid not null,
  source     text not null check (octet_length(source) between 1 and 200),
  role_id    uuid not null,
  account_id uuid not null,
  from_at    timestamptz not null,
  until_at   timestamptz not null,
  begun_at   timestamptz,
  removed_at timestamptz,
  fault      text not null default '',
  made_by    uuid,
  created_at timestamptz not null default now(),
  primary key (clinic_id, id),
  foreign key (clinic_id, role_id) references role (clinic_id, id),
  foreign key (clinic_id, account_id) references account (clinic_id, id),
  check (until_at > from_at)
);
create index shift_time on shift (clinic_id, until_at) where removed_at is null;
create index shift_role on shift (clinic_id, role_id, account_id);
select wardline_protect('shift');

-- Which planned duty put somebody on duty; null: they took it by hand. The roster ends only
-- what it has begun.
alter table duty add column shift_id uuid;
create index duty_shift on duty (clinic_id, role_id) where until is null and shift_id is not null;
-- Rooms of duty roles look at who has just gone off duty.
create index duty_ended on duty (clinic_id, role_id, until) where until is not null;
