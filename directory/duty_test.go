package directory_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// role keeps one role for decisions to work on; locking and SQL are the store's tests.
type role struct{ directory.RoleState }

func (r *role) ChangeDuty(_ context.Context, _ hub.ClinicID, _ hub.RoleID, decide func(directory.RoleState) (directory.DutyChange, error)) error {
	c, err := decide(r.RoleState)
	if err != nil {
		return err
	}
	if c.End != "" {
		r.OnDuty = slices.DeleteFunc(slices.Clone(r.OnDuty), func(u hub.UserID) bool { return u == c.End })
	}
	if c.Begin != "" {
		r.OnDuty = append(slices.Clone(r.OnDuty), c.Begin)
	}
	if c.Close != "" {
		r.Offers = slices.DeleteFunc(slices.Clone(r.Offers), func(o directory.Offer) bool { return o.ID == c.Close })
	}
	if c.Offer != nil {
		r.Offers = append(slices.Clone(r.Offers), *c.Offer)
	}
	return nil
}

func (r *role) OfferRole(context.Context, hub.ClinicID, string, hub.UserID) (hub.RoleID, error) {
	return r.ID, nil
}

func (r *role) DutyBoard(context.Context, hub.ClinicID, hub.UserID) (directory.Board, error) {
	return directory.Board{}, nil
}

func (r *role) Colleagues(context.Context, hub.ClinicID, hub.RoleID, hub.UserID) ([]directory.UserRef, error) {
	return []directory.UserRef{}, nil
}

func newRole(onDuty ...hub.UserID) (*role, *directory.Duty) {
	r := &role{directory.RoleState{ID: "r", OnDuty: onDuty, MayBe: []hub.UserID{"eva", "ida", "uta"}}}
	return r, directory.NewDuty(r, func() time.Time { return now })
}

func codeOf(err error) string {
	var e *hub.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func TestDutyDecisions(t *testing.T) {
	t.Parallel()
	offers := []directory.Offer{{ID: "o", From: "eva", To: "ida", At: now}}
	tests := map[string]struct {
		onDuty []hub.UserID
		offers []directory.Offer
		do     func(context.Context, *directory.Duty) error
		code   string
		want   []hub.UserID
		left   int // open offers
	}{
		"take":              {nil, nil, func(c context.Context, d *directory.Duty) error { return d.Take(c, "", "eva", "r") }, "", []hub.UserID{"eva"}, 0},
		"take twice":        {[]hub.UserID{"eva"}, nil, func(c context.Context, d *directory.Duty) error { return d.Take(c, "", "eva", "r") }, "", []hub.UserID{"eva"}, 0},
		"take as stranger":  {nil, nil, func(c context.Context, d *directory.Duty) error { return d.Take(c, "", "zoe", "r") }, "not_your_unit", nil, 0},
		"release":           {[]hub.UserID{"eva", "ida"}, nil, func(c context.Context, d *directory.Duty) error { return d.Release(c, "", "eva", "r", false) }, "", []hub.UserID{"ida"}, 0},
		"release the last":  {[]hub.UserID{"eva"}, nil, func(c context.Context, d *directory.Duty) error { return d.Release(c, "", "eva", "r", false) }, "last_on_duty", []hub.UserID{"eva"}, 0},
		"release by force":  {[]hub.UserID{"eva"}, nil, func(c context.Context, d *directory.Duty) error { return d.Release(c, "", "eva", "r", true) }, "", nil, 0},
		"release, not on":   {[]hub.UserID{"ida"}, nil, func(c context.Context, d *directory.Duty) error { return d.Release(c, "", "eva", "r", false) }, "", []hub.UserID{"ida"}, 0},
		"release voids":     {[]hub.UserID{"eva", "uta"}, offers, func(c context.Context, d *directory.Duty) error { return d.Release(c, "", "eva", "r", false) }, "", []hub.UserID{"uta"}, 0},
		"accept":            {[]hub.UserID{"eva"}, offers, func(c context.Context, d *directory.Duty) error { return d.Accept(c, "", "ida", "o") }, "", []hub.UserID{"ida"}, 0},
		"accept, on duty":   {[]hub.UserID{"eva", "ida"}, offers, func(c context.Context, d *directory.Duty) error { return d.Accept(c, "", "ida", "o") }, "", []hub.UserID{"ida"}, 0},
		"accept another's":  {[]hub.UserID{"eva"}, offers, func(c context.Context, d *directory.Duty) error { return d.Accept(c, "", "uta", "o") }, "not_yours", []hub.UserID{"eva"}, 1},
		"accept, over":      {[]hub.UserID{"eva"}, nil, func(c context.Context, d *directory.Duty) error { return d.Accept(c, "", "ida", "o") }, "ended", []hub.UserID{"eva"}, 0},
		"decline":           {[]hub.UserID{"eva"}, offers, func(c context.Context, d *directory.Duty) error { return d.Decline(c, "", "ida", "o") }, "", []hub.UserID{"eva"}, 0},
		"decline as giver":  {[]hub.UserID{"eva"}, offers, func(c context.Context, d *directory.Duty) error { return d.Decline(c, "", "eva", "o") }, "not_yours", []hub.UserID{"eva"}, 1},
		"withdraw":          {[]hub.UserID{"eva"}, offers, func(c context.Context, d *directory.Duty) error { return d.Withdraw(c, "", "eva", "o") }, "", []hub.UserID{"eva"}, 0},
		"withdraw as taker": {[]hub.UserID{"eva"}, offers, func(c context.Context, d *directory.Duty) error { return d.Withdraw(c, "", "ida", "o") }, "not_yours", []hub.UserID{"eva"}, 1},
		"offer":             {[]hub.UserID{"eva"}, nil, offerTo("ida"), "", []hub.UserID{"eva"}, 1},
		"offer again":       {[]hub.UserID{"eva"}, offers, offerTo("ida"), "", []hub.UserID{"eva"}, 1},
		"offer to two":      {[]hub.UserID{"eva"}, offers, offerTo("uta"), "offered", []hub.UserID{"eva"}, 1},
		"offer, not on":     {nil, nil, offerTo("ida"), "not_on_duty", nil, 0},
		"offer to stranger": {[]hub.UserID{"eva"}, nil, offerTo("zoe"), "not_a_colleague", []hub.UserID{"eva"}, 0},
		"offer to oneself":  {[]hub.UserID{"eva"}, nil, offerTo("eva"), "not_a_colleague", []hub.UserID{"eva"}, 0},
		"offer to on duty":  {[]hub.UserID{"eva", "ida"}, nil, offerTo("ida"), "already_on_duty", []hub.UserID{"eva", "ida"}, 0},
		"colleagues": {nil, nil, func(c context.Context, d *directory.Duty) error {
			_, err := d.Colleagues(c, "", "zoe", "r")
			return err
		}, "not_your_unit", nil, 0},
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, d := newRole(c.onDuty...)
			r.Offers = c.offers
			err := c.do(t.Context(), d)
			if codeOf(err) != c.code || (err == nil) != (c.code == "") {
				t.Errorf("got %v, want %q", err, c.code)
			}
			if !slices.Equal(r.OnDuty, c.want) || len(r.Offers) != c.left {
				t.Errorf("on duty %v, %d offers; want %v, %d", r.OnDuty, len(r.Offers), c.want, c.left)
			}
		})
	}
}

func offerTo(to hub.UserID) func(context.Context, *directory.Duty) error {
	return func(c context.Context, d *directory.Duty) error {
		_, err := d.Offer(c, "", "eva", "r", to)
		return err
	}
}

// TestDutyNeverLapsesUnasked: without force a covered role stays covered, nobody is on
// duty twice, and only people of the unit ever come on.
func TestDutyNeverLapsesUnasked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, d := newRole("eva")
		users := rapid.SampledFrom([]hub.UserID{"eva", "ida", "uta", "zoe"})
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			user, ctx := users.Draw(t, "user"), context.Background()
			offer := "none"
			if len(r.Offers) > 0 {
				offer = rapid.SampledFrom(r.Offers).Draw(t, "offer").ID
			}
			switch rapid.IntRange(0, 5).Draw(t, "act") {
			case 0:
				_ = d.Take(ctx, "", user, "r")
			case 1:
				_ = d.Release(ctx, "", user, "r", false)
			case 2:
				_, _ = d.Offer(ctx, "", user, "r", users.Draw(t, "to"))
			case 3:
				_ = d.Accept(ctx, "", user, offer)
			case 4:
				_ = d.Decline(ctx, "", user, offer)
			case 5:
				_ = d.Withdraw(ctx, "", user, offer)
			}
			on := slices.Sorted(slices.Values(r.OnDuty))
			if len(on) == 0 || len(slices.Compact(slices.Clone(on))) != len(on) || slices.Contains(on, "zoe") {
				t.Fatalf("on duty: %v", r.OnDuty)
			}
			for _, o := range r.Offers {
				if !slices.Contains(on, o.From) {
					t.Fatalf("%s offers a duty they are not in", o.From)
				}
			}
		}
	})
}
