package server

import (
	"context"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

type RolePath struct {
	Role hub.RoleID `path:"role_id" format:"uuid"`
}

type releaseInput struct {
	RolePath
	Body *struct {
		Force bool `json:"force,omitempty" doc:"Also as the last one on duty."`
	}
}

type offerInput struct {
	RolePath
	Body struct {
		To hub.UserID `json:"to" format:"uuid"`
	}
}

type created struct {
	ID string `json:"id"`
}

type offerAnswer struct {
	ID     string `path:"id" format:"uuid"`
	Answer string `path:"answer" enum:"accept,decline,withdraw"`
}

func (c *chat) dutyRoutes() {
	handle(c.api, route{"GET", "/duty", "duty", "Roles, who is on duty, and offers", member, 200}, c.board)
	handle(c.api, route{"GET", "/duty/{role_id}/colleagues", "colleagues", "Who could take a role over", member, 200}, c.colleagues)
	handle(c.api, route{"POST", "/duty/{role_id}/take", "take-duty", "Go on duty", member, 0}, c.take)
	handle(c.api, route{"POST", "/duty/{role_id}/release", "release-duty", "Go off duty; 409 last_on_duty unless forced", member, 0}, c.release)
	handle(c.api, route{"POST", "/duty/{role_id}/offers", "offer-duty", "Offer a role to a colleague", member, 201}, c.offer)
	handle(c.api, route{"POST", "/duty/offers/{id}/{answer}", "answer-offer", "Accept, decline or withdraw an offer", member, 0}, c.answerOffer)
}

func (c *chat) board(ctx context.Context, _ *struct{}) (directory.Board, error) {
	s := caller(ctx)
	return c.o.Duty.Board(ctx, s.Clinic, s.Account.ID)
}

func (c *chat) colleagues(ctx context.Context, in *RolePath) (list[directory.UserRef], error) {
	s := caller(ctx)
	people, err := c.o.Duty.Colleagues(ctx, s.Clinic, s.Account.ID, in.Role)
	return list[directory.UserRef]{people}, err
}

func (c *chat) take(ctx context.Context, in *RolePath) (none, error) {
	s := caller(ctx)
	return none{}, c.o.Duty.Take(ctx, s.Clinic, s.Account.ID, in.Role)
}

func (c *chat) release(ctx context.Context, in *releaseInput) (none, error) {
	s := caller(ctx)
	return none{}, c.o.Duty.Release(ctx, s.Clinic, s.Account.ID, in.Role, in.Body != nil && in.Body.Force)
}

func (c *chat) offer(ctx context.Context, in *offerInput) (created, error) {
	s := caller(ctx)
	id, err := c.o.Offers.Offer(ctx, s.Clinic, s.Account.ID, in.Role, in.Body.To)
	return created{id}, err
}

func (c *chat) answerOffer(ctx context.Context, in *offerAnswer) (none, error) {
	s := caller(ctx)
	answer := map[string]func(context.Context, hub.ClinicID, hub.UserID, string) error{
		"accept": c.o.Offers.Accept, "decline": c.o.Offers.Decline, "withdraw": c.o.Offers.Withdraw,
	}[in.Answer]
	return none{}, answer(ctx, s.Clinic, s.Account.ID, in.ID)
}
