// Package app is the only place that knows everybody: it reads the configuration, makes
// the parts, wires them together and starts and stops them in order.
//
// New does everything that can fail without touching the outside: it reads keys, opens and
// migrates the database and builds handlers. Start opens the listeners and begins to work.
// Reload takes what may change in a running process. Stop undoes Start in reverse order,
// each step named and bounded, and may be called twice.
package app
