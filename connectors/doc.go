// Package connectors holds the contract between the hub and the links to hospital
// systems, and the Supervisor that runs them: it starts each one, restarts it with a
// growing pause after an error, keeps its listening sockets open across a reload, and
// refuses a wrong new configuration while the old one goes on running.
//
// Each kind lives in a folder of its own below this one and is registered by name in
// app/kinds.go. A kind maps between a wire format and our words and holds nothing else.
package connectors
