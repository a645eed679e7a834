-- +goose Up

-- A run whose plan is rejected, or set aside by a newer one, ends so too.
alter table directory_run no force row level security;
alter table directory_plan no force row level security;
alter table directory_run drop constraint directory_run_state_check;
alter table directory_run
  add constraint directory_run_state_check check (state in ('running', 'applied', 'held', 'rejected', 'failed', 'dry', 'undone'));
update directory_run r set state = 'rejected' from directory_plan d
where (d.clinic_id, d.id) = (r.clinic_id, r.plan_id) and d.state = 'rejected' and r.state = 'held';
alter table directory_run force row level security;
alter table directory_plan force row level security;

-- What is stated of a person, a source states that knows them; that both exist is checked
-- there, once a person instead of once a value: a first load is mostly values. The same word
-- is what history tells of.
alter table person_value no force row level security;
alter table person_unit_stated no force row level security;
alter table person_source no force row level security;
alter table person_value
  drop constraint person_value_clinic_id_person_id_fkey,
  drop constraint person_value_clinic_id_source_fkey,
  add foreign key (clinic_id, person_id, source) references person_source (clinic_id, person_id, source);
alter table person_unit_stated
  drop constraint person_unit_stated_clinic_id_person_id_fkey,
  drop constraint person_unit_stated_clinic_id_source_fkey,
  add foreign key (clinic_id, person_id, source) references person_source (clinic_id, person_id, source);
alter table person_change drop constraint person_change_clinic_id_source_fkey;
alter table person_value force row level security;
alter table person_unit_stated force row level security;
alter table person_source force row level security;

-- Somebody new who may be an administrator: an owner says whether they are.
alter table directory_conflict drop constraint directory_conflict_reason_check;
alter table directory_conflict
  add constraint directory_conflict_reason_check check (reason in ('mail_known', 'number_known', 'several_match', 'administrator'));

-- The photos that applied plans have replaced, so that they can be put back.
create table plan_photo (
  clinic_id uuid not null,
  plan_id   uuid not null,
  person_id uuid not null,
  hash      text not null,
  body      bytea not null check (length(body) between 1 and 102400),
  at        timestamptz not null default now(),
  primary key (clinic_id, plan_id, person_id),
  foreign key (clinic_id, plan_id) references directory_plan (clinic_id, id) on delete cascade deferrable initially deferred,
  foreign key (clinic_id, person_id) references person (clinic_id, id)
);
create index plan_photo_time on plan_photo (clinic_id, at);
create index plan_photo_person on plan_photo (clinic_id, person_id);
select wardline_protect('plan_photo');
