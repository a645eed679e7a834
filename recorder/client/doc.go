// Package client speaks docs/protocols/chat.md and stream.md as a device: REST calls with the
// session's cookie, and the socket. It keeps nothing and decides nothing.
package client
