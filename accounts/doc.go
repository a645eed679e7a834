// Package accounts knows who may log in and how they prove it: one-time codes, passwords,
// sessions, sign-in links and devices.
//
// Secrets leave it once, when they are made; what is stored cannot be turned back. A
// session token has the form <clinic id>.<256 random bits>: the clinic is not a secret and
// is needed to enter row-level security before the token can be looked up.
//
// Nothing here ever slows down a session that exists. Sign-in is throttled per account and
// per address and its hashing runs two at a time, so that neither a storm of sign-ins nor
// an attack on a login reaches the alerts of the people already there.
package accounts
