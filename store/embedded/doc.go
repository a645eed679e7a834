// Package embedded runs the hub's own private PostgreSQL, so that one machine needs no
// database administrator: `wardline serve` without a database URL starts it, restarts it
// after a crash and stops it again.
//
// The server listens on a Unix socket only, in a directory nobody but its user may enter;
// access to that directory is the authentication (`trust`), so there is no password to
// keep. A database URL in the hub's configuration replaces all of this.
//
// Below Options.Dir lie
//
//	lock     held by the hub that uses the directory; a second hub is refused
//	15/      the data of PostgreSQL 15; the newest such directory decides which
//	         installed major version starts, so going back an upgrade is a rename
//	run/     the socket (in os.TempDir where this path would be too long)
//	log/     PostgreSQL's own log of the last seven days, without statements, parameters
//	         or errors of single statements, because those quote what people typed
//
// # What can go wrong, measured
//
// PostgreSQL refuses to run as root: started by root it runs as user postgres, which the
// distribution's package creates. After kill -9 of the postmaster a new one can fail with
// "pre-existing shared memory block is still in use" while the orphaned backends end, and
// then exits; so the exit is watched, not the socket, and the start repeated. When the
// hub dies the kernel sends PostgreSQL SIGINT, its fast shutdown; a hub started again at
// once waits for that. Nothing here weakens durability: fsync, full_page_writes and
// synchronous_commit are set to on at each start.
package embedded
