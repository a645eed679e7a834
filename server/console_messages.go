package server

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hub"
)

// MessageView is a stored input as lists show it.
type MessageView struct {
	ID        hub.MessageID            `json:"id"`
	Connector ConnectorRef             `json:"connector"`
	Received  time.Time                `json:"received"`
	Type      string                   `json:"type"`
	ControlID string                   `json:"control_id"`
	Peer      string                   `json:"peer"`
	Size      int                      `json:"size"`
	Status    connectors.MessageStatus `json:"status" enum:"applied,error,held"`
	Repeats   int                      `json:"repeats" doc:"How often the source sent it again."`
	Fault     *connectors.Fault        `json:"fault,omitempty"`
	Warnings  []string                 `json:"warnings"`
}

// messageDetail is one input opened. Reading it is audited.
type messageDetail struct {
	MessageView
	Raw      string        `json:"raw"`
	Segments []segmentView `json:"segments,omitempty" doc:"Of HL7 messages."`
	Effect   raw           `json:"effect,omitempty"`
}

type segmentView struct {
	Name   string      `json:"name"`
	Fields []fieldView `json:"fields"`
}

type fieldView struct {
	No    int      `json:"no"`
	Value string   `json:"value"`
	Comps []string `json:"comps,omitempty"`
}

type messagesInput struct {
	Connector hub.ConnectorID `query:"connector" format:"uuid"`
	Type      string          `query:"type" maxLength:"64"`
	ControlID string          `query:"control_id" maxLength:"255"`
	Status    string          `query:"status" enum:"applied,error,held,duplicate"`
	Fault     string          `query:"fault" maxLength:"64"`
	From      time.Time       `query:"from"`
	To        time.Time       `query:"to"`
	Paging
}

type messagePath struct {
	ID hub.MessageID `path:"id" format:"uuid"`
}

type faultView struct {
	Name      string       `json:"name"`
	Count     int          `json:"count"`
	Last      time.Time    `json:"last_at"`
	Connector ConnectorRef `json:"connector"`
}

type replayView struct {
	Status connectors.MessageStatus `json:"status"`
}

func (c *console) messageRoutes() {
	handle(c.api, route{"GET", "/messages", "messages", "Search received messages", forConnectors, 200}, c.messages)
	handle(c.api, route{"GET", "/messages/errors", "message-errors", "Errors by name", forConnectors | forAudit, 200}, c.faults)
	handle(c.api, route{"GET", "/messages/{id}", "message", "One message, opened; audited", forConnectors, 200}, c.message)
	handle(c.api, route{"POST", "/messages/{id}/replay", "replay-message", "Read a stored message again", forConnectors, 202}, c.replay)
}

// refs returns the connectors by id; those deleted since are absent and shown by id alone.
func (c *console) refs(ctx context.Context) (map[hub.ConnectorID]ConnectorRef, error) {
	records, err := c.o.Configs.Connectors(ctx, caller(ctx).Clinic)
	out := make(map[hub.ConnectorID]ConnectorRef, len(records))
	for _, r := range records {
		out[r.ID] = ConnectorRef{r.ID, r.Name, r.Kind}
	}
	return out, err
}

func refOf(refs map[hub.ConnectorID]ConnectorRef, id hub.ConnectorID) ConnectorRef {
	if r, ok := refs[id]; ok {
		return r
	}
	return ConnectorRef{ID: id}
}

func (c *console) messages(ctx context.Context, in *messagesInput) (page[MessageView], error) {
	var out page[MessageView]
	refs, err := c.refs(ctx)
	if err != nil {
		return out, err
	}
	found, next, err := c.o.Messages.Messages(ctx, caller(ctx).Clinic, connectors.MessageFilter{
		Connector: in.Connector, Type: in.Type, ControlID: in.ControlID, Status: in.Status, Fault: in.Fault,
		From: in.From, To: in.To, Cursor: in.Cursor, Limit: in.Limit,
	})
	for _, m := range found {
		out.Items = append(out.Items, newMessageView(m, refs))
	}
	out.Next = next
	return out, err
}

func newMessageView(m connectors.Message, refs map[hub.ConnectorID]ConnectorRef) MessageView {
	return MessageView{m.ID, refOf(refs, m.Connector), m.Received, m.Type, m.ControlID, m.Peer, m.Size, m.Status, m.Repeats, m.Fault, m.Warnings}
}

func (c *console) faults(ctx context.Context, _ *struct{}) (list[faultView], error) {
	var out list[faultView]
	refs, err := c.refs(ctx)
	if err != nil {
		return out, err
	}
	found, err := c.o.Messages.FaultCounts(ctx, caller(ctx).Clinic)
	for _, f := range found {
		out.Items = append(out.Items, faultView{f.Name, f.Count, f.Last, refOf(refs, f.Connector)})
	}
	return out, err
}

// message opens one input. It names patients, so the view leaves a trace before anything
// is shown.
func (c *console) message(ctx context.Context, in *messagePath) (messageDetail, error) {
	refs, err := c.refs(ctx)
	if err != nil {
		return messageDetail{}, err
	}
	m, err := c.o.Messages.Message(ctx, caller(ctx).Clinic, in.ID)
	if err != nil {
		return messageDetail{}, err
	}
	if err := c.audit(ctx, "message.view", string(in.ID), nil); err != nil {
		return messageDetail{}, err
	}
	out := messageDetail{MessageView: newMessageView(m, refs), Raw: text(m.Body), Effect: m.Effect}
	if strings.HasPrefix(out.Connector.Kind, "hl7v2") {
		out.Segments = segments(m.Body)
	}
	return out, nil
}

// text makes bytes of an unknown character set showable: what is not UTF-8 is read as
// ISO 8859-1, in which every byte means something.
func text(body []byte) string {
	if utf8.Valid(body) {
		return string(body)
	}
	runes := make([]rune, len(body))
	for i, b := range body {
		runes[i] = rune(b)
	}
	return string(runes)
}

// segments takes an HL7 message apart for the screen; nil if it cannot be parsed.
func segments(body []byte) []segmentView {
	m, err := hl7.Parse(body)
	if err != nil {
		return nil
	}
	var out []segmentView
	var last hl7.Path
	for p, v := range m.Leaves() {
		if p.Segment != last.Segment || p.Occurrence != last.Occurrence {
			out = append(out, segmentView{Name: p.Segment})
		}
		out[len(out)-1].add(p, v.String(), p.Field == last.Field && p.Segment == last.Segment && p.Occurrence == last.Occurrence)
		last = p
	}
	return out
}

// add appends a leaf. A second leaf of the same field makes it one with components.
func (s *segmentView) add(p hl7.Path, value string, sameField bool) {
	if !sameField {
		s.Fields = append(s.Fields, fieldView{No: p.Field, Value: value})
		if p.Component <= 1 {
			return
		}
	}
	f := &s.Fields[len(s.Fields)-1]
	if sameField && f.Comps == nil {
		f.Comps = []string{f.Value}
	}
	f.Comps = append(f.Comps, value)
	f.Value = strings.Join(f.Comps, "^")
}

func (c *console) replay(ctx context.Context, in *messagePath) (replayView, error) {
	status, err := c.o.Running.Replay(ctx, caller(ctx).Clinic, in.ID)
	if err != nil {
		return replayView{}, err
	}
	return replayView{status}, c.done(ctx, "messages", "message.replay", string(in.ID), nil)
}
