package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"

	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
)

const (
	ackWithin   = 5 * time.Second
	retryWait   = time.Second
	mostInHouse = 12   // patients; from then on one goes or moves for each that comes
	firstVisit  = 3000 // case numbers count up from here
)

// KIS sends the clinic's staff (MFN^M02), then lets patients come, move and go (ADT), and
// now and then changes a member of staff. Addr is required.
type KIS struct {
	Addr string
	Log  *slog.Logger
	Pace time.Duration // between two messages after the staff; 15 s if zero
	Seed uint64
	Now  func() time.Time
	// Acked is told the type and control id of each message the hub has acknowledged; nil
	// is fine. It must not block.
	Acked func(kind, control string)

	conn  *mllp.Client
	count int
}

// stay is a patient in the house.
type stay struct {
	visit int
	at    bed
}

// Run sends until ctx ends, and then returns nil. Each message is sent until it is
// acknowledged, over new connections if need be, as an interface engine does.
func (k *KIS) Run(ctx context.Context) error {
	k.Log, k.Pace = logger(k.Log), orDefault(k.Pace, 15*time.Second)
	if k.Now == nil {
		k.Now = time.Now
	}
	defer k.hangUp()
	err := k.staff(ctx)
	if err == nil {
		k.Log.Info("demo KIS sent its staff", "persons", len(Staff()))
		err = k.patients(ctx, dice(k.Seed))
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (k *KIS) staff(ctx context.Context) error {
	for _, n := range Staff() {
		if err := k.send(ctx, staffMessage(n, "MAD")); err != nil {
			return err
		}
	}
	return nil
}

// patients admits, transfers and discharges for ever.
func (k *KIS) patients(ctx context.Context, d *rand.Rand) error {
	var house []stay
	for step := 1; pause(ctx, k.Pace); step++ {
		m := turn(&house, step, d)
		if step%10 == 0 {
			n := Staff()[d.IntN(len(Staff()))]
			n.Job = []string{"Pflegefachkraft", "Praxisanleitung", "Stationsleitung"}[d.IntN(3)]
			m = staffMessage(n, "MUP")
		}
		if err := k.send(ctx, m); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// turn lets one patient come, move to a free bed or go.
func turn(house *[]stay, step int, d *rand.Rand) message {
	var free []bed
	for _, b := range beds("") {
		if !slices.ContainsFunc(*house, func(s stay) bool { return s.at == b }) {
			free = append(free, b)
		}
	}
	to := free[d.IntN(len(free))]
	if len(*house) < mostInHouse {
		s := stay{firstVisit + step, to}
		*house = append(*house, s)
		return patientMessage("A01", s, bed{})
	}
	i := d.IntN(len(*house))
	s := (*house)[i]
	if d.IntN(2) == 0 {
		*house = slices.Delete(*house, i, i+1)
		return patientMessage("A03", s, bed{})
	}
	from := s.at
	s.at = to
	(*house)[i] = s
	return patientMessage("A02", s, from)
}

// message writes one message under a control id and a time.
type message func(control string, now time.Time) (kind string, b *hl7.Builder)

// send repeats one message until the hub has acknowledged it. The error is that of ctx, or
// of a message that could not be built.
func (k *KIS) send(ctx context.Context, m message) error {
	k.count++
	now := k.Now()
	control := "KIS" + strconv.FormatInt(now.UnixMilli(), 36) + "-" + strconv.Itoa(k.count)
	kind, b := m(control, now)
	raw, err := b.Bytes()
	if err != nil {
		return fmt.Errorf("build %s: %w", kind, err)
	}
	for {
		err := k.exchange(ctx, raw)
		if err == nil {
			if k.Acked != nil {
				k.Acked(kind, control)
			}
			return nil
		}
		k.Log.Debug("demo KIS tries again", "type", kind, "err", err)
		if !pause(ctx, retryWait) {
			return ctx.Err()
		}
	}
}

// exchange sends once. After anything but a positive acknowledgement the connection is
// given up, so that a late answer is not taken for that of the next message.
func (k *KIS) exchange(ctx context.Context, raw []byte) (err error) {
	ctx, cancel := context.WithTimeout(ctx, ackWithin)
	defer cancel()
	defer func() {
		if err != nil {
			k.hangUp()
		}
	}()
	if k.conn == nil {
		if k.conn, err = mllp.Dial(ctx, k.Addr, nil); err != nil {
			return err
		}
	}
	reply, err := k.conn.Exchange(ctx, raw)
	if err != nil {
		return err
	}
	ack, err := hl7.Parse(reply)
	if err != nil {
		return err
	}
	switch ack.Get("MSA-1").String() {
	case "CA", "AA":
		return nil
	}
	return errors.New("negative acknowledgement")
}

func (k *KIS) hangUp() {
	if k.conn != nil {
		k.conn.Close()
		k.conn = nil
	}
}

// begin writes the header as German profiles want it: a commit acknowledgement, no
// application acknowledgement.
func begin(code, trigger, structure, control string, now time.Time) *hl7.Builder {
	return hl7.New(hl7.Header{
		Sender: endpoint("KIS"), Receiver: endpoint("WARDLINE"), Time: hl7.FormatTime(now),
		Type: code, Trigger: trigger, Structure: structure, ControlID: control, ProcessingID: "P", Version: "2.5",
		AcceptAck: "AL", AppAck: "NE", Country: "DEU", Charset: hl7.UTF8,
	})
}

func endpoint(app string) hl7.Endpoint {
	return hl7.Endpoint{App: hl7.Designator{Namespace: app}, Facility: hl7.Designator{Namespace: "LINDENAU"}}
}

// staffMessage is MFN^M02 for one person (HL7 2.5.1 ch.8 s.8.5, ch.15).
func staffMessage(n Nurse, event string) message {
	return func(control string, now time.Time) (string, *hl7.Builder) {
		b := begin("MFN", "M02", "MFN_M02", control, now)
		b.Segment("MFI").Set("1", "PRA").Set("2", "KIS").Set("3", "UPD").Set("5", hl7.FormatTime(now)).Set("6", "NE")
		b.Segment("MFE").Set("1", event).Set("2", "REC"+n.Number).Set("3", now.Format("20060102")).Set("4.1", n.Number).Set("4.3", "KIS").Set("5", "CE")
		b.Segment("STF").Set("1.1", n.Number).Set("1.3", "KIS").Set("2.1", n.Number).Set("2.4", "KIS").Set("2.5", "PN").
			Set("3.1", n.Family).Set("3.2", n.Given).Set("3.5", n.Title).Set("4", "N").Set("7", "A").
			Set("10.2", "WPN").Set("10.3", "PH").Set("10.5", "49").Set("10.6", "341").Set("10.7", n.Number).Set("10.8", n.Number).
			Set("15", n.Number+"@lindenau.test").Set("18", n.Job)
		b.Segment("PRA").Set("1.1", n.Number).Set("1.3", "KIS").Set("3", category(n))
		b.Segment("ORG").Set("1", "1").Set("2.1", n.Ward).Set("2.2", wardName(n.Ward)).Set("2.3", "99ORG").Set("3", "WARD").Set("4", "Y")
		return "MFN^M02", b
	}
}

func category(n Nurse) string {
	if n.Title != "" {
		return "DOC"
	}
	return "NUR"
}

// patientMessage is an ADT message with the German movement segment ZBE.
func patientMessage(trigger string, s stay, from bed) message {
	return func(control string, now time.Time) (string, *hl7.Builder) {
		b := begin("ADT", trigger, "ADT_"+trigger, control, now)
		b.Segment("EVN").Set("2", hl7.FormatTime(now))
		b.Segment("PID").Set("3.1", strconv.Itoa(700_000+s.visit)).Set("3.4", "LINDENAU").Set("3.5", "PI").
			Set("5.1", "Beispiel").Set("5.2", "Patient "+strconv.Itoa(s.visit))
		b.Segment("PV1").Set("1", "1").Set("2", "I").Set("3.1", s.at.ward).Set("3.2", s.at.room).Set("3.3", s.at.bed).
			Set("6.1", from.ward).Set("6.2", from.room).Set("6.3", from.bed).Set("19.1", strconv.Itoa(s.visit))
		b.Segment("ZBE").Set("1.1", control).Set("1.2", "KIS").Set("2", hl7.FormatTime(now)).Set("4", "INSERT").Set("5", "N")
		return "ADT^" + trigger, b
	}
}

func wardName(code string) string {
	for _, w := range Wards() {
		if w.Code == code {
			return w.Name
		}
	}
	return code
}
