package mlscore

import "errors"

// Fault is why something could not be opened or applied: a cause of docs/protocols/chat.md.
// It is all that is said. The library's own errors quote secrets of the group.
type Fault string

// The causes.
const (
	Replay     Fault = "replay"     // the key of this message is used up
	Generation Fault = "generation" // too far ahead of what was read
	Epoch      Fault = "epoch"      // of an epoch whose keys are not here
	AAD        Fault = "aad"        // not bound to where it was found
	Format     Fault = "format"     // not what it should be
	Signature  Fault = "signature"  // not by whom it says, or not in one piece
	Refused    Fault = "commit"     // a commit that must not or cannot be applied
)

// Error makes a Fault an error.
func (f Fault) Error() string { return "mls: " + string(f) }

// CauseOf returns the Fault in an error's chain, or Format.
func CauseOf(err error) Fault {
	var f Fault
	if errors.As(err, &f) {
		return f
	}
	return Format
}
