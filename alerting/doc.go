// Package alerting turns what alarm sources say into alerts and leads each of them to its
// end: accepted by a named person, resolved by its source, or escalated to the end of its
// chain and reported as not accepted.
//
// It is pure: no database, no clock, no goroutine. A [Book] holds the running alerts that
// one transaction has locked, takes [Input] values in order (a source's signal, a person's
// act, a due timer) and collects [Changes], which the store writes in the same transaction.
// Whoever reads the package should begin with step.go: every path leads through notify.
//
// Two state machines (docs/alerting.md has the picture):
//
//	alert     raised -> routed -> notifying(step) -> accepted -> arrived -> resolved
//	          exits: cancelled, exhausted, expired
//	          back to notifying: hand-back, accept timeout, re-raise with higher priority
//	dispatch  pending -> sent -> delivered -> seen -> accepted | rejected | busy
//	          or unreachable, timed_out, withdrawn
//
// Only an accept stops escalation. Timers are rows, not goroutines: a crash loses none.
// Wardline is an additional path beside a nurse-call system (DIN VDE 0834), never its
// replacement.
package alerting
