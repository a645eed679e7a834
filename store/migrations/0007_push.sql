-- +goose Up

-- Where a browser can be woken. The endpoint is a secret of the device: whoever has it can
-- make its phone ring. A subscription the push service no longer
-- knows is deleted.
create table push_subscription (
  clinic_id uuid not null,
  device_id uuid not null,
  endpoint  text not null check (length(endpoint) between 1 and 1024),
  p256dh    text not null check (length(p256dh) between 1 and 128),
  auth      text not null check (length(auth) between 1 and 64),
  at        timestamptz not null default now(),
  primary key (clinic_id, device_id),
  foreign key (clinic_id, device_id) references device (clinic_id, id)
);
select wardline_protect('push_subscription');
