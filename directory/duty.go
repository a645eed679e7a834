package directory

import (
	"context"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
)

// Offer is a hand-over of duty that waits for its taker. The giver stays on duty until it
// is accepted.
type Offer struct {
	ID   string
	From hub.UserID
	To   hub.UserID
	At   time.Time
}

// RoleState is what a decision about duty reads, loaded under a lock on the role.
type RoleState struct {
	ID     hub.RoleID
	OnDuty []hub.UserID
	MayBe  []hub.UserID // active accounts of people on the role's unit or above it, or in a group bound to the role
	Offers []Offer      // open ones
}

// DutyChange is what a decision about duty writes. Zero fields change nothing.
type DutyChange struct {
	Begin     hub.UserID
	End       hub.UserID
	Offer     *Offer // to be opened
	Close     string // id of the offer to be closed
	CloseWith OfferEnd
	Shift     string // id of the planned duty that begins or, with End, is over: then only what a roster began ends
}

// OfferEnd is how an offer ended. It is stored.
type OfferEnd string

// An offer is void when the giver left duty by another way.
const (
	OfferAccepted  OfferEnd = "accepted"
	OfferDeclined  OfferEnd = "declined"
	OfferWithdrawn OfferEnd = "withdrawn"
	OfferVoid      OfferEnd = "void"
)

// Board is a person's view of duty: the roles they are in or may take, and open offers.
type Board struct {
	Roles      []BoardRole  `json:"roles"`
	OffersToMe []BoardOffer `json:"offers_to_me"`
	OffersByMe []BoardOffer `json:"offers_by_me"`
}

// BoardRole is one role on a Board.
type BoardRole struct {
	ID      hub.RoleID `json:"id"`
	Name    string     `json:"name"`
	Unit    UnitName   `json:"unit"`
	OnDuty  []OnDuty   `json:"on_duty"`
	Mine    bool       `json:"mine"`
	MayTake bool       `json:"may_take"`
}

// BoardOffer is one offer on a Board; From is set on offers to me, To on offers by me.
type BoardOffer struct {
	ID       string     `json:"id"`
	Role     hub.RoleID `json:"role_id"`
	RoleName string     `json:"role_name"`
	From     *UserRef   `json:"from,omitempty"`
	To       *UserRef   `json:"to,omitempty"`
	At       time.Time  `json:"at"`
}

// Uncovered is a role nobody is on duty in.
type Uncovered struct {
	Role hub.RoleID `json:"id"`
	Name string     `json:"name"`
	Unit UnitName   `json:"unit"`
}

// DutyStore keeps who is on duty. *store.DB implements it.
type DutyStore interface {
	// ChangeDuty loads a role under a lock, lets decide look at it and writes what it
	// returns, in one transaction. decide's error rolls back. NotFound without such a role.
	ChangeDuty(ctx context.Context, clinic hub.ClinicID, role hub.RoleID, decide func(RoleState) (DutyChange, error)) error
	// OfferRole returns the role of an open offer to or from the user.
	OfferRole(ctx context.Context, clinic hub.ClinicID, offer string, user hub.UserID) (hub.RoleID, error)
	// DutyBoard returns the user's view.
	DutyBoard(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (Board, error)
	// Colleagues returns who may take over a role, without the user themselves.
	Colleagues(ctx context.Context, clinic hub.ClinicID, role hub.RoleID, user hub.UserID) ([]UserRef, error)
}

// Duty is the taking and handing over of duty. The caller has checked that user is signed in.
type Duty struct {
	store DutyStore
	now   func() time.Time
}

// NewDuty returns the service over store.
func NewDuty(store DutyStore, now func() time.Time) *Duty { return &Duty{store: store, now: now} }

// Board returns what the user sees of duty.
func (d *Duty) Board(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (Board, error) {
	return d.store.DutyBoard(ctx, clinic, user)
}

// Colleagues returns whom the user could offer a role to. Forbidden unless they may be in
// it themselves: a list of names is not for everybody.
func (d *Duty) Colleagues(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID) ([]UserRef, error) {
	check := func(s RoleState) (DutyChange, error) {
		if !slices.Contains(s.MayBe, user) && !slices.Contains(s.OnDuty, user) {
			return DutyChange{}, hub.E("directory.colleagues", hub.Forbidden, "not_your_unit", "")
		}
		return DutyChange{}, nil
	}
	if err := d.store.ChangeDuty(ctx, clinic, role, check); err != nil {
		return nil, err
	}
	return d.store.Colleagues(ctx, clinic, role, user)
}

// Take puts the user on duty; doing it twice is harmless. Forbidden for people of other units.
func (d *Duty) Take(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID) error {
	return d.store.ChangeDuty(ctx, clinic, role, func(s RoleState) (DutyChange, error) { return take(s, user) })
}

func take(s RoleState, user hub.UserID) (DutyChange, error) {
	if slices.Contains(s.OnDuty, user) {
		return DutyChange{}, nil
	}
	if !slices.Contains(s.MayBe, user) {
		return DutyChange{}, hub.E("directory.take", hub.Forbidden, "not_your_unit", "")
	}
	return DutyChange{Begin: user}, nil
}

// Release takes the user off duty. The last one gets Conflict "last_on_duty" unless force
// is set, because the role's alerts would then reach nobody at their first step.
func (d *Duty) Release(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID, force bool) error {
	return d.store.ChangeDuty(ctx, clinic, role, func(s RoleState) (DutyChange, error) { return release(s, user, force) })
}

func release(s RoleState, user hub.UserID, force bool) (DutyChange, error) {
	if !slices.Contains(s.OnDuty, user) {
		return DutyChange{}, nil
	}
	if len(s.OnDuty) == 1 && !force {
		return DutyChange{}, hub.E("directory.release", hub.Conflict, "last_on_duty", "")
	}
	c := DutyChange{End: user}
	if o, ok := openOffer(s, func(o Offer) bool { return o.From == user }); ok {
		c.Close, c.CloseWith = o.ID, OfferVoid
	}
	return c, nil
}

// Offer asks a colleague to take over and returns the offer's id. One open offer per giver
// and role: the same again returns the one there is, another taker is Conflict "offered".
func (d *Duty) Offer(ctx context.Context, clinic hub.ClinicID, user hub.UserID, role hub.RoleID, to hub.UserID) (string, error) {
	var id string
	err := d.store.ChangeDuty(ctx, clinic, role, func(s RoleState) (DutyChange, error) {
		o, c, err := offer(s, user, to, d.now())
		id = o.ID
		return c, err
	})
	return id, err
}

func offer(s RoleState, user, to hub.UserID, now time.Time) (Offer, DutyChange, error) {
	const op = "directory.offer"
	fail := func(k hub.Kind, code string) (Offer, DutyChange, error) {
		return Offer{}, DutyChange{}, hub.E(op, k, code, "")
	}
	switch {
	case !slices.Contains(s.OnDuty, user):
		return fail(hub.Conflict, "not_on_duty")
	case to == user || !slices.Contains(s.MayBe, to):
		return fail(hub.Invalid, "not_a_colleague")
	case slices.Contains(s.OnDuty, to):
		return fail(hub.Conflict, "already_on_duty")
	}
	if o, ok := openOffer(s, func(o Offer) bool { return o.From == user }); ok {
		if o.To == to {
			return o, DutyChange{}, nil
		}
		return fail(hub.Conflict, "offered")
	}
	o := Offer{ID: string(hub.NewID[hub.RoleID]()), From: user, To: to, At: now}
	return o, DutyChange{Offer: &o}, nil
}

// Accept puts the user on duty and takes the giver off, both or neither.
func (d *Duty) Accept(ctx context.Context, clinic hub.ClinicID, user hub.UserID, offer string) error {
	return d.answer(ctx, clinic, user, offer, func(s RoleState, o Offer) (DutyChange, error) {
		if o.To != user {
			return DutyChange{}, hub.E("directory.accept", hub.Forbidden, "not_yours", "")
		}
		c, err := take(s, user)
		if err != nil {
			return c, err
		}
		c.End, c.Close, c.CloseWith = o.From, o.ID, OfferAccepted
		return c, nil
	})
}

// Decline refuses an offer; the giver stays on duty.
func (d *Duty) Decline(ctx context.Context, clinic hub.ClinicID, user hub.UserID, offer string) error {
	return d.answer(ctx, clinic, user, offer, func(_ RoleState, o Offer) (DutyChange, error) {
		if o.To != user {
			return DutyChange{}, hub.E("directory.decline", hub.Forbidden, "not_yours", "")
		}
		return DutyChange{Close: o.ID, CloseWith: OfferDeclined}, nil
	})
}

// Withdraw takes the user's own offer back.
func (d *Duty) Withdraw(ctx context.Context, clinic hub.ClinicID, user hub.UserID, offer string) error {
	return d.answer(ctx, clinic, user, offer, func(_ RoleState, o Offer) (DutyChange, error) {
		if o.From != user {
			return DutyChange{}, hub.E("directory.withdraw", hub.Forbidden, "not_yours", "")
		}
		return DutyChange{Close: o.ID, CloseWith: OfferWithdrawn}, nil
	})
}

// answer finds the offer's role and decides under its lock; an offer that ended meanwhile
// is Conflict "ended".
func (d *Duty) answer(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id string, decide func(RoleState, Offer) (DutyChange, error)) error {
	role, err := d.store.OfferRole(ctx, clinic, id, user)
	if err != nil {
		return err
	}
	return d.store.ChangeDuty(ctx, clinic, role, func(s RoleState) (DutyChange, error) {
		o, ok := openOffer(s, func(o Offer) bool { return o.ID == id })
		if !ok {
			return DutyChange{}, hub.E("directory.answer", hub.Conflict, "ended", "")
		}
		return decide(s, o)
	})
}

func openOffer(s RoleState, match func(Offer) bool) (Offer, bool) {
	i := slices.IndexFunc(s.Offers, match)
	if i < 0 {
		return Offer{}, false
	}
	return s.Offers[i], true
}
