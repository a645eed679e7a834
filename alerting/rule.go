package alerting

import "github.com/wardline/wardline/hub"

// Match says which alerts a rule takes. An empty list or a nil bound matches everything;
// codes compare without regard to case.
type Match struct {
	Connectors  []hub.ConnectorID `json:"connectors,omitempty" maxItems:"50"`
	Kinds       []string          `json:"kinds,omitempty" maxItems:"50"`
	Wards       []string          `json:"wards,omitempty" maxItems:"200"`
	Rooms       []string          `json:"rooms,omitempty" maxItems:"200"`
	Beds        []string          `json:"beds,omitempty" maxItems:"200"`
	MinPriority *Priority         `json:"min_priority,omitempty"`
	MaxPriority *Priority         `json:"max_priority,omitempty"`
	From        string            `json:"from,omitempty" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$"` // wall clock of the clinic, "22:00"; From > To spans midnight
	To          string            `json:"to,omitempty" pattern:"^([01][0-9]|2[0-3]):[0-5][0-9]$"`
	Weekdays    []int             `json:"weekdays,omitempty" maxItems:"7"` // 1 Monday .. 7 Sunday
}

// Rule sends the alerts it matches down a policy. Rules are tried in order, the first
// match wins, and the last rule must match everything.
type Rule struct {
	ID       hub.RuleID `json:"id"`
	Name     string     `json:"name" minLength:"1" maxLength:"120"`
	Enabled  bool       `json:"enabled"`
	Match    Match      `json:"match"`
	Policy   Policy     `json:"policy"`
	CatchAll bool       `json:"catch_all"`
}
