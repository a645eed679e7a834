package accounts

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/wardline/wardline/hub"
)

func TestBegunIsBoundedForEach(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	b := newBegun(func() time.Time { return now })
	fill := func(key string) error {
		for range maxBegun {
			if err := b.take("t", key); err != nil {
				return err
			}
		}
		return nil
	}
	if err := fill("i ward"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(time.Minute)
	err := b.take("t", "i ward")
	var wait Wait
	if hub.KindOf(err) != hub.TooMany || !errors.As(err, &wait) || time.Duration(wait) != ceremonyLife-time.Minute {
		t.Errorf("one more: %v", err)
	}
	if err := b.take("t", "i elsewhere"); err != nil {
		t.Errorf("another address: %v", err)
	}
	b.give("i ward")
	if err := b.take("t", "i ward"); err != nil {
		t.Errorf("after one has ended: %v", err)
	}
	now = now.Add(ceremonyLife)
	if err := fill("i ward"); err != nil {
		t.Errorf("when all are over: %v", err)
	}
	b.give("i unknown")
}

func TestBegunStaysSmall(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	b := newBegun(func() time.Time { return now })
	for i := range 3 * maxCounters {
		if err := b.take("t", fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		if len(b.by) > maxCounters {
			t.Fatalf("%d addresses are remembered", len(b.by))
		}
	}
}
