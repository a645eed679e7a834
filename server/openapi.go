package server

import (
	"log/slog"

	"github.com/wardline/wardline/hub"
)

// OpenAPI returns the OpenAPI 3.1 document of a listener, "chat" or "console", as YAML. The
// routes alone make it: nothing is served and nothing is asked.
func OpenAPI(listener string) ([]byte, error) {
	o := Options{Log: slog.New(slog.DiscardHandler)}
	switch listener {
	case "chat":
		c, err := newChat(ChatOptions{Options: o})
		if err != nil {
			return nil, err
		}
		return c.huma.OpenAPI().YAML()
	case "console":
		c, err := newConsole(ConsoleOptions{Options: o})
		if err != nil {
			return nil, err
		}
		return c.huma.OpenAPI().YAML()
	}
	return nil, hub.E("server.openapi", hub.Invalid, "unknown_listener", "there is no listener %q", listener)
}
