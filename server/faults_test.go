package server

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
)

const inner = "insert into account: disk full"

func accountsWrong() error { return hub.E("accounts.sign_in", hub.Unauthenticated, "wrong", "") }

// send asks for a route as it is asked for when all is well.
func (r *rig) send(who string, rt route) (status int, text string) {
	r.t.Helper()
	tag := `"7"`
	if rt.id == "save-rules" {
		tag = `"3"`
	}
	res := r.do(who, rt.method, target(rt), bodies[rt.id], "If-Match", tag)
	return res.Code, fmt.Sprint(res.Header(), res.Body)
}

// TestEveryPortMayFail lets each thing a handler asks for fail, one after the other. None of
// it may pass for success, nothing that is only for the log may be told, and what has not
// come about is not in the audit log.
func TestEveryPortMayFail(t *testing.T) {
	t.Parallel()
	for name, consoleSide := range map[string]bool{"chat": false, "console": true} {
		r := newRig(t, consoleSide)
		for _, rt := range r.routes {
			r.rearm(0, nil)
			if status, _ := r.send("admin", rt); status >= 400 && status != http.StatusUpgradeRequired {
				t.Errorf("%s: %s does not work to begin with: %d", name, rt.id, status)
			}
			for nth := range r.n {
				r.rearm(nth+1, errors.New(inner))
				audited := len(r.audited)
				status, text := r.send("admin", rt)
				if want := faultOf(rt.id, nth+1); status != want || strings.Contains(text, "disk") {
					t.Errorf("%s: port %d of %s: %d, want %d: %s", name, nth+1, rt.id, status, want, text)
				}
				if nth == 0 && len(r.audited) > audited {
					t.Errorf("%s: %s is kept as done: %v", name, rt.id, r.audited[audited:])
				}
			}
		}
	}
}

// faultOf is the status of a route whose nth port fails.
func faultOf(id string, nth int) int {
	switch fmt.Sprint(id, nth) {
	case "start-oidc1", "oidc-callback1":
		return http.StatusFound // to the sign-in page, which shows it
	case "test-provider1":
		return http.StatusOK // it is what was asked
	case "create-connector4", "update-connector5", "revert-connector6":
		return http.StatusConflict // saved, and not started
	}
	return http.StatusInternalServerError
}

// TestKindsOfErrorsEverywhere: at every route the kind of an error gives the status, its code
// is told and its inner text is not.
func TestKindsOfErrorsEverywhere(t *testing.T) {
	t.Parallel()
	kinds := map[hub.Kind]int{
		hub.Invalid: 422, hub.NotFound: 404, hub.Conflict: 409, hub.Unauthenticated: 401, hub.Forbidden: 403, hub.TooMany: 429, hub.Unavailable: 503, hub.Internal: 500,
	}
	for _, consoleSide := range []bool{false, true} {
		r := newRig(t, consoleSide)
		for _, rt := range r.routes {
			for kind, want := range kinds {
				r.rearm(1, &hub.Error{Op: "store.secret_op", Kind: kind, Code: "some_code", Field: "some_field"})
				status, text := r.send("admin", rt)
				switch {
				case r.n == 0 || faultOf(rt.id, 1) != 500:
				case rt.id == "oidc-logout" && kind == hub.Invalid: // by its own protocol
					if status != 400 || !strings.Contains(text, "invalid_request") {
						t.Errorf("%s: %d %s", rt.id, status, text)
					}
				case status != want || !strings.Contains(text, "some_code") || strings.Contains(text, "secret_op"):
					t.Errorf("%s %s: %d, want %d: %s", kind, rt.id, status, want, text)
				case kind == hub.Invalid && !(strings.Contains(text, `"location":"body.`) && strings.Contains(text, `some_field"`)):
					t.Errorf("%s names no place: %s", rt.id, text)
				case strings.Contains(text, "Retry-After:[5]") != (want == 429 || want == 503):
					t.Errorf("%s %s: when to try again: %s", kind, rt.id, text)
				}
			}
		}
	}
}

// TestTalkMayFail is the same for the delivery service, which is asked at most once.
func TestTalkMayFail(t *testing.T) {
	t.Parallel()
	asked := 0
	r := newRig(t, false)
	r.talk.err = errors.New(inner)
	for _, rt := range r.routes {
		r.talk.asked = nil
		status, text := r.send("internal", rt)
		if status == 500 {
			asked++
		}
		if strings.Contains(text, "disk") || status == 500 && !strings.Contains(text, `"code":"internal"`) {
			t.Errorf("%s: %d %s", rt.id, status, text)
		}
		if status < 300 && r.talk.asked != nil {
			t.Errorf("%s passes over the failure: %d %s", rt.id, status, text)
		}
	}
	if asked < 25 {
		t.Errorf("only %d routes failed", asked)
	}
}

func TestProblemOf(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		err  error
		want Problem
	}{
		"none of ours":         {errors.New(inner), Problem{Status: 500, Code: "internal"}},
		"cancelled":            {context.Canceled, Problem{Status: 500, Code: "internal"}},
		"wrapped":              {fmt.Errorf(inner+": %w", hub.E("x", hub.NotFound, "", "")), Problem{Status: 404, Code: "not_found"}},
		"joined to a problem":  {errors.Join(problem(409, "taken"), errors.New(inner)), Problem{Status: 409, Code: "taken"}},
		"invalid as a whole":   {hub.E("x", hub.Invalid, "", ""), Problem{Status: 422, Code: "invalid", Errors: []FieldProblem{{"body", "is not valid"}}}},
		"invalid with a code":  {hub.E("x", hub.Invalid, "weak", ""), Problem{Status: 422, Code: "weak", Errors: []FieldProblem{{"body", "weak"}}}},
		"invalid with a place": {&hub.Error{Kind: hub.Invalid, Field: "a.b", Err: errors.New("too short")}, Problem{Status: 422, Code: "invalid", Errors: []FieldProblem{{"body.a.b", "too short"}}}},
		"an epoch":             {hub.E("x", hub.Conflict, "epoch", "%w", messaging.CurrentEpoch(4)), Problem{Status: 409, Code: "epoch", Epoch: 4}},
		"a wait":               {hub.E("x", hub.TooMany, "", "%w", accounts.Wait(1)), Problem{Status: 429, Code: "slow_down"}},
		"no such kind":         {&hub.Error{Kind: hub.Kind(0)}, Problem{Status: 500, Code: "internal"}},
	} {
		got := problemOf(x.err)
		if got.Status != x.want.Status || got.Code != x.want.Code || got.Epoch != x.want.Epoch || fmt.Sprint(got.Errors) != fmt.Sprint(x.want.Errors) ||
			got.Title != http.StatusText(x.want.Status) || strings.Contains(got.Detail, "disk") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
