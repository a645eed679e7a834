package app

import (
	"log/slog"
	"time"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/connectors/alarmapi"
	"github.com/wardline/wardline/connectors/espax"
	"github.com/wardline/wardline/connectors/hl7v2"
)

// kinds is every sort of connector this hub offers. Their names are stored for ever.
func kinds() []connectors.Kind {
	return []connectors.Kind{hl7v2.Kind(), espax.Kind(), alarmapi.Kind()}
}

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
