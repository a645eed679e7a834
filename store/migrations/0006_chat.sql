-- +goose Up

-- The recorder is an account of the hub itself: at most one in a clinic, without a person.
alter table account add column recorder boolean not null default false;
create unique index account_recorder on account (clinic_id) where recorder;

-- Since when the account's device log certifies a device; null while it is pending and
-- again once the log takes it back. Only certified devices are put into groups.
alter table device add column certified_at timestamptz;

-- epoch is that of the room's MLS group: a commit is admitted by moving it, so one wins.
-- Messages of an epoch below min_epoch are refused although the one before the current is
-- otherwise let in: the last commit removed a leaf, which must not read what is said now, or
-- added one, which could not read what is encrypted for those before it. gen moves whenever members, roles or
-- leaves change, so that what a node remembers of a room can be told to be stale.
alter table room
  add column epoch      bigint not null default 0,
  add column min_epoch  bigint not null default 0,
  add column gen        bigint not null default 0,
  add column alert_id   uuid,
  add column direct_key text, -- both people of a direct room, the lower id first
  add column at         timestamptz; -- of the last item
create unique index room_alert on room (clinic_id, alert_id) where alert_id is not null;
create unique index room_direct on room (clinic_id, direct_key) where direct_key is not null;

-- Former members keep their row: until and until_seq say where they left, so that their
-- devices still get what came before. Coming back begins it anew. since_seq is the room's
-- last number before they came. delivered_seq is that of the account's first device.
alter table room_member
  add column role          text not null default 'reader' check (role in ('owner', 'moderator', 'member', 'reader')),
  add column muted         boolean not null default false,
  add column since_seq     bigint not null default 0,
  add column until         timestamptz,
  add column until_seq     bigint,
  add column read_seq      bigint not null default 0,
  add column delivered_seq bigint not null default 0,
  add check ((until is null) = (until_seq is null));
alter table room_member set (fillfactor = 70);

-- Of conversations only; device_id is null for a line of the hub.
alter table item
  add column user_id   uuid,
  add column device_id uuid,
  add column epoch     bigint,
  add column prio      smallint check (prio between 0 and 2);
alter table item drop constraint item_body_check;
alter table item add constraint item_body_check check (octet_length(body) <= case kind when 'commit' then 262144 else 65536 end);

-- Which device sits at which leaf of a room's tree, and from which item to which. to_seq is
-- null now. The creator's leaf begins at 0, before the first commit: nobody welcomed it.
-- said_to is the last item whose messages are given out although the leaf is still in the
-- tree: its person was removed then, and the commit is to come.
-- Without foreign keys, as item: rows are written only under the lock of their room.
create table room_leaf (
  clinic_id uuid not null,
  room_id   uuid not null,
  device_id uuid not null,
  from_seq  bigint not null,
  to_seq    bigint,
  said_to   bigint,
  leaf      integer not null check (leaf between 0 and 255),
  user_id   uuid not null,
  primary key (clinic_id, room_id, device_id, from_seq)
);
create unique index room_leaf_now on room_leaf (clinic_id, room_id, leaf) where to_seq is null;
create unique index room_leaf_device on room_leaf (clinic_id, device_id, room_id) where to_seq is null;
select wardline_protect('room_leaf');

-- What a commit's new devices join with; kept until none of them needs it.
create table welcome (
  clinic_id uuid not null,
  room_id   uuid not null,
  seq       bigint not null,
  body      bytea not null check (octet_length(body) <= 262144),
  primary key (clinic_id, room_id, seq)
);
select wardline_protect('welcome');

-- Offers to be added to groups: each is given out once, the last resort again and again.
create table key_package (
  clinic_id   uuid not null,
  device_id   uuid not null,
  ref         bytea not null check (octet_length(ref) = 32),
  body        bytea not null check (octet_length(body) <= 8192),
  expires_at  timestamptz not null,
  last_resort boolean not null,
  primary key (clinic_id, device_id, ref),
  foreign key (clinic_id, device_id) references device (clinic_id, id)
);
create unique index key_package_last on key_package (clinic_id, device_id) where last_resort;
create index key_package_end on key_package (clinic_id, expires_at);
select wardline_protect('key_package');

-- Who speaks for an account, in its own signed words. Nobody, not the hub either, changes an
-- entry: the devices of others would notice.
create table device_log (
  clinic_id uuid not null,
  user_id   uuid not null,
  n         bigint not null,
  body      bytea not null check (octet_length(body) <= 4096),
  sig       bytea not null check (octet_length(sig) = 64),
  hash      bytea not null check (octet_length(hash) = 32),
  account   bytea not null check (octet_length(account) = 32), -- the account key from here on
  at        timestamptz not null default now(),
  primary key (clinic_id, user_id, n),
  foreign key (clinic_id, user_id) references account (clinic_id, id)
);
select wardline_protect('device_log');
revoke update, delete on device_log from wardline_app;

-- Sealed notes between devices. Ids grow with time.
create table letter (
  clinic_id uuid not null,
  to_id     uuid not null,
  id        uuid not null,
  from_id   uuid not null,
  from_user uuid not null,
  body      bytea not null check (octet_length(body) <= 393216),
  at        timestamptz not null default now(),
  primary key (clinic_id, to_id, id),
  foreign key (clinic_id, to_id) references device (clinic_id, id)
);
create index letter_time on letter (clinic_id, at);
select wardline_protect('letter');

-- Every step of a member's marks, so that the first row at or above an item's number tells
-- when it was delivered or read.
create table receipt (
  clinic_id uuid not null,
  room_id   uuid not null,
  user_id   uuid not null,
  kind      text not null check (kind in ('delivered', 'read')),
  seq       bigint not null,
  at        timestamptz not null,
  primary key (clinic_id, room_id, user_id, kind, seq)
);
select wardline_protect('receipt');

-- Devices that have lost a group's state; done_at is when a commit added them anew.
create table rejoin (
  clinic_id uuid not null,
  room_id   uuid not null,
  device_id uuid not null,
  user_id   uuid not null,
  package   bytea not null check (octet_length(package) <= 8192),
  cause     text not null,
  at        timestamptz not null default now(),
  done_at   timestamptz,
  primary key (clinic_id, room_id, device_id)
);
create index rejoin_open on rejoin (clinic_id, at) where done_at is null;
select wardline_protect('rejoin');

-- Items that a device could not open: the administrator's list.
create table fault (
  clinic_id   uuid not null,
  room_id     uuid not null,
  seq         bigint not null,
  device_id   uuid not null,
  user_id     uuid not null,
  cause       text not null,
  at          timestamptz not null default now(),
  repaired_at timestamptz,
  primary key (clinic_id, room_id, seq, device_id)
);
create index fault_time on fault (clinic_id, at desc);
select wardline_protect('fault');

-- Encrypted backups, under keys that only the recovery codes give.
create table backup_chunk (
  clinic_id uuid not null,
  user_id   uuid not null,
  n         integer not null check (n between 0 and 1999),
  body      bytea not null check (octet_length(body) <= 262144),
  at        timestamptz not null default now(),
  primary key (clinic_id, user_id, n),
  foreign key (clinic_id, user_id) references account (clinic_id, id)
);
select wardline_protect('backup_chunk');
