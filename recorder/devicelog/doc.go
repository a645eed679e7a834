// Package devicelog reads, checks and writes device logs (docs/protocols/chat.md): one per
// account, append-only, hash-chained, saying which devices are the person's. Believing the
// log, and not the hub, is what keeps the hub from adding a reader.
package devicelog
