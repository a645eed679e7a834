// Package e2e holds the proofs that need a whole hub: the fault harness below, which kills
// the hub and its database under load, and the journeys in Chromium beside it (specs).
package e2e
