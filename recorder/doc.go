// Package recorder is a visible, headless member of every conversation: a process of its own
// with keys of its own, signing in at the hub like everybody else. It is the one committer
// that is always there.
//
// # What it does
//
//   - It takes the leaves of locked, expired, revoked and former members' devices out of every
//     room, as soon as the hub lists them.
//   - It adds devices of members that are missing, and devices that have lost their state, but
//     only those that the members want and the person's device log certifies: the hub's word
//     alone adds nobody (docs/protocols/chat.md, "Who may be in the tree").
//   - After somebody has come, it repeats the newest info of a member, so that who comes knows
//     the title.
//   - It refreshes its own keys in each room once a day and every hundred commits.
//   - It reads every message and keeps nothing of it but the newest info and each device's last
//     number. What it cannot open it counts and tells the hub. There is no archive yet.
//
// # How it cannot lose or fork a room
//
// The room's log is the only truth: a commit of our own takes effect when it comes back in
// the log, in order, and not when the hub has answered. Before a commit or a message leaves
// the house, its bytes, its id and the group after it are on the disk; after a crash the same
// bytes go out under the same id, and the log tells whether they or another commit won. Items
// are acknowledged after the state that has taken them in is on the disk. So a crash at any
// step is followed by one of two well-defined ways on, and a test crashes it at every step.
//
// # What it cannot do
//
// A room whose state is damaged on the disk is lost to it: nobody else serves rejoins. It keeps
// the damaged file aside, reports the room, goes on with the others, and comes back into the
// room when an owner's or moderator's device removes its old leaf and adds it again (two
// commits, see package mlscore). A room in which somebody's commit cannot be accepted stands
// still and is reported; it is tried again, more and more rarely.
package recorder
