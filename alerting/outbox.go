package alerting

import (
	"time"

	"github.com/wardline/wardline/hub"
)

// Card is an alert whose card must be put into its room: what the store hands to whoever
// seals it. The same card may be handed out again after a crash; putting it twice is
// harmless, because its item's id is derived from alert and version.
type Card struct {
	Alert      Alert
	Dispatches []Dispatch
	Names      map[hub.UserID]string
	WardName   string // "" where no unit has the ward's code
	Room       hub.RoomID
	Devices    []CardDevice // unrevoked ones of all recipients so far
	BedSince   time.Time    // since when the bed is taken, as the KIS says; zero: not known
	Patient    string       // by whom; "" unless the KIS connector is told to keep names
}

// CardDevice is a device that must be able to open a card. Its public key never changes.
type CardDevice struct {
	ID   hub.DeviceID
	User hub.UserID
}

// CardDone says that a card is in its room. Deaf are the people it was meant for who have
// no device that can open it; all others have it as sent.
type CardDone struct {
	Alert   hub.AlertID
	Version int
	Step    int
	Deaf    []hub.UserID
}

// OpenAnswer is an answer that its source has not taken yet.
type OpenAnswer struct {
	Answer
	Clinic   hub.ClinicID
	Attempts int // this one included
}

// Back-off of answers: a source that is away hears again after one second, then ever more
// rarely, and is given up after a day.
const (
	answerFirst = time.Second
	answerMost  = time.Minute
	AnswerLife  = 24 * time.Hour
)

// AnswerPause returns how long to wait after the given number of failed attempts.
func AnswerPause(attempts int) time.Duration {
	d := answerFirst
	for range min(max(attempts-1, 0), 6) {
		d *= 2
	}
	return min(d, answerMost)
}
