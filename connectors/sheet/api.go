package sheet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Times a caller has; a file of 20 MiB over a slow line needs a while.
const (
	headerTime = 5 * time.Second
	bodyTime   = 2 * time.Minute
	writeTime  = 5 * time.Minute
	idleTime   = 2 * time.Minute
	drainTime  = 5 * time.Second
)

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// serve answers until ctx ends and the requests in hand are answered.
func (s *source) serve(ctx context.Context) error {
	if s.ln == nil {
		<-ctx.Done()
		return nil
	}
	srv := &http.Server{Handler: s.routes(), TLSConfig: s.tls, ReadHeaderTimeout: headerTime, ReadTimeout: bodyTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0)}
	drained := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(drained)
		bound, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		if srv.Shutdown(bound) != nil {
			srv.Close()
		}
	})
	var err error
	if s.tls != nil {
		err = srv.ServeTLS(gate{s.ln, s}, "", "")
	} else {
		err = srv.Serve(gate{s.ln, s})
	}
	if !stop() {
		<-drained
		return nil
	}
	srv.Close()
	return fmt.Errorf("serve HTTP: %w", err)
}

// gate lets in the allowed peers only.
type gate struct {
	net.Listener
	source *source
}

func (g gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil || g.source.peers.Allow(conn.RemoteAddr()) {
			return conn, err
		}
		g.source.env.Count("peer_refused")
		conn.Close()
	}
}

func (s *source) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/staff", s.post)
	mux.HandleFunc("GET /v1/staff/runs/{id}/result", s.getResult)
	mux.HandleFunc("/v1/staff", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Allow", "POST")
		problem(w, http.StatusMethodNotAllowed, "", "this address takes POST")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		problem(w, http.StatusNotFound, "", "there is nothing at this address")
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		defer func() {
			if recover() != nil { // its value may quote the request
				s.env.Count("panics")
				problem(w, http.StatusInternalServerError, "", "")
			}
		}()
		mux.ServeHTTP(w, r)
	})
}

// allowed checks the caller's token before anything of the body is read.
func (s *source) allowed(w http.ResponseWriter, r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	var g connectors.Grant
	err := error(hub.E("sheet.grant", hub.Unauthenticated, "no_token", ""))
	if ok && token != "" {
		g, err = s.env.Grant(r.Context(), token)
	}
	switch {
	case err == nil && slices.Contains(g.Scopes, "staff"):
		return true
	case err == nil:
		s.env.Count("scope_refused")
		problem(w, http.StatusForbidden, "", "this token lacks the scope staff")
	case hub.KindOf(err) == hub.Unauthenticated:
		s.env.Count("token_refused")
		w.Header().Set("WWW-Authenticate", `Bearer realm="staff"`)
		problem(w, http.StatusUnauthorized, "", "a valid token is needed: Authorization: Bearer ...")
	default:
		s.unavailable(w, err)
	}
	return false
}

// post takes one file. 200 means that its run is committed, whatever became of single rows.
func (s *source) post(w http.ResponseWriter, r *http.Request) {
	if !s.allowed(w, r) {
		return
	}
	if !s.working.TryLock() {
		w.Header().Set("Retry-After", "5")
		problem(w, http.StatusTooManyRequests, "", "another file is being taken")
		return
	}
	defer s.working.Unlock()
	f, err := s.body(w, r)
	if err == nil {
		var out outcome
		if out, err = s.take(r.Context(), f); err == nil {
			s.setHealthy(true, "")
			s.env.Count("files_taken")
			s.answer(w, r, out)
			return
		}
	}
	switch {
	case hub.KindOf(err) == hub.Invalid:
		s.env.Count("files_refused")
		fault, status := FaultOf(err), http.StatusUnprocessableEntity
		if fault.Name == "too_large" {
			status = http.StatusRequestEntityTooLarge
		}
		problem(w, status, fault.Name, fault.Reason)
	case hub.KindOf(err) == hub.Conflict:
		w.Header().Set("Retry-After", "5")
		problem(w, http.StatusConflict, "running", "another run of this source is under way")
	default:
		s.unavailable(w, err)
	}
}

func (s *source) unavailable(w http.ResponseWriter, err error) {
	s.env.Count("feed_unavailable")
	s.env.Log.Warn("request not served", "error", err)
	s.setHealthy(false, "files cannot be stored at the moment; callers are asked to try again")
	w.Header().Set("Retry-After", "2")
	problem(w, http.StatusServiceUnavailable, "", "nothing was stored; please try again")
}

// body reads the file: the body itself, or the part "file" of a form.
func (s *source) body(w http.ResponseWriter, r *http.Request) (file, error) {
	f := file{cause: "api", peer: peer(r), dry: r.URL.Query().Get("dry") == "true", name: cleanName(r.URL.Query().Get("name"))}
	r.Body = http.MaxBytesReader(w, r.Body, MaxBytes+64<<10)
	from := io.Reader(r.Body)
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "multipart/form-data" {
		form, err := r.MultipartReader()
		if err != nil {
			return f, refuse("malformed", "the form cannot be read")
		}
		for {
			part, err := form.NextPart()
			if err != nil {
				return f, tooLarge(err, "the form has no part named file")
			}
			if part.FormName() == "file" {
				f.name, from = cleanName(part.FileName()), part
				break
			}
		}
	}
	var err error
	if f.data, err = io.ReadAll(from); err != nil {
		return f, tooLarge(err, "the body could not be read")
	}
	return f, nil
}

func tooLarge(err error, otherwise string) error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return refuse("too_large", "the file has more than %d MiB", MaxBytes>>20)
	}
	return refuse("malformed", "%s", otherwise)
}

// answer says what became of a file: as the file itself with the fate of each row where the
// caller asks for it, otherwise in numbers.
func (s *source) answer(w http.ResponseWriter, r *http.Request, o outcome) {
	if o.plan != nil {
		writeJSON(w, http.StatusOK, rosterAnswer(*o.plan))
		return
	}
	if accept := r.Header.Get("Accept"); o.result != nil && (strings.Contains(accept, "text/csv") || strings.Contains(accept, xlsxType)) {
		writeFile(w, o.result, o.format)
		return
	}
	body := staffAnswer{Run: o.run.ID, State: o.run.State, Read: o.run.Read, Faults: o.run.Faults, Unchanged: o.run.Unchanged,
		Conflicts: o.run.Conflicts, Counts: o.run.Counts, Plan: o.run.Plan, Records: []connectors.RunRecord{}}
	for _, rec := range o.run.Records {
		rec.Key = "" // the row says enough
		body.Records = append(body.Records, rec)
	}
	if o.result != nil {
		s.results.keep(o.run.ID, o.result, o.format, s.env.Now())
		body.Result = "/v1/staff/runs/" + string(o.run.ID) + "/result"
	}
	writeJSON(w, http.StatusOK, body)
}

type staffAnswer struct {
	Run       hub.RunID              `json:"run_id"`
	State     connectors.RunState    `json:"state"`
	Read      int                    `json:"read"`
	Faults    int                    `json:"faults"`
	Unchanged int                    `json:"unchanged"`
	Conflicts int                    `json:"conflicts"`
	Counts    directory.Counts       `json:"counts"`
	Plan      hub.PlanID             `json:"plan_id,omitempty"`
	Result    string                 `json:"result_url,omitempty"`
	Records   []connectors.RunRecord `json:"records"`
}

type rosterResult struct {
	Adds    int                     `json:"adds"`
	Removes int                     `json:"removes"`
	Same    int                     `json:"same"`
	Faults  []directory.RosterFault `json:"faults"`
}

func rosterAnswer(p directory.RosterPlan) rosterResult {
	out := rosterResult{len(p.Adds), len(p.Removes), p.Same, p.Faults}
	if out.Faults == nil {
		out.Faults = []directory.RosterFault{}
	}
	return out
}

// getResult gives a result back for an hour, from memory: it is a file full of people's data.
func (s *source) getResult(w http.ResponseWriter, r *http.Request) {
	if !s.allowed(w, r) {
		return
	}
	k, ok := s.results.get(hub.RunID(r.PathValue("id")), s.env.Now())
	if !ok {
		problem(w, http.StatusNotFound, "", "there is no result of this run, or no longer")
		return
	}
	writeFile(w, k.data, k.format)
}

// results keeps the last few result files.
type results struct {
	mu   sync.Mutex
	kept []kept
}

type kept struct {
	id     hub.RunID
	data   []byte
	format Format
	at     time.Time
}

const (
	resultsKept = 4
	resultsFor  = time.Hour
)

func newResults() *results { return &results{} }

func (r *results) keep(id hub.RunID, data []byte, format Format, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = append(r.kept, kept{id, data, format, now})
	r.kept = r.kept[max(0, len(r.kept)-resultsKept):]
}

func (r *results) get(id hub.RunID, now time.Time) (kept, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.kept = slices.DeleteFunc(r.kept, func(k kept) bool { return now.Sub(k.at) > resultsFor })
	i := slices.IndexFunc(r.kept, func(k kept) bool { return k.id == id })
	if i < 0 {
		return kept{}, false
	}
	return r.kept[i], true
}

func writeFile(w http.ResponseWriter, data []byte, format Format) {
	kind := "text/csv"
	if format == XLSX {
		kind = xlsxType
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Content-Disposition", `attachment; filename="result.`+string(format)+`"`)
	w.Write(data)
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(v)
}

// problem answers after RFC 9457; code is the named fault of a file.
func problem(w http.ResponseWriter, status int, code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Code   string `json:"code,omitempty"`
		Detail string `json:"detail,omitempty"`
	}{http.StatusText(status), status, code, detail})
}

// peer is the address of the connection; forwarding headers are the caller's to invent.
func peer(r *http.Request) string {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return a.Addr().String()
}
