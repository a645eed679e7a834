package app

import (
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wardline/wardline/connectors"
)

// TestAnswering: ESPA-X hears what becomes of its calls, the alarm interface does not.
func TestAnswering(t *testing.T) {
	t.Parallel()
	if got := answering(kinds()); !slices.Equal(got, []string{"espa-x"}) {
		t.Errorf("answers are taken by %v", got)
	}
}

// TestAbilities: the console offers what a connector of the kind's defaults can do, although
// most defaults alone are no configuration yet.
func TestAbilities(t *testing.T) {
	t.Parallel()
	var got []string
	for _, k := range kinds() {
		made, _ := k.New(k.Config(), connectors.Env{Log: slog.New(slog.DiscardHandler), Now: time.Now})
		can := []string{k.Name}
		if _, ok := made.(connectors.StaffSource); ok {
			can = append(can, "pull")
		}
		if _, ok := made.(connectors.Authenticator); ok {
			can = append(can, "sign in")
		}
		if _, ok := made.(connectors.Mailer); ok {
			can = append(can, "mail")
		}
		got = append(got, strings.Join(can, "+"))
	}
	want := []string{"hl7v2-mllp", "ldap+pull+sign in", "fhir-r4+pull", "sheet", "scim", "espa-x", "alarm-http", "mail+mail"}
	if !slices.Equal(got, want) {
		t.Errorf("kinds %v, want %v", got, want)
	}
}
