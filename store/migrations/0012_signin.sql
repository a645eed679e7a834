-- +goose Up

-- What an account was before it became an administrator's, and is again when its roles end.
-- Null for everybody else, and for those who are none since before this was kept: 'internal'.
alter table account add column level_before text check (level_before in ('internal', 'guest'));
