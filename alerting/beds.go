package alerting

import "time"

// Movement is one stay of a patient at a place, as ADT messages tell it (HL7 Germany, ZBE
// segment). It gives an alert its bed and ward context; it is no patient record.
type Movement struct {
	Key        string // the source's movement id (ZBE-1), or one derived from visit and trigger
	Visit      string // visit number (PV1-19); kept only as a keyed hash
	Patient    string // patient id (PID-3); kept only as a keyed hash
	PriorID    string // the id merged away (MRG-1), for A40
	Name       string // patient name, stored only encrypted; empty unless the connector is told to keep it
	Ward       string
	Room       string
	Bed        string
	Start      time.Time
	End        time.Time // zero: still there
	Historic   bool      // ZBE-5 = Y: never changes where the patient is now
	Op         MovementOp
	OccurredAt time.Time
}

// MovementOp is what to do with a movement.
type MovementOp string

// The operations ADT triggers come to.
const (
	MovementPut    MovementOp = "put"    // admit, transfer, update: the patient is here now
	MovementEnd    MovementOp = "end"    // discharge
	MovementDelete MovementOp = "delete" // cancel: the movement with this key never was
	MovementMerge  MovementOp = "merge"  // PriorID was the same patient as Patient
)
