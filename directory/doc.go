// Package directory knows who works in a clinic: persons, units, roles on units, and who
// is on duty in them.
//
// Persons come from sources (a KIS, a directory service, a table). A source's statements
// are Changes. MakePlan, a pure function, turns them into a Plan: who is created, updated,
// locked or unlocked, with every field's old and new value. A plan that looks like an
// accident (an empty or shrunk full set) is Held and changes nobody until an administrator
// has decided: an error is not an absence. Nothing is ever deleted, and a lock set by an
// administrator is never lifted by a source.
//
// Plans are written by the store in the transaction that also keeps the raw message, so
// that a source is told "accepted" only after both are safe.
package directory
