// Package mlscore is the recorder's MLS (RFC 9420): a thin, strict layer over the group
// package of mls-go, cipher suite 1 only. It keeps no files and speaks to nobody.
//
// The layer exists because of what the library leaves to its caller:
//
//   - A commit that fails half-way leaves the library's group changed. Here a commit is
//     applied to a copy, which takes the group's place only when all went well.
//   - A staged commit cannot be serialised, and discarding one leaves path keys behind. Here
//     Stage returns the whole group after the commit as bytes: Become takes them up, dropping
//     them discards the commit, and both survive a crash.
//   - Keys of earlier epochs are not serialised, and messages of the last epoch arrive after
//     its commit. Here the group before the last commit is kept and serialised as well. This
//     costs forward secrecy of one epoch.
//   - Replay marks are not serialised. Here a ratchet is moved on after each message, so that
//     a restored group refuses what it has read.
//   - A generation is not bounded, so one message could make the reader derive 2^32 keys.
//   - Resumption secrets are kept for ever. Here they are dropped: we use none.
//   - Its error texts may hold secrets of the group. None of them leaves this package.
//
// Known limits of the library: it refuses a commit that removes a leaf and adds another with
// the same signature key, so a device that rejoins takes two commits; it refuses to process
// an Add whose key package has expired by now, so a member that was away for weeks may be
// unable to follow; message keys that were skipped are lost by a restart.
package mlscore
