package e2e

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/connectors/espax/wire"
	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
	"github.com/wardline/wardline/hub/hubtest"
)

// ledger is what the outside was told, to be held against the database afterwards.
type ledger struct {
	mu       sync.Mutex
	staff    []string          // numbers whose MFN was acknowledged
	calls    []string          // references whose P-START was answered 200
	accepted map[string]string // alert id -> staff number whose accept was answered 200
}

func (l *ledger) note(f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	f()
}

func (l *ledger) sizes() (staff, calls, accepted int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.staff), len(l.calls), len(l.accepted)
}

const (
	faultUser     = "rufan"
	faultPassword = "geheim12"
)

// kills is how many times the harness kills; FAULT_KILLS raises it for a nightly run.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("FAULT_KILLS")); err == nil && n > 0 {
		return n
	}
	return 20
}

// TestFaultNothingAcknowledgedIsLost kills the hub and its database in turn at random
// moments while a KIS and a nurse-call system send and a nurse accepts (promise 1). It then
// holds what each of them was told against what the database has.
func TestFaultNothingAcknowledgedIsLost(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a hub twenty times")
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	dice := rand.New(rand.NewPCG(seed, 1))
	h := newHub(t)
	mllpAddr, espaAddr := hubtest.MustFreeAddr(t), hubtest.MustFreeAddr(t)
	admin := configure(t, h, mllpAddr, espaAddr)
	l := &ledger{accepted: map[string]string{}}
	nurse := prepareWard(t, h, admin, mllpAddr, l)

	ctx, cancel := context.WithCancel(t.Context())
	var load sync.WaitGroup
	load.Go(func() { sendStaff(ctx, mllpAddr, l) })
	load.Go(func() { raiseCalls(ctx, espaAddr, l) })
	load.Go(func() { acceptAlerts(ctx, h, nurse, l) })

	for i := range kills() {
		pause(ctx, time.Duration(200+dice.IntN(1300))*time.Millisecond)
		if i%2 == 0 {
			h.killPostgres(t)
			h.waitReady(t)
		} else {
			h.kill(syscall.SIGKILL)
			h.start(t)
		}
		timersCaughtUp(t, h)
	}
	pause(ctx, time.Second)
	cancel()
	load.Wait()
	staff, calls, accepted := l.sizes()
	t.Logf("acknowledged under %d kills: %d staff messages, %d calls, %d accepts", kills(), staff, calls, accepted)
	if staff < kills() || calls < kills() || accepted < kills()/4 {
		t.Fatalf("too little load to prove anything: %d staff messages, %d calls, %d accepts", staff, calls, accepted)
	}
	if lost := audit(t, h, l); len(lost) > 0 {
		t.Errorf("%d broken promises, the first ones: %v", len(lost), lost[:min(len(lost), 10)])
	}
}

// TestFaultNegativeControl makes commits unsafe behind the hub's back and expects the very
// same audit to find losses. Without it a harness that sees nothing would look like a hub
// that loses nothing.
func TestFaultNegativeControl(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a database several times")
	}
	h := newHub(t)
	mllpAddr, espaAddr := hubtest.MustFreeAddr(t), hubtest.MustFreeAddr(t)
	configure(t, h, mllpAddr, espaAddr)
	db := openDB(t, h)
	for _, sql := range []string{
		`alter role wardline_app set synchronous_commit = off`,
		`alter system set wal_writer_delay = '10s'`,
		`alter system set wal_writer_flush_after = 0`,
		`select pg_reload_conf()`,
		`select pg_terminate_backend(pid) from pg_stat_activity where usename = 'wardline_app'`,
	} {
		if _, err := db.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	db.Close(t.Context())
	l := &ledger{accepted: map[string]string{}}
	for round := range 12 {
		ctx, cancel := context.WithCancel(t.Context())
		var load sync.WaitGroup
		load.Go(func() { sendStaff(ctx, mllpAddr, l) })
		load.Go(func() { raiseCalls(ctx, espaAddr, l) })
		pause(ctx, 700*time.Millisecond)
		h.killPostgres(t)
		cancel()
		load.Wait()
		h.waitReady(t)
		if lost := audit(t, h, l); len(lost) > 0 {
			t.Logf("round %d: the harness found %d losses, as it must", round+1, len(lost))
			return
		}
	}
	t.Fatal("commits were unsafe and the harness noticed nothing")
}

// configure makes both connectors and a rule set whose first step is short, so that timers
// are always due while something is dead.
func configure(t *testing.T, h *theHub, mllpAddr, espaAddr string) *browser {
	t.Helper()
	admin := h.admin(t)
	admin.must(t, "POST", "/connectors", map[string]any{"kind": "hl7v2-mllp", "name": "KIS", "enabled": true, "config": map[string]any{"address": mllpAddr}}, nil)
	admin.must(t, "POST", "/connectors", map[string]any{"kind": "espa-x", "name": "Rufanlage", "enabled": true,
		"config": map[string]any{"address": espaAddr, "user": faultUser, "password": faultPassword}}, nil)
	var rules struct {
		Revision int              `json:"revision"`
		Items    []map[string]any `json:"items"`
	}
	admin.must(t, "GET", "/rules", nil, &rules)
	for _, r := range rules.Items {
		policy, _ := r["policy"].(map[string]any)
		for _, s := range policy["steps"].([]any) {
			s.(map[string]any)["seconds"] = 5
		}
	}
	req := map[string]any{"items": rules.Items}
	admin.withMatch(t, "PUT", "/rules", rules.Revision, req)
	return admin
}

// withMatch is must with an If-Match header.
func (b *browser) withMatch(t *testing.T, method, path string, revision int, in any) {
	t.Helper()
	plain := b.http.Transport
	b.http.Transport = matching{revision}
	defer func() { b.http.Transport = plain }()
	b.must(t, method, path, in, nil)
}

type matching struct{ revision int }

func (m matching) RoundTrip(r *http.Request) (*http.Response, error) {
	r.Header.Set("If-Match", `"`+strconv.Itoa(m.revision)+`"`)
	return http.DefaultTransport.RoundTrip(r)
}

// prepareWard sends one nurse, makes a duty role and puts her on duty.
func prepareWard(t *testing.T, h *theHub, admin *browser, mllpAddr string, l *ledger) *browser {
	t.Helper()
	waitFor(t, "the first nurse to be acknowledged", 30*time.Second, func() bool { return sendOne(t.Context(), mllpAddr, "9000") == nil }, h.out.String)
	l.note(func() { l.staff = append(l.staff, "9000") })
	nurse := h.nurse(t, admin, "9000")
	var units struct {
		Items []struct{ ID, Code string }
	}
	admin.must(t, "GET", "/units", nil, &units)
	for _, u := range units.Items {
		if u.Code == "4B" {
			var role struct{ ID string }
			admin.must(t, "POST", "/units/"+u.ID+"/roles", map[string]string{"name": "Pflege Station 4B"}, &role)
			nurse.must(t, "POST", "/duty/"+role.ID+"/take", map[string]any{}, nil)
			return nurse
		}
	}
	t.Fatal("ward 4B did not come with the nurse")
	return nil
}

// sendStaff sends new members of staff one after the other, each until it is acknowledged.
func sendStaff(ctx context.Context, addr string, l *ledger) {
	for i := 10_000; ctx.Err() == nil; i++ {
		number := strconv.Itoa(i) + strconv.FormatInt(time.Now().UnixNano()%1e6, 10)
		for ctx.Err() == nil {
			if err := sendOne(ctx, addr, number); err == nil {
				l.note(func() { l.staff = append(l.staff, number) })
				break
			}
			pause(ctx, 50*time.Millisecond)
		}
	}
}

// sendOne sends one MFN^M02 with a control id made from the number, so that a repeat is the
// same message.
func sendOne(ctx context.Context, addr, number string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := mllp.Dial(ctx, addr, nil)
	if err != nil {
		return err
	}
	defer c.Close()
	msg := "MSH|^~\\&|KIS|LINDEN|HUB|LINDEN|20260201080000||MFN^M02^MFN_M02|C" + number + "|P|2.5|||AL|NE||UNICODE UTF-8\r" +
		"MFI|PRA|KIS|UPD|20260201080000||NE\rMFE|MAD|R" + number + "||" + number + "^^KIS|CE\r" +
		"STF|" + number + "^^KIS|" + number + "^^^KIS^PN|Probe" + number + "^Eva|N|||A\rORG|1|4B^Station 4B|WARD|Y\r"
	reply, err := c.Exchange(ctx, []byte(msg))
	if err != nil {
		return err
	}
	ack, err := hl7.Parse(reply)
	if err != nil {
		return err
	}
	if code := ack.Get("MSA-1").String(); code != "CA" && code != "AA" {
		return fmt.Errorf("acknowledged with %s", code)
	}
	return nil
}

// raiseCalls raises calls one after the other; each reference is sent until it is answered.
func raiseCalls(ctx context.Context, addr string, l *ledger) {
	for i := 0; ctx.Err() == nil; i++ {
		ref := fmt.Sprintf("ruf-%d-%d", i, time.Now().UnixNano()%1e9)
		for ctx.Err() == nil {
			if err := raiseOne(ctx, addr, ref); err == nil {
				l.note(func() { l.calls = append(l.calls, ref) })
				break
			}
			pause(ctx, 50*time.Millisecond)
		}
		pause(ctx, 20*time.Millisecond)
	}
}

func raiseOne(ctx context.Context, addr, ref string) error {
	conn, err := (&net.Dialer{Timeout: 2 * time.Second}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(5 * time.Second))
	login, err := ask(conn, wire.Message{Name: "REQ.LOGIN", InvokeID: 1}.With("LI-CLIENT", "Harness").With("LI-USER", faultUser).With("LI-PASSWORD", faultPassword))
	if err != nil {
		return err
	}
	start := wire.Message{Name: "REQ.P-START", InvokeID: 2, SessionID: login.SessionID}.With("CP-PR-REF", ref).
		With("CP-TEXTMSG", "Ruf").With("CP-WARD", "4B").With("CP-BED", "12-1").With("CP-PRIO", "Standard")
	rsp, err := ask(conn, start)
	if err != nil {
		return err
	}
	if c := rsp.Code(); c != wire.OK && c != wire.Duplicate { // a repeat of a running call is as good
		return fmt.Errorf("answered %d", c)
	}
	return nil
}

func ask(conn net.Conn, m wire.Message) (*wire.Message, error) {
	m.Sent = time.Now()
	if _, err := conn.Write(m.AppendFrame(nil)); err != nil {
		return nil, err
	}
	for {
		body, err := wire.ReadFrame(conn, wire.DefaultLimit)
		if err != nil {
			return nil, err
		}
		got, err := wire.Parse(body)
		if err != nil {
			return nil, err
		}
		if got.InvokeID == m.InvokeID && got.Code() != 0 {
			return got, nil
		}
	}
}

// acceptAlerts accepts what is open, as a nurse would; the harness finds the alerts in the
// database instead of opening cards.
func acceptAlerts(ctx context.Context, h *theHub, nurse *browser, l *ledger) {
	var db *pgx.Conn
	for ctx.Err() == nil {
		if db == nil || db.IsClosed() {
			db, _ = pgx.Connect(ctx, "postgres:///wardline?host="+h.dir+"/data/postgres/run&user=postgres")
		}
		if db == nil {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		var ids []string
		rows, err := db.Query(ctx, `select id::text from alert where state = 'notifying' and not technical order by raised_at limit 20`)
		if err == nil {
			ids, _ = pgx.CollectRows(rows, pgx.RowTo[string])
		}
		for _, id := range ids {
			if status, _ := nurse.do(ctx, "POST", "/alerts/"+id+"/accept", map[string]any{}, nil); status == http.StatusOK {
				l.note(func() { l.accepted[id] = "9000" })
			}
		}
		pause(ctx, 50*time.Millisecond)
	}
	if db != nil {
		db.Close(context.WithoutCancel(ctx))
	}
}

// timersCaughtUp holds the promise that due timers have fired 10 s after a crash.
func timersCaughtUp(t *testing.T, h *theHub) {
	t.Helper()
	waitFor(t, "overdue timers to fire", 10*time.Second, func() bool {
		db, err := pgx.Connect(t.Context(), h.database(t))
		if err != nil {
			return false
		}
		defer db.Close(t.Context())
		var overdue int
		err = db.QueryRow(t.Context(), overdueSQL).Scan(&overdue)
		return err == nil && overdue == 0
	}, h.out.String)
}

const overdueSQL = `
select count(*) from alert_timer t join alert a on (a.clinic_id, a.id) = (t.clinic_id, t.alert_id)
where t.due_at < clock_timestamp() - interval '1 second' and a.gen = t.gen and a.ended_at is null`

func openDB(t *testing.T, h *theHub) *pgx.Conn {
	t.Helper()
	var db *pgx.Conn
	waitFor(t, "the database", time.Minute, func() bool {
		var err error
		db, err = pgx.Connect(t.Context(), h.database(t))
		return err == nil
	}, h.out.String)
	return db
}

// audit holds the ledger against the database: everything acknowledged is there, nothing is
// there twice.
func audit(t *testing.T, h *theHub, l *ledger) []string {
	t.Helper()
	db := openDB(t, h)
	defer db.Close(context.WithoutCancel(t.Context()))
	l.mu.Lock()
	defer l.mu.Unlock()
	var broken []string
	check := func(what string, want []string, sql string) {
		rows, err := db.Query(t.Context(), sql, want)
		if err != nil {
			t.Fatal(err)
		}
		counts := map[string]int{}
		var key string
		var n int
		if _, err := pgx.ForEachRow(rows, []any{&key, &n}, func() error { counts[key] = n; return nil }); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if counts[w] != 1 {
				broken = append(broken, fmt.Sprintf("%s %s: %d instead of 1", what, w, counts[w]))
			}
		}
	}
	check("person", l.staff, `select text, count(*)::int from person_value where field = 'staff_number' and text = any($1) group by 1`)
	check("alert", l.calls, `select ref, count(*)::int from alert where ref = any($1) group by 1`)
	var ids []string
	for id := range l.accepted {
		ids = append(ids, id)
	}
	check("accept", ids, `select id::text, cardinality(accepted_by) from alert where id::text = any($1)`)
	return broken
}

// pause waits between two acts of a load; nothing is expected to have happened by its end.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
