package ldap_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jimlambrt/gldap"

	"github.com/wardline/wardline/hub/hubtest"
	"github.com/wardline/wardline/ldap"
)

// stub is a server that does what Samba does not: it answers at most 1,000 entries at once
// and at most 1,500 values of an attribute, as a real Active Directory.
type stub struct {
	people, members int
	bind            func(w *gldap.ResponseWriter, r *gldap.Request)
	search          func(w *gldap.ResponseWriter, r *gldap.Request) bool // true: answered
}

const (
	maxPage  = 1000
	maxRange = 1500
)

func (s *stub) start(t *testing.T) *ldap.Conn {
	t.Helper()
	c, err := ldap.Dial(t.Context(), ldap.Options{URL: s.listen(t), StartTLS: ldap.StartTLSOff, Answer: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func (s *stub) listen(t *testing.T) (url string) {
	t.Helper()
	server, err := gldap.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	mux, err := gldap.NewMux()
	if err != nil {
		t.Fatal(err)
	}
	mux.Bind(func(w *gldap.ResponseWriter, r *gldap.Request) {
		if s.bind != nil {
			s.bind(w, r)
			return
		}
		w.Write(r.NewBindResponse(gldap.WithResponseCode(gldap.ResultSuccess)))
	})
	mux.Search(s.answer)
	if err := server.Router(mux); err != nil {
		t.Fatal(err)
	}
	addr := hubtest.MustFreeAddr(t)
	go server.Run(addr)
	t.Cleanup(func() { server.Stop() })
	for !server.Ready() {
		time.Sleep(time.Millisecond) // the library offers nothing to wait for
	}
	return "ldap://" + addr
}

func (s *stub) answer(w *gldap.ResponseWriter, r *gldap.Request) {
	if s.search != nil && s.search(w, r) {
		return
	}
	m, err := r.GetSearchMessage()
	if err != nil {
		return
	}
	if m.BaseDN == "CN=G,DC=x" {
		s.group(w, r, m)
		return
	}
	s.page(w, r, m)
}

// page answers people from where the cookie says.
func (s *stub) page(w *gldap.ResponseWriter, r *gldap.Request, m *gldap.SearchMessage) {
	size, from := maxPage, 0
	for _, c := range m.Controls {
		if p, ok := c.(*gldap.ControlPaging); ok {
			size = min(int(p.PagingSize), maxPage)
			if len(p.Cookie) == 4 {
				from = int(binary.BigEndian.Uint32(p.Cookie))
			}
		}
	}
	to := min(from+size, s.people)
	for i := from; i < to; i++ {
		w.Write(r.NewSearchResponseEntry(fmt.Sprintf("CN=P%d,DC=x", i), gldap.WithAttributes(map[string][]string{"cn": {strconv.Itoa(i)}})))
	}
	done := r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess))
	paging, err := gldap.NewControlPaging(0)
	if err != nil {
		return
	}
	if to < s.people {
		paging.SetCookie(binary.BigEndian.AppendUint32(nil, uint32(to)))
	}
	done.SetControls(paging)
	w.Write(done)
}

// group answers a part of its members.
func (s *stub) group(w *gldap.ResponseWriter, r *gldap.Request, m *gldap.SearchMessage) {
	from := 0
	if i := slices.IndexFunc(m.Attributes, func(a string) bool { return strings.HasPrefix(a, "member;range=") }); i >= 0 {
		low, _, _ := strings.Cut(strings.TrimPrefix(m.Attributes[i], "member;range="), "-")
		from, _ = strconv.Atoi(low)
	}
	to := min(from+maxRange, s.members)
	name := fmt.Sprintf("member;range=%d-%d", from, to-1)
	if to == s.members {
		name = fmt.Sprintf("member;range=%d-*", from)
	}
	if s.members <= maxRange {
		name = "member"
	}
	var members []string
	for i := from; i < to; i++ {
		members = append(members, fmt.Sprintf("CN=P%d,DC=x", i))
	}
	w.Write(r.NewSearchResponseEntry("CN=G,DC=x", gldap.WithAttributes(map[string][]string{name: members, "cn": {"G"}})))
	w.Write(r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess)))
}

func TestMaxPageSize(t *testing.T) {
	t.Parallel()
	for _, page := range []int{0, 300, 5000} {
		t.Run(strconv.Itoa(page), func(t *testing.T) {
			t.Parallel()
			c := (&stub{people: 2345}).start(t)
			next := 0
			err := c.Search(t.Context(), ldap.Query{Base: "DC=x", Scope: ldap.Subtree, Filter: "(cn=*)", Page: page}, func(e ldap.Entry) error {
				if e.Get("CN") != strconv.Itoa(next) {
					t.Fatalf("entry %d is %s", next, e.Get("cn"))
				}
				next++
				return nil
			})
			if err != nil || next != 2345 {
				t.Errorf("%d entries, error %v", next, err)
			}
		})
	}
}

func TestRangedMembers(t *testing.T) {
	t.Parallel()
	for _, n := range []int{3, 1500, 1501, 4000} {
		t.Run(strconv.Itoa(n), func(t *testing.T) {
			t.Parallel()
			c := (&stub{members: n}).start(t)
			e, ok, err := c.Read(t.Context(), "CN=G,DC=x", "member", "cn")
			members := e.All("member")
			if err != nil || !ok || len(members) != n {
				t.Fatalf("%d members, error %v", len(members), err)
			}
			slices.Sort(members)
			if len(slices.Compact(members)) != n {
				t.Error("members came twice")
			}
		})
	}
}

// TestRangeThatStandsStill: a server that answers the same part again must not be asked for
// ever.
func TestRangeThatStandsStill(t *testing.T) {
	t.Parallel()
	s := &stub{search: func(w *gldap.ResponseWriter, r *gldap.Request) bool {
		w.Write(r.NewSearchResponseEntry("CN=G,DC=x", gldap.WithAttributes(map[string][]string{"member;range=0-1": {"a", "b"}})))
		w.Write(r.NewSearchDoneResponse(gldap.WithResponseCode(gldap.ResultSuccess)))
		return true
	}}
	if _, _, err := s.start(t).Read(t.Context(), "CN=G,DC=x", "member"); ldap.Name(err) != ldap.Failed {
		t.Errorf("error %v", err)
	}
}

// TestSearchEndsByCode: entries that came before do not make an answer whole.
func TestSearchEndsByCode(t *testing.T) {
	t.Parallel()
	codes := map[int]string{
		gldap.ResultOperationsError: ldap.Failed, gldap.ResultTimeLimitExceeded: ldap.TimeLimit, gldap.ResultSizeLimitExceeded: ldap.SizeLimit,
		gldap.ResultReferral: ldap.Referral, gldap.ResultAdminLimitExceeded: ldap.AdminLimit, gldap.ResultNoSuchObject: ldap.NoSuchBase,
		gldap.ResultInsufficientAccessRights: ldap.NoPermission, gldap.ResultBusy: ldap.Busy, gldap.ResultUnavailable: ldap.Busy,
		gldap.ResultUnwillingToPerform: ldap.Refused, gldap.ResultConfidentialityRequired: ldap.TLSRequired,
		gldap.ResultUnavailableCriticalExtension: ldap.Unsupported, 77: ldap.Failed,
	}
	for code, want := range codes {
		t.Run(want+" "+strconv.Itoa(code), func(t *testing.T) {
			t.Parallel()
			s := &stub{search: func(w *gldap.ResponseWriter, r *gldap.Request) bool {
				w.Write(r.NewSearchResponseEntry("CN=Secret Name,DC=x"))
				done := r.NewSearchDoneResponse(gldap.WithResponseCode(code))
				done.SetDiagnosticMessage("about Secret Name")
				done.SetMatchedDN("CN=Secret Name,DC=x")
				w.Write(done)
				return true
			}}
			err := s.start(t).Search(t.Context(), ldap.Query{Base: "DC=x", Scope: ldap.Subtree, Filter: "(cn=*)"}, func(ldap.Entry) error { return nil })
			if ldap.Name(err) != want {
				t.Errorf("error %v, want %s", err, want)
			}
			if strings.Contains(fmt.Sprint(err), "Secret") {
				t.Errorf("the error tells a name: %v", err)
			}
		})
	}
}

func TestBindIsRefused(t *testing.T) {
	t.Parallel()
	ad := func(data string) string {
		return "80090308: LdapErr: DSID-0C09042F, comment: AcceptSecurityContext error, data " + data + ", v2580"
	}
	tests := map[string]struct {
		code       int
		diagnostic string
		want       string
	}{
		"wrong":            {gldap.ResultInvalidCredentials, ad("52e"), ldap.WrongCredentials},
		"disabled":         {gldap.ResultInvalidCredentials, ad("533"), ldap.AccountDisabled},
		"expired":          {gldap.ResultInvalidCredentials, ad("701"), ldap.AccountExpired},
		"locked":           {gldap.ResultInvalidCredentials, ad("775"), ldap.AccountLocked},
		"password expired": {gldap.ResultInvalidCredentials, ad("532"), ldap.PasswordExpired},
		"must change":      {gldap.ResultInvalidCredentials, ad("773"), ldap.PasswordExpired},
		"channel binding":  {gldap.ResultInvalidCredentials, ad("80090346"), ldap.ChannelBinding},
		"no reason":        {gldap.ResultInvalidCredentials, "", ldap.WrongCredentials},
		"signing":          {gldap.ResultStrongAuthRequired, "", ldap.SigningRequired},
		"encryption":       {gldap.ResultConfidentialityRequired, "", ldap.TLSRequired},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &stub{bind: func(w *gldap.ResponseWriter, r *gldap.Request) {
				refused := r.NewBindResponse(gldap.WithResponseCode(tt.code))
				refused.SetDiagnosticMessage(tt.diagnostic)
				w.Write(refused)
			}}
			if err := s.start(t).Bind(t.Context(), "cn=x", "y"); ldap.Name(err) != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

// TestEmptyPassword must not reach a server, which would take it for no password at all.
func TestEmptyPassword(t *testing.T) {
	t.Parallel()
	c := (&stub{}).start(t)
	for _, w := range [][2]string{{"cn=x", ""}, {"", "y"}, {"", ""}} {
		if err := c.Bind(t.Context(), w[0], w[1]); ldap.Name(err) != ldap.WrongCredentials {
			t.Errorf("%q with %q: %v", w[0], w[1], err)
		}
	}
}

// TestSilentServer answers a page and then nothing more.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	stuck := make(chan struct{})
	t.Cleanup(func() { close(stuck) })
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() { <-stuck; c.Close() }()
		}
	}()
	query := ldap.Query{Base: "DC=x", Scope: ldap.Subtree, Filter: "(cn=*)"}
	dial := func(answer time.Duration) *ldap.Conn {
		c, err := ldap.Dial(t.Context(), ldap.Options{URL: "ldap://" + ln.Addr().String(), StartTLS: ldap.StartTLSOff, Answer: answer})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		return c
	}
	t.Run("deadline", func(t *testing.T) {
		err := dial(50*time.Millisecond).Search(t.Context(), query, func(ldap.Entry) error { return nil })
		if ldap.Name(err) != ldap.Timeout {
			t.Errorf("error %v", err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := dial(time.Minute).Search(ctx, query, func(ldap.Entry) error { return nil })
		if err != context.DeadlineExceeded {
			t.Errorf("error %v", err)
		}
	})
	t.Run("changes", func(t *testing.T) {
		_, _, err := dial(50*time.Millisecond).Sync(t.Context(), query, nil, func(ldap.Change) error { return nil })
		if ldap.Name(err) != ldap.Timeout {
			t.Errorf("error %v", err)
		}
	})
}

// TestSyncIgnored: a server that ignores the control answers with all there is and result 0,
// which says nothing about changes.
func TestSyncIgnored(t *testing.T) {
	t.Parallel()
	s := &stub{people: 3}
	query := ldap.Query{Base: "DC=x", Scope: ldap.Subtree, Filter: "(cn=*)"}
	_, _, err := s.start(t).Sync(t.Context(), query, []byte("rid=000,csn=x"), func(ldap.Change) error { return nil })
	if ldap.Name(err) != ldap.ServerGone {
		t.Errorf("error %v", err)
	}
	_, err = s.start(t).DirSync(t.Context(), query, nil, func(ldap.Change) error { return nil })
	if ldap.Name(err) != ldap.Unsupported {
		t.Errorf("error %v", err)
	}
}

// TestStartTLSRefused by a server that knows nothing of it.
func TestStartTLSRefused(t *testing.T) {
	t.Parallel()
	url := (&stub{people: 3}).listen(t)
	_, err := ldap.Dial(t.Context(), ldap.Options{URL: url, StartTLS: ldap.StartTLSRequired})
	if ldap.Name(err) != ldap.StartTLSRefused {
		t.Errorf("required: %v", err)
	}
	c, err := ldap.Dial(t.Context(), ldap.Options{URL: url, StartTLS: ldap.StartTLSOptional})
	if err != nil {
		t.Fatalf("optional: %v", err)
	}
	defer c.Close()
	if _, err := c.Root(t.Context()); err != nil || c.Encrypted() {
		t.Errorf("in the clear: %v", err)
	}
}
