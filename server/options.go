package server

import (
	"context"
	"io/fs"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server/stream"
)

// Options is what both public listeners need.
type Options struct {
	Clinic     hub.ClinicID // whose people sign in here by login and password
	ClinicName string
	Version    string
	Demo       bool
	Log        *slog.Logger
	Metrics    prometheus.Registerer // nil: not measured
	Files      fs.FS                 // the built web app; without index.html, placeholder.html is served
	Sessions   Sessions
	SignIn     SignIn
	Named      func() string // what the clinic is called now; nil: ClinicName
}

// ChatOptions is what the chat listener needs.
type ChatOptions struct {
	Options
	Devices Devices
	Alerts  Alerts
	Duty    Duty
	Offers  Offers
	Names   Names
	Rooms   func(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]stream.Room, error)
	Items   Items
	Stream  *stream.Hub

	Responders Responders

	Talk   Talk
	Push   Push   // nil: switched off
	HubKey []byte // Ed25519 public key that signs what the hub seals, 32 bytes
	HubID  []byte // its key id
}

// Items reads rooms for one device: messaging.Log.
type Items interface {
	Since(ctx context.Context, clinic hub.ClinicID, device hub.DeviceID, room hub.RoomID, after int64, limit int) ([]messaging.Delivery, error)
}

// ConsoleOptions is what the console listener needs.
type ConsoleOptions struct {
	Options
	Gatekeeper Gatekeeper
	Names      Names
	Overview   Overview
	Kinds      []connectors.Kind
	Configs    connectors.Configs
	Running    Running
	Tokens     connectors.Tokens
	Messages   connectors.Messages
	Audit      connectors.Audit
	People     People
	Units      Units
	Plans      Plans
	Rules      Rules
	Board      Board
	Live       *stream.Live
	Health     Health
	Staff      Staff
}
