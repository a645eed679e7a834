package scim

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Who was deleted stays in the directory, locked, and is not there for SCIM any more (RFC 7644
// section 3.6). Only the id is remembered. Made again under the same userName they get it
// back, and with it their account and their rooms.
func goneKey(id string) string { return "gone/" + id }

func (s *server) gone(ctx context.Context, id string) (bool, error) {
	mark, err := s.env.State.Get(ctx, goneKey(id))
	return string(mark) == "1", err
}

func (s *server) mark(ctx context.Context, id string, gone bool) error {
	mark := "0"
	if gone {
		mark = "1"
	}
	return s.env.State.Put(ctx, goneKey(id), []byte(mark))
}

// user returns somebody who was provisioned and not deleted.
func (s *server) user(ctx context.Context, id string) (connectors.StatedPerson, error) {
	if !hub.ValidID(id) {
		return connectors.StatedPerson{}, errNotFound
	}
	p, err := s.env.Stated.StatedPerson(ctx, id)
	if err != nil {
		return p, err
	}
	gone, err := s.gone(ctx, p.Key)
	if err == nil && gone {
		err = errNotFound
	}
	return p, err
}

// holder finds who has a userName, the deleted included.
func (s *server) holder(ctx context.Context, login, except string) (p connectors.StatedPerson, found, gone bool, err error) {
	list, err := s.env.Stated.FindStated(ctx, directory.Login, login)
	if err != nil {
		return p, false, false, err
	}
	for _, other := range list {
		if other.Key == except {
			continue
		}
		g, err := s.gone(ctx, other.Key)
		if err != nil {
			return p, false, false, err
		}
		if !found || gone && !g {
			p, found, gone = other, true, g
		}
	}
	return p, found, gone, nil
}

func (s *server) createUser(r *http.Request) (int, any, error) {
	res, body, err := read(r)
	if err != nil {
		return 0, nil, err
	}
	is, err := s.understand(res, true)
	if err != nil {
		return 0, nil, err
	}
	was, found, gone, err := s.holder(r.Context(), is.values[directory.Login], "")
	if err == nil && found && !gone {
		err = errUniqueness
	}
	if err != nil {
		return 0, nil, err
	}
	if !found {
		was = connectors.StatedPerson{Key: string(hub.NewID[hub.PersonID]())}
	}
	if err := s.state(r, was, is, body); err != nil {
		return 0, nil, err
	}
	if gone {
		if err := s.mark(r.Context(), was.Key, false); err != nil {
			return 0, nil, err
		}
	}
	if was.Created.IsZero() {
		was.Created = s.env.Now()
	}
	return http.StatusCreated, s.shown(r, was, is), nil
}

// state commits what a user has become. Somebody new who is not active is stated twice: the
// directory makes no record of a leaver it never heard of.
func (s *server) state(r *http.Request, was connectors.StatedPerson, is person, body []byte) error {
	c := change(was.Key, was, is)
	if was.Values == nil && !is.active {
		there := c
		there.Op = directory.OpPut
		return s.put(r, was.Key, body, there, directory.Change{Op: directory.OpDeactivate, Key: was.Key})
	}
	return s.put(r, was.Key, body, c)
}

// shown is the answer to a write: what was just committed.
func (s *server) shown(r *http.Request, was connectors.StatedPerson, is person) resource {
	was.Values, was.Active, was.Changed = is.values, is.active, s.env.Now()
	if is.units != nil {
		was.Units = is.units
	}
	return s.show(was, s.at(r))
}

// at is our own address as the caller used it; it is told to that caller only.
func (s *server) at(r *http.Request) string {
	if s.tls != nil {
		return "https://" + r.Host + base
	}
	return "http://" + r.Host + base
}

func (s *server) getUser(r *http.Request) (int, any, error) {
	p, err := s.user(r.Context(), r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.show(p, s.at(r)), nil
}

func (s *server) putUser(r *http.Request) (int, any, error) {
	return s.rewrite(r, func(_, body resource) (resource, error) { return body, nil })
}

func (s *server) patchUser(r *http.Request) (int, any, error) {
	return s.rewrite(r, func(now, body resource) (resource, error) {
		ops, err := operations(body)
		if err != nil {
			return nil, err
		}
		given := get(now, "displayName")
		if err := apply(now, ops); err != nil {
			return nil, err
		}
		if get(now, "displayName") == given {
			remove(now, "displayName") // ours, made of the name: not to come back as one
		}
		return now, nil
	})
}

// rewrite replaces a user by what turn makes of them and the body.
func (s *server) rewrite(r *http.Request, turn func(now, body resource) (resource, error)) (int, any, error) {
	res, body, err := read(r)
	if err != nil {
		return 0, nil, err
	}
	was, err := s.user(r.Context(), r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	next, err := turn(s.show(was, ""), res)
	if err != nil {
		return 0, nil, err
	}
	is, err := s.understand(next, was.Active)
	if err != nil {
		return 0, nil, err
	}
	if !strings.EqualFold(is.values[directory.Login], was.Values[directory.Login]) {
		if _, found, gone, err := s.holder(r.Context(), is.values[directory.Login], was.Key); err != nil {
			return 0, nil, err
		} else if found && !gone {
			return 0, nil, errUniqueness
		}
	}
	if err := s.state(r, was, is, body); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.shown(r, was, is), nil
}

// deleteUser deactivates: nobody is ever deleted by a source.
func (s *server) deleteUser(r *http.Request) (int, any, error) {
	p, err := s.user(r.Context(), r.PathValue("id"))
	if err != nil {
		return 0, nil, err
	}
	if err := s.put(r, p.Key, nil, directory.Change{Op: directory.OpDeactivate, Key: p.Key, Groups: []directory.GroupRef{}}); err != nil {
		return 0, nil, err
	}
	return http.StatusNoContent, nil, s.mark(r.Context(), p.Key, true)
}

// listUsers looks up what a filter names by userName, externalId, id or mail, and searches
// through all for anything else.
func (s *server) listUsers(r *http.Request) (int, any, error) {
	c, err := parseFilter(r.URL.Query().Get("filter"))
	if err != nil {
		return 0, nil, err
	}
	found := []resource{}
	take := func(p connectors.StatedPerson) error {
		gone, err := false, error(nil)
		if !p.Active {
			gone, err = s.gone(r.Context(), p.Key)
		}
		if res := s.show(p, s.at(r)); err == nil && !gone && c.fits(res) {
			found = append(found, res)
		}
		return err
	}
	if err := s.candidates(r.Context(), c, take); err != nil {
		return 0, nil, err
	}
	return page(r, found)
}

// candidates hands over everybody who may fit a condition.
func (s *server) candidates(ctx context.Context, c condition, take func(connectors.StatedPerson) error) error {
	fields := map[string]directory.Field{"userName": directory.Login, "emails.value": directory.Mail, "emails": directory.Mail}
	switch s.config.StaffNumber {
	case "externalId":
		fields["externalId"] = directory.StaffNumber
	case "employeeNumber":
		fields["employeeNumber"] = directory.StaffNumber
	}
	if _, id, ok := c.equals("id"); ok {
		p, err := s.env.Stated.StatedPerson(ctx, id)
		if hub.KindOf(err) == hub.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		return take(p)
	}
	for _, name := range []string{"userName", "externalId", "employeeNumber", "emails.value", "emails"} {
		if _, value, ok := c.equals(name); ok && fields[name] != "" {
			list, err := s.env.Stated.FindStated(ctx, fields[name], value)
			return each(list, take, err)
		}
	}
	return s.everybody(ctx, take)
}

func (s *server) everybody(ctx context.Context, take func(connectors.StatedPerson) error) error {
	after := ""
	for {
		list, _, err := s.env.Stated.ListStated(ctx, after, 500)
		if err := each(list, take, err); err != nil || len(list) == 0 {
			return err
		}
		after = list[len(list)-1].Key
	}
}

func each(list []connectors.StatedPerson, take func(connectors.StatedPerson) error, err error) error {
	for _, p := range list {
		if err == nil {
			err = take(p)
		}
	}
	return err
}

// maxPage is the most resources one answer holds.
const maxPage = 200

// page cuts a list by startIndex and count (RFC 7644 section 3.4.2.4) and leaves out what the
// caller does not want to see.
func page(r *http.Request, found []resource) (int, any, error) {
	start, err1 := number(r, "startIndex", 1)
	count, err2 := number(r, "count", maxPage)
	if err1 != nil || err2 != nil {
		return 0, nil, bad("invalidValue", "startIndex and count must be numbers")
	}
	start, count = max(start, 1), min(max(count, 0), maxPage)
	from := min(start-1, len(found))
	out := found[from:min(from+count, len(found))]
	for _, res := range out {
		trim(r, res)
	}
	return http.StatusOK, map[string]any{"schemas": []string{listSchema}, "totalResults": len(found), "startIndex": start, "itemsPerPage": len(out), "Resources": out}, nil
}

func number(r *http.Request, name string, otherwise int) (int, error) {
	text := r.URL.Query().Get(name)
	if text == "" {
		return otherwise, nil
	}
	return strconv.Atoi(text)
}

// trim leaves out excludedAttributes; Entra asks for groups without their members.
func trim(r *http.Request, res resource) {
	for name := range strings.SplitSeq(r.URL.Query().Get("excludedAttributes"), ",") {
		if name = strings.TrimSpace(name); name != "" && !strings.EqualFold(name, "id") && !strings.EqualFold(name, "schemas") {
			remove(res, name)
		}
	}
}
