package app

import (
	"fmt"

	"github.com/wardline/wardline/server"
)

// OpenAPI prints the OpenAPI 3.1 document of a listener, "chat" or "console", as YAML. It
// needs no database.
func OpenAPI(s Setup, listener string) error {
	doc, err := server.OpenAPI(listener)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.Out, "%s", doc)
	return err
}
