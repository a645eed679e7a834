// Package server is the edge the hospital's browsers talk to: two HTTP listeners, each
// with its web app and its API, and a third for health and metrics.
//
// NewChat serves staff, NewConsole administrators, NewManagement the operator's monitor.
// The first two share one engine (gin with huma on top): security headers, sessions, the
// check of origin and level, problem details, OpenAPI 3.1. A session of one listener is
// never valid at the other. What the handlers need of the hub is stated in ports.go; the
// package reads and writes no database itself and holds no rule of the product.
//
// Sockets are served by server/stream, the forms of connectors by server/form.
package server
