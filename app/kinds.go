package app

import (
	"log/slog"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/connectors/alarmapi"
	"github.com/wardline/wardline/connectors/espax"
	"github.com/wardline/wardline/connectors/fhirr4"
	"github.com/wardline/wardline/connectors/hl7v2"
	ldapsync "github.com/wardline/wardline/connectors/ldap"
	"github.com/wardline/wardline/connectors/mail"
	"github.com/wardline/wardline/connectors/scim"
	"github.com/wardline/wardline/connectors/sheet"
)

// kinds is every sort of connector this hub offers. Their names are stored for ever.
func kinds() []connectors.Kind {
	return []connectors.Kind{hl7v2.Kind(), ldapsync.Kind(), fhirr4.Kind(), sheet.Kind(), scim.Kind(), espax.Kind(), alarmapi.Kind(), mail.Kind()}
}

// staffKinds are those of them that people come from.
func staffKinds() []string { return []string{"hl7v2-mllp", "ldap", "fhir-r4", "sheet", "scim"} }

// answering names the kinds whose connectors take answers. One that cannot be made of its
// defaults alone counts as such: an answer too many is given up, one too few is missed.
func answering(all []connectors.Kind) []string {
	var names []string
	for _, k := range all {
		made, _ := k.New(k.Config(), connectors.Env{Log: slog.New(slog.DiscardHandler), Now: time.Now})
		if _, takes := made.(connectors.Answerer); takes || made == nil {
			names = append(names, k.Name)
		}
	}
	return names
}
