package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

type actInput struct {
	ID   hub.AlertID `path:"id" format:"uuid"`
	Act  string      `path:"act" enum:"accept,reject,busy,hand_back,arrive"`
	Body *struct{}   // nothing is read from it
}

type actReply struct {
	AlertID hub.AlertID    `json:"alert_id"`
	State   alerting.State `json:"state"`
}

type alertPath struct {
	ID hub.AlertID `path:"id" format:"uuid"`
}

func (c *chat) alertRoutes() {
	handle(c.api, route{"POST", "/alerts/{id}/{act}", "act", "Accept, reject, ... an alert; the same again is harmless", member, 200}, c.act)
	handle(c.api, route{"GET", "/alerts/{id}/story", "story", "What happened to an alert", member, 200}, c.story)
	handle(c.api, route{"GET", "/alerts/{id}/responders", "responders", "With whom an alert can be discussed; 404 for all but its recipients", member, 200}, c.responders)
}

func (c *chat) act(ctx context.Context, in *actInput) (actReply, error) {
	s := caller(ctx)
	res, err := c.o.Alerts.Act(ctx, s.Clinic, alerting.Act{Alert: in.ID, Kind: alerting.ActKind(in.Act), User: s.Account.ID})
	if err == nil {
		err = res.Err
	}
	var e *hub.Error
	if errors.As(err, &e) && e.Code == "taken" {
		return actReply{}, c.taken(ctx, s.Clinic, res.TakenBy)
	}
	return actReply{in.ID, res.State}, err
}

// taken says who was faster, so that the client can show it.
func (c *chat) taken(ctx context.Context, clinic hub.ClinicID, by []hub.UserID) error {
	p := problem(http.StatusConflict, "taken")
	names, err := c.o.Names.Names(ctx, clinic, by)
	for _, u := range by {
		p.TakenBy = append(p.TakenBy, directory.UserRef{ID: u, Name: names[u]})
	}
	return errors.Join(p, err)
}

func (c *chat) story(ctx context.Context, in *alertPath) (list[StoryEntry], error) {
	s := caller(ctx)
	entries, err := c.o.Alerts.Story(ctx, s.Clinic, in.ID, s.Account.ID)
	if err != nil {
		return list[StoryEntry]{}, err
	}
	story, err := tell(ctx, c.o.Names, s.Clinic, entries)
	return list[StoryEntry]{story}, err
}

// tell gives the people of a story their names.
func tell(ctx context.Context, n Names, clinic hub.ClinicID, entries []alerting.Entry) ([]StoryEntry, error) {
	var users []hub.UserID
	for _, e := range entries {
		if e.User != "" {
			users = append(users, e.User)
		}
	}
	names := map[hub.UserID]string{}
	if len(users) > 0 {
		var err error
		if names, err = n.Names(ctx, clinic, users); err != nil {
			return nil, err
		}
	}
	return storyView(entries, names), nil
}

func storyView(entries []alerting.Entry, names map[hub.UserID]string) []StoryEntry {
	var out []StoryEntry
	for _, e := range entries {
		line := StoryEntry{No: e.No, At: e.At, Kind: e.Kind, Step: e.Step, Data: e.Data}
		if e.User != "" {
			line.User = &StoryUser{e.User, names[e.User]}
		}
		out = append(out, line)
	}
	return out
}

// responderView is somebody an alert can be discussed with.
type responderView struct {
	User     hub.UserID `json:"user"`
	Name     string     `json:"name"`
	Accepted bool       `json:"accepted"`
}

// responders is for the recipients of an alert, who are among them themselves.
func (c *chat) responders(ctx context.Context, in *alertPath) (list[responderView], error) {
	s := caller(ctx)
	found, err := c.o.Responders.Responders(ctx, s.Clinic, in.ID, s.Account.ID)
	var out list[responderView]
	for _, r := range found {
		out.Items = append(out.Items, responderView(r))
	}
	return out, err
}
