package demo

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
)

const (
	ackWithin = 5 * time.Second
	retryWait = time.Second
)

// KIS sends the clinic's staff (MFN^M02), then lets patients come, move and go (ADT).
type KIS struct {
	Addr string
	Log  *slog.Logger
	Pace time.Duration // between two patient messages; 0 is 15 s
	Now  func() time.Time

	conn  *mllp.Client
	count int
}

// Run sends until ctx ends. Each message is sent until it is acknowledged, over new
// connections if need be, as an interface engine does.
func (k *KIS) Run(ctx context.Context) error {
	if k.Pace == 0 {
		k.Pace = 15 * time.Second
	}
	if k.Now == nil {
		k.Now = time.Now
	}
	defer func() {
		if k.conn != nil {
			k.conn.Close()
		}
	}()
	for _, n := range Staff() {
		if err := k.send(ctx, func(b header) ([]byte, error) { return staffMessage(b, n, "MAD") }); err != nil {
			return nil
		}
	}
	k.Log.Info("demo KIS sent its staff", "persons", len(Staff()))
	return k.patients(ctx, dice(1))
}

// patients admits, transfers and discharges, and now and then changes a member of staff.
func (k *KIS) patients(ctx context.Context, d *rand.Rand) error {
	places := beds("")
	in := map[int]bed{} // case number -> where
	for number := 3000; ; number++ {
		place := places[d.IntN(len(places))]
		trigger := "A01"
		visit := number
		if len(in) > 12 {
			for visit = range in {
				break
			}
			trigger = []string{"A02", "A03"}[d.IntN(2)]
		}
		err := k.send(ctx, func(h header) ([]byte, error) { return patientMessage(h, trigger, visit, place, in[visit]) })
		if err != nil {
			return nil
		}
		if in[visit] = place; trigger == "A03" {
			delete(in, visit)
		}
		if number%10 == 0 {
			n := Staff()[d.IntN(len(Staff()))]
			if k.send(ctx, func(h header) ([]byte, error) { return staffMessage(h, n, "MUP") }) != nil {
				return nil
			}
		}
		if !pause(ctx, k.Pace) {
			return nil
		}
	}
}

// header is what each message needs of its sender.
type header struct {
	now     time.Time
	control string
}

func (h header) begin(code, trigger, structure string) *hl7.Builder {
	return hl7.New(hl7.Header{
		Sender: endpoint("KIS"), Receiver: endpoint("WARDLINE"),
		Time: hl7.FormatTime(h.now), Type: code, Trigger: trigger, Structure: structure, ControlID: h.control, ProcessingID: "P", Version: "2.5",
		AcceptAck: "AL", AppAck: "NE", Charset: hl7.UTF8,
	})
}

// send repeats one message until the hub has acknowledged it; the error is ctx's.
func (k *KIS) send(ctx context.Context, build func(header) ([]byte, error)) error {
	k.count++
	now := k.Now()
	message, err := build(header{now, "KIS" + strconv.FormatInt(now.UnixMilli(), 36) + strconv.Itoa(k.count)})
	if err != nil {
		return fmt.Errorf("build message: %w", err)
	}
	for {
		if err := k.exchange(ctx, message); err == nil {
			return nil
		}
		if !pause(ctx, retryWait) {
			return ctx.Err()
		}
	}
}

func (k *KIS) exchange(ctx context.Context, message []byte) (err error) {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	if k.conn == nil {
		if k.conn, err = mllp.Dial(ctx, k.Addr, nil); err != nil {
			k.conn = nil
			return err
		}
	}
	reply, err := k.conn.Exchange(ctx, message)
	if err != nil {
		k.conn.Close()
		k.conn = nil
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

// staffMessage is MFN^M02 for one person (HL7 2.5.1 ch.8 s.8.5, ch.15).
func staffMessage(h header, n Nurse, event string) ([]byte, error) {
	day := h.now.Format("20060102")
	b := h.begin("MFN", "M02", "MFN_M02")
	b.Segment("MFI").Set("1", "PRA").Set("2", "KIS").Set("3", "UPD").Set("5", hl7.FormatTime(h.now)).Set("6", "NE")
	b.Segment("MFE").Set("1", event).Set("2", "REC"+n.Number).Set("3", day).Set("4.1", n.Number).Set("4.3", "KIS").Set("5", "CE")
	b.Segment("STF").Set("1.1", n.Number).Set("1.3", "KIS").Set("2.1", n.Number).Set("2.4", "KIS").Set("2.5", "PN").
		Set("3.1", n.Family).Set("3.2", n.Given).Set("3.5", n.Title).Set("4", "N").Set("7", "A").
		Set("10.2", "WPN").Set("10.3", "PH").Set("10.5", "49").Set("10.6", "341").Set("10.7", n.Number).
		Set("15", n.Number+"@lindenau.test").Set("18", n.Job)
	b.Segment("PRA").Set("1.1", n.Number).Set("1.3", "KIS").Set("3", "NUR")
	b.Segment("ORG").Set("1", "1").Set("2.1", n.Ward).Set("2.2", wardName(n.Ward)).Set("2.3", "99ORG").Set("3", "WARD").Set("4", "Y")
	return b.Bytes()
}

// patientMessage is an ADT message with the German movement segment ZBE.
func patientMessage(h header, trigger string, visit int, to, from bed) ([]byte, error) {
	b := h.begin("ADT", trigger, map[string]string{"A01": "ADT_A01", "A02": "ADT_A02", "A03": "ADT_A03"}[trigger])
	b.Segment("EVN").Set("2", hl7.FormatTime(h.now))
	b.Segment("PID").Set("3.1", strconv.Itoa(700_000+visit)).Set("3.4", "LINDENAU").Set("3.5", "PI").Set("5.1", "Beispiel").Set("5.2", "Patient "+strconv.Itoa(visit))
	b.Segment("PV1").Set("1", "1").Set("2", "I").Set("3.1", to.ward).Set("3.2", to.room).Set("3.3", to.bed).
		Set("6.1", from.ward).Set("6.2", from.room).Set("6.3", from.bed).Set("19.1", strconv.Itoa(visit))
	b.Segment("ZBE").Set("1.1", h.control).Set("1.2", "KIS").Set("2", hl7.FormatTime(h.now)).Set("4", "INSERT").Set("5", "N")
	return b.Bytes()
}

func wardName(code string) string {
	for _, w := range Wards() {
		if w.Code == code {
			return w.Name
		}
	}
	return code
}

// pause waits d and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

func endpoint(app string) hl7.Endpoint {
	return hl7.Endpoint{App: hl7.Designator{Namespace: app}, Facility: hl7.Designator{Namespace: "LINDENAU"}}
}
