// Package pg is how every store of ours speaks with PostgreSQL: how rows are gathered, what
// an absent value, a refusal and a page look like, and how nodes hear of a change. What a
// query means is the stores' own.
package pg

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/wardline/wardline/hub"
)

// Collect runs q and gathers its rows; the result is never nil, so that JSON shows [].
func Collect[T any](ctx context.Context, tx pgx.Tx, scan pgx.RowToFunc[T], q string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, q, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, scan)
}

// Null turns "not given" into SQL null.
func Null[T comparable](v T) *T {
	var none T
	if v == none {
		return nil
	}
	return &v
}

// OrZero turns SQL null into "not given".
func OrZero[T any](v *T) T {
	if v == nil {
		var none T
		return none
	}
	return *v
}

// Found turns "no row" into a refusal.
func Found(err, refusal error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return refusal
	}
	return err
}

// Wrap names what failed, unless it is a refusal already.
func Wrap(what string, err error) error {
	var refusal *hub.Error
	if err == nil || errors.As(err, &refusal) {
		return err
	}
	return fmt.Errorf("%s: %w", what, err)
}

// IsUnique reports whether err is the refusal of a unique index.
func IsUnique(err error, index string) bool {
	var e *pgconn.PgError
	return errors.As(err, &e) && e.Code == "23505" && e.ConstraintName == index
}

// FormatCursor makes the cursor of a list by time: the time and the id of the last row shown.
func FormatCursor(at time.Time, id string) string {
	return at.UTC().Format(time.RFC3339Nano) + "_" + id
}

// ParseCursor reads one; the empty cursor is the beginning.
func ParseCursor(s string) (at time.Time, id string, err error) {
	if s == "" {
		return time.Time{}, "", nil
	}
	text, id, _ := strings.Cut(s, "_")
	if at, err = time.Parse(time.RFC3339Nano, text); err != nil || !hub.ValidID(id) {
		return time.Time{}, "", &hub.Error{Op: "page", Kind: hub.Invalid, Field: "cursor"}
	}
	return at, id, nil
}

// TellChanged tells every node at commit which lists of a clinic to fetch again. It is not
// for the path of single messages: commits that notify go one after another.
func TellChanged(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, what ...string) error {
	_, err := tx.Exec(ctx, `select pg_notify('wardline_changed', json_build_object('clinic', $1::text, 'what', $2::text[])::text)`, string(clinic), what)
	return err
}
