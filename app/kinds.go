package app

import (
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/connectors/alarmapi"
	"github.com/wardline/wardline/connectors/espax"
	"github.com/wardline/wardline/connectors/hl7v2"
)

// kinds is every sort of connector this hub offers. Their names are stored for ever.
func kinds() []connectors.Kind {
	return []connectors.Kind{hl7v2.Kind(), espax.Kind(), alarmapi.Kind()}
}
