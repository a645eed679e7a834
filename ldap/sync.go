package ldap

import (
	"context"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"
)

// Change is one answer to a question for changes.
type Change struct {
	UUID    string // canonical text; empty where only Entry names the object
	Deleted bool   // it is gone, or no longer fits the filter
	Entry   Entry  // without attributes where Deleted
}

// Sync asks what has changed below q.Base since a cookie (RFC 4533, refreshOnly). The new
// cookie is where the next question begins. whole is true where the server did not tell the
// deleted objects but listed those that are left: what is missing among the changes can then
// only be found by reading everything. RefreshRequired: the cookie is too old.
func (c *Conn) Sync(ctx context.Context, q Query, cookie []byte, take func(Change) error) (next []byte, whole bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer c.begin(ctx)()
	s := syncing{cookie: cookie, take: take}
	res := c.ldap.Syncrepl(ctx, q.request(), 64, goldap.SyncRequestModeRefreshOnly, cookie, false)
	for res.Next() {
		c.more()
		if err := s.result(res); err != nil {
			cancel() // first, or closing would wait for an answer nobody takes
			c.Close()
			return nil, false, err
		}
	}
	if err := wrap(ctx, res.Err()); err != nil {
		return nil, false, err
	}
	// The end of the stream alone says nothing: a connection that closes at the wrong moment
	// looks the same. Only the control that comes with result 0 does.
	if !s.done {
		if ctx.Err() != nil {
			return nil, false, ctx.Err()
		}
		return nil, false, &Error{Name: ServerGone}
	}
	return s.cookie, s.present, nil
}

// syncing is what is known during a refresh.
type syncing struct {
	cookie        []byte
	take          func(Change) error
	present, done bool
}

func (s *syncing) result(res goldap.Response) error {
	for _, control := range res.Controls() {
		switch v := control.(type) {
		case *goldap.ControlSyncState:
			s.keep(v.Cookie)
			if err := s.state(v, res.Entry()); err != nil {
				return err
			}
		case *goldap.ControlSyncInfo:
			if err := s.info(v); err != nil {
				return err
			}
		case *goldap.ControlSyncDone:
			s.keep(v.Cookie)
			s.done = true
		}
	}
	return nil
}

func (s *syncing) state(v *goldap.ControlSyncState, e *goldap.Entry) error {
	c := Change{UUID: v.EntryUUID.String(), Deleted: v.State == goldap.SyncStateDelete}
	if v.State == goldap.SyncStatePresent {
		s.present = true
		return nil
	}
	if e != nil {
		c.Entry = flat(e)
	}
	return s.take(c)
}

func (s *syncing) info(v *goldap.ControlSyncInfo) error {
	switch {
	case v.NewCookie != nil:
		s.keep(v.NewCookie.Cookie)
	case v.RefreshDelete != nil:
		s.keep(v.RefreshDelete.Cookie)
	case v.RefreshPresent != nil:
		s.present = true
		s.keep(v.RefreshPresent.Cookie)
	case v.SyncIdSet != nil:
		s.keep(v.SyncIdSet.Cookie)
		if !v.SyncIdSet.RefreshDeletes {
			s.present = true
			return nil
		}
		for _, id := range v.SyncIdSet.SyncUUIDs {
			if err := s.take(Change{UUID: id.String(), Deleted: true}); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *syncing) keep(cookie []byte) {
	if len(cookie) > 0 {
		s.cookie = append([]byte(nil), cookie...)
	}
}

func flat(in *goldap.Entry) Entry {
	e := Entry{DN: in.DN, Values: make(map[string][][]byte, len(in.Attributes))}
	for _, a := range in.Attributes {
		name, _, _ := Range(a.Name)
		name = strings.ToLower(name)
		e.Values[name] = append(e.Values[name], a.ByteValues...)
	}
	return e
}

// objectSecurity lets an account ask without the right to replicate; it then hears of what it
// may read (MS-ADTS 3.1.1.3.4.1.3).
const objectSecurity = 1

// DirSync asks what has changed in a whole domain since a cookie; nil asks for everything.
// Entries hold objectGUID, isDeleted and the attributes that changed, and those only.
func (c *Conn) DirSync(ctx context.Context, q Query, cookie []byte, take func(Change) error) (next []byte, err error) {
	for {
		more, err := c.dirSyncPage(ctx, q, &cookie, take)
		if err != nil {
			return nil, err
		}
		if !more {
			return cookie, nil
		}
	}
}

func (c *Conn) dirSyncPage(ctx context.Context, q Query, cookie *[]byte, take func(Change) error) (more bool, err error) {
	req := q.request()
	end := c.begin(ctx)
	res, err := c.ldap.DirSync(req, objectSecurity, 1<<20, *cookie)
	end()
	if err != nil {
		return false, wrap(ctx, err)
	}
	state, ok := goldap.FindControl(res.Controls, goldap.ControlTypeDirSync).(*goldap.ControlDirSync)
	if !ok || len(state.Cookie) == 0 {
		return false, &Error{Name: Unsupported}
	}
	for _, in := range res.Entries {
		e := flat(in)
		guid, err := GUID(e.Raw("objectGUID"))
		if err != nil {
			return false, &Error{Name: Failed}
		}
		if err := take(Change{UUID: guid, Deleted: e.Get("isDeleted") == "TRUE", Entry: e}); err != nil {
			return false, err
		}
	}
	*cookie = append([]byte(nil), state.Cookie...)
	return state.Flags != 0, nil
}
