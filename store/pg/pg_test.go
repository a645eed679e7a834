package pg_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/store/pg"
)

func FuzzParseCursor(f *testing.F) {
	f.Add("")
	f.Add("2026-11-01T08:00:00.5Z_0195cc2e-0000-7000-8000-000000000001")
	f.Add("2026-11-01T08:00:00+01:00_x")
	f.Add("_")
	f.Fuzz(func(t *testing.T, s string) {
		at, id, err := pg.ParseCursor(s)
		if err != nil {
			if hub.KindOf(err) != hub.Invalid || !at.IsZero() || id != "" {
				t.Fatalf("%v %q: %v", at, id, err)
			}
			return
		}
		if s == "" {
			return
		}
		again, same, err := pg.ParseCursor(pg.FormatCursor(at, id))
		if err != nil || !again.Equal(at) || same != id {
			t.Fatalf("%v %q became %v %q: %v", at, id, again, same, err)
		}
	})
}

func TestAbsentValues(t *testing.T) {
	t.Parallel()
	now := time.Now()
	if pg.Null("") != nil || pg.Null(hub.PersonID("")) != nil || pg.Null(time.Time{}) != nil {
		t.Error("what is not given is not null")
	}
	if *pg.Null("a") != "a" || !pg.Null(now).Equal(now) || pg.OrZero(pg.Null(now)) != now || pg.OrZero[string](nil) != "" {
		t.Error("what is given is another")
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	refusal, cut := hub.E("op", hub.NotFound, "x", ""), errors.New("cut")
	taken := fmt.Errorf("write: %w", &pgconn.PgError{Code: "23505", ConstraintName: "login"})
	for name, ok := range map[string]bool{
		"no row is the refusal":           pg.Found(fmt.Errorf("read: %w", pgx.ErrNoRows), refusal) == refusal,
		"others pass":                     pg.Found(cut, refusal) == cut && pg.Found(nil, refusal) == nil,
		"a refusal is not wrapped":        pg.Wrap("read", refusal) == refusal && pg.Wrap("read", nil) == nil,
		"a failure says what it is about": errors.Is(pg.Wrap("read", cut), cut) && pg.Wrap("read", cut).Error() == "read: cut",
		"the index is known":              pg.IsUnique(taken, "login") && !pg.IsUnique(taken, "mail") && !pg.IsUnique(cut, "login"),
	} {
		if !ok {
			t.Error(name)
		}
	}
}
