-- +goose Up

-- The register of migrations is older than the default privileges. The hub reads it to say
-- whether its database is of its own version (wardline doctor).
grant select on goose_db_version to wardline_app, wardline_readonly;
