-- +goose Up

-- The whole ordered list of routing rules, one row per revision: the newest counts, the
-- older ones are its history.
create table alert_rules (
  clinic_id uuid not null references clinic (id),
  revision  integer not null,
  items     jsonb not null,
  author_id uuid,
  at        timestamptz not null default now(),
  primary key (clinic_id, revision)
);
select wardline_protect('alert_rules');
revoke update, delete on alert_rules from wardline_app;

-- secret holds text and caller, sealed under a key that is not in this database. policy is
-- a snapshot: editing a rule changes only alerts raised later. fillfactor leaves room for
-- updates in place (HOT).
create table alert (
  clinic_id    uuid not null,
  id           uuid not null,
  connector_id uuid not null,
  ref          text not null check (octet_length(ref) between 1 and 255),
  state        text not null,
  kind         text not null,
  priority     smallint not null check (priority between 0 and 4),
  ward         text not null,
  room         text not null,
  bed          text not null,
  secret       bytea not null,
  technical    boolean not null,
  rule_id      text not null,
  rule_name    text not null,
  policy       jsonb not null,
  step         smallint not null,
  gen          integer not null,
  version      integer not null,
  entries      integer not null,
  answers      integer not null,
  notices      integer not null,
  accepted_by  uuid[] not null,
  raised_at    timestamptz not null,
  updated_at   timestamptz not null,
  ended_at     timestamptz,
  primary key (clinic_id, id),
  foreign key (clinic_id, connector_id) references connector (clinic_id, id),
  check ((ended_at is not null) = (state in ('resolved', 'cancelled', 'expired', 'suppressed', 'silenced')))
) with (fillfactor = 70);
-- One running alert per reference of a source, whatever arrives at the same time.
create unique index alert_running on alert (clinic_id, connector_id, ref) where ended_at is null;
create index alert_ref on alert (clinic_id, connector_id, ref, raised_at desc);
create index alert_time on alert (clinic_id, raised_at desc, id desc);
create index alert_running_time on alert (clinic_id, raised_at desc, id desc) where ended_at is null;
select wardline_protect('alert');

-- dispatch, alert_entry, alert_timer, card_outbox and answer_outbox have no foreign keys on
-- purpose: their rows are written only by transactions that hold the row of the alert or
-- have just made it, and alerts are never deleted alone. The checks, a row lock on the alert
-- for each of a dozen rows, cost as much as writing the alert.
create table dispatch (
  clinic_id  uuid not null,
  alert_id   uuid not null,
  step       smallint not null,
  user_id    uuid not null,
  state      text not null,
  reached    boolean not null,
  changed_at timestamptz not null,
  primary key (clinic_id, alert_id, step, user_id)
) with (fillfactor = 70);
select wardline_protect('dispatch');

-- The story of an alert: lines are added and never changed, by the hub neither.
create table alert_entry (
  clinic_id uuid not null,
  alert_id  uuid not null,
  no        integer not null,
  at        timestamptz not null,
  kind      text not null,
  user_id   uuid,
  step      smallint not null,
  data      jsonb,
  primary key (clinic_id, alert_id, no)
);
create index alert_entry_time on alert_entry (clinic_id, kind, at) where kind in ('accepted', 'delivered', 'exhausted');
select wardline_protect('alert_entry');
revoke update, delete on alert_entry from wardline_app;

-- At most one timer of a kind per alert, so setting one replaces the one before.
create table alert_timer (
  clinic_id uuid not null,
  alert_id  uuid not null,
  kind      text not null,
  gen       integer not null,
  due_at    timestamptz not null,
  primary key (clinic_id, alert_id, kind)
) with (fillfactor = 70);
create index alert_timer_due on alert_timer (clinic_id, due_at);
select wardline_protect('alert_timer');

-- Alerts whose card is older than their version. One row per alert: a card that was not
-- sent yet is replaced by a newer one, and two workers never hold the same alert.
create table card_outbox (
  clinic_id  uuid not null,
  alert_id   uuid not null,
  version    integer not null,
  priority   smallint not null,
  since      timestamptz not null,
  lease_till timestamptz not null default '-infinity',
  attempts   integer not null default 0,
  primary key (clinic_id, alert_id)
) with (fillfactor = 50);
create index card_outbox_order on card_outbox (clinic_id, priority desc, since);
select wardline_protect('card_outbox');

-- What the sources are told, in order per alert. secret holds name and extension, sealed.
create table answer_outbox (
  clinic_id    uuid not null,
  alert_id     uuid not null,
  no           integer not null,
  id           uuid not null,
  connector_id uuid not null,
  ref          text not null,
  kind         text not null,
  state        text not null,
  secret       bytea not null,
  at           timestamptz not null,
  attempts     integer not null default 0,
  next_at      timestamptz not null,
  done_at      timestamptz,
  gave_up      boolean not null default false,
  primary key (clinic_id, alert_id, no)
);
create index answer_outbox_open on answer_outbox (clinic_id, alert_id, no) where done_at is null;
create index answer_outbox_next on answer_outbox (clinic_id, next_at) where done_at is null;
select wardline_protect('answer_outbox');

-- Rooms and their logs. last_seq is the counter that keeps a room's numbers without a gap:
-- it moves in the same transaction as the items.
create table room (
  clinic_id uuid not null references clinic (id),
  id        uuid not null,
  kind      text not null,
  name      text not null,
  unit_id   uuid,
  last_seq  bigint not null default 0,
  primary key (clinic_id, id)
) with (fillfactor = 50);
create unique index room_alarm on room (clinic_id, coalesce(unit_id, '00000000-0000-0000-0000-000000000000'::uuid)) where kind = 'alarm';
select wardline_protect('room');

create table room_member (
  clinic_id uuid not null,
  room_id   uuid not null,
  user_id   uuid not null,
  since     timestamptz not null default now(),
  primary key (clinic_id, room_id, user_id),
  foreign key (clinic_id, room_id) references room (clinic_id, id)
);
create index room_member_user on room_member (clinic_id, user_id);
select wardline_protect('room_member');

-- item has no foreign key to room: items are written only under the lock of their room.
create table item (
  clinic_id uuid not null,
  room_id   uuid not null,
  seq       bigint not null,
  id        uuid not null,
  kind      text not null,
  ref       text not null,
  body      bytea not null check (octet_length(body) <= 65536),
  at        timestamptz not null,
  primary key (clinic_id, room_id, seq),
  unique (clinic_id, room_id, id)
);
select wardline_protect('item');

-- Encapsulations: 1,120 bytes once per device and key, instead of with every item. Without
-- foreign keys, as item_wrap below.
create table device_kek (
  clinic_id uuid not null,
  device_id uuid not null,
  kek       bytea not null,
  enc       bytea not null,
  at        timestamptz not null default now(),
  primary key (clinic_id, device_id, kek)
);
select wardline_protect('device_kek');

-- Which device can open which item. Without foreign keys to item and device on purpose:
-- one emergency writes 10,000 rows in the statement that writes the item itself.
create table item_wrap (
  clinic_id uuid not null,
  room_id   uuid not null,
  seq       bigint not null,
  device_id uuid not null,
  kek       bytea not null,
  row       bytea not null,
  primary key (clinic_id, room_id, seq, device_id)
);
select wardline_protect('item_wrap');

create table device_cursor (
  clinic_id uuid not null,
  device_id uuid not null,
  room_id   uuid not null,
  seq       bigint not null,
  at        timestamptz not null default now(),
  primary key (clinic_id, device_id, room_id)
) with (fillfactor = 50);
select wardline_protect('device_cursor');
