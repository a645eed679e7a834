package alerting

import "github.com/wardline/wardline/hub"

// Responder is a recipient of an alert with whom it can be discussed.
type Responder struct {
	User     hub.UserID
	Name     string
	Accepted bool
}
