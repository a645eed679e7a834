// Package push wakes devices whose app is closed, by Web Push (RFC 8030, 8291, 8292).
//
// A push says nothing: its content is an encrypted empty message, the same for a greeting
// and an emergency. The push service learns that a device was woken, when, and how urgently;
// the device then connects and reads. Nothing depends on a push: it is sent after the commit,
// may be lost, and a clinic that does not want it sends none.
package push
