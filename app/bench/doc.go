// Command bench measures the real hub: it starts the built binary with a private PostgreSQL
// in a temporary directory, seeds what each figure needs and loads it over loopback.
//
// The load comes from a child process of its own (this program again, with the hidden flag
// -load), so that memory and processor figures of the hub are the hub's alone. Sender and
// receivers of one figure share that process, and so one monotonic clock.
//
// What the browser does is measured in Chromium by chatui/bench/run.mjs, and conversations
// are compared with ejabberd, which deploy/install-deps.sh bench installs.
//
// Every round is bounded in time and in count. What is compared is measured in the same
// run, in turns, because machines differ and change while one looks. docs/benchmarks.md
// tells what each figure means.
package main
