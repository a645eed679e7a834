package app

import (
	"context"
	"fmt"
	"time"

	"github.com/wardline/wardline/adminui"
	"github.com/wardline/wardline/chatui"
	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server"
	"github.com/wardline/wardline/server/stream"
)

// buildEdges makes what browsers and the operator's monitor talk to.
func (a *App) buildEdges() error {
	a.stream = stream.New(stream.Options{
		Log: a.rooms, Acts: a.db, Fanout: a.fanout, Talk: a.chat, Rooms: a.roomsOf, Readers: a.db.RoomReaders, Recorder: a.recorder.user,
		Receipts: a.config.Chat.Receipts, SendRate: a.config.Chat.SendRate, SendBurst: a.config.Chat.SendBurst, Joined: a.joined, Logger: a.log,
	})
	a.undo.push("open sockets", func(ctx context.Context) error { a.stream.Close(ctx); return nil })
	a.metrics.registry.MustRegister(newRefusals(func() map[string]int64 { return a.stream.Stats().Refused }))
	a.live = stream.NewLive()
	a.undo.push("open consoles", func(context.Context) error { a.live.Close(); return nil })
	shared := server.Options{Clinic: a.clinic.ID, ClinicName: a.clinic.Name, Version: a.version, Demo: a.demo, Log: a.log, Metrics: a.metrics.registry, Sessions: a.accounts, SignIn: a.signIn(), Named: func() string { return a.register().Name }}

	chat := shared
	chat.Files = chatui.Files()
	chatHandler, err := server.NewChat(server.ChatOptions{
		Options: chat, Devices: a.accounts, Alerts: a.db, Duty: a.duty, Offers: a.duty, Names: a.db, Rooms: a.roomsOf, Items: a.rooms,
		Stream: a.stream, HubKey: a.hubKey, HubID: a.hubKeyID, Talk: a.talk(), Responders: a.db, Push: a.pushPort(),
	})
	if err != nil {
		return fmt.Errorf("set up chat listener: %w", err)
	}
	console := shared
	console.Files = adminui.Files()
	consoleHandler, err := server.NewConsole(server.ConsoleOptions{
		Options: console, Gatekeeper: a.accounts, Names: a.db, Overview: overview{a}, Kinds: a.registry.Kinds(), Configs: a.db, Running: running{a},
		Tokens: a.db, Messages: a.db, Audit: a.db, People: a.staff, Units: a.staff, Plans: a.staff, Rules: a.db, Board: a.db, Live: a.live,
		Health: chatHealth{a}, Staff: a.staffPorts(),
	})
	if err != nil {
		return fmt.Errorf("set up console listener: %w", err)
	}
	management := server.NewManagement(server.ManagementOptions{Metrics: a.metrics.registry, Checks: a.readiness(), Log: a.log})
	a.listeners = []listener{
		{name: "chat", config: a.config.Chat.ListenConfig, server: server.HTTPServer(chatHandler)},
		{name: "console", config: a.config.Console, server: server.HTTPServer(consoleHandler)},
		{name: "management", config: a.config.Management, server: server.HTTPServer(management)},
	}
	return nil
}

// talk is the delivery service as the chat listener uses it.
func (a *App) talk() server.Talk {
	return server.Talk{
		Rooms: a.chat, Members: a.chat, Packages: a.chat, Reading: a.chat, Log: a.chat, Post: a.chat, Healing: a.chat, Vault: a.chat,
		Contacts: a.chat, Devices: a.chat, Recorder: a.chat, Backup: a.config.Chat.Backup, Receipts: a.config.Chat.Receipts,
	}
}

// roomsOf lists an account's rooms, alarm rooms first: a device reads them in this order.
func (a *App) roomsOf(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]stream.Room, error) {
	rooms, err := a.rooms.Rooms(ctx, clinic, user)
	if err != nil {
		return nil, err
	}
	ids := make([]hub.UnitID, 0, len(rooms))
	for _, r := range rooms {
		if r.Unit != "" {
			ids = append(ids, r.Unit)
		}
	}
	units, err := a.db.UnitNames(ctx, clinic, ids)
	if err != nil {
		return nil, err
	}
	out := make([]stream.Room, len(rooms))
	for i, r := range rooms {
		u := units[r.Unit]
		out[i] = stream.Room{ID: r.ID, Kind: r.Kind, Name: r.Name, LastSeq: r.LastSeq, Unit: stream.Unit{ID: r.Unit, Code: u.Code, Name: u.Name}}
	}
	return a.withConversations(ctx, clinic, user, out)
}

func (a *App) withConversations(ctx context.Context, clinic hub.ClinicID, user hub.UserID, out []stream.Room) ([]stream.Room, error) {
	talks, err := a.chat.Conversations(ctx, messaging.Caller{Clinic: clinic, User: user})
	if err != nil {
		return nil, err
	}
	var peers []hub.UserID
	for _, t := range talks {
		if t.Peer != "" {
			peers = append(peers, t.Peer)
		}
	}
	var names map[hub.UserID]string
	if len(peers) > 0 {
		if names, err = a.db.Names(ctx, clinic, peers); err != nil {
			return nil, err
		}
	}
	for _, t := range talks {
		out = append(out, stream.NewRoom(t, names))
	}
	return out, nil
}

// overview counts for the console's first page.
type overview struct{ a *App }

var _ server.Overview = overview{}

func (o overview) Overview(ctx context.Context, clinic hub.ClinicID) (server.Summary, error) {
	now := time.Now()
	staff, err := o.a.db.StaffCounts(ctx, clinic, now)
	if err != nil {
		return server.Summary{}, err
	}
	day, err := o.a.db.DayOfAlerts(ctx, clinic)
	if err != nil {
		return server.Summary{}, err
	}
	faults, err := o.a.db.FaultCounts(ctx, clinic)
	if err != nil {
		return server.Summary{}, err
	}
	hour, err := o.a.db.ReceivedSince(ctx, clinic, now.Add(-time.Hour))
	if err != nil {
		return server.Summary{}, err
	}
	s := server.Summary{
		Alerts:   server.AlertSummary{Running: day.Running, Exhausted: day.Exhausted, Accepted: day.Accepted, AcceptP50: day.AcceptP50, FirstDevP99: day.FirstDeviceP99},
		Persons:  server.PersonCounts{Active: staff.PersonsActive, Locked: staff.PersonsLocked},
		Accounts: server.AccountCounts{Invited: staff.AccountsInvited, Active: staff.AccountsActive, Locked: staff.AccountsLocked},
		RawHour:  hour,
	}
	health, err := chatHealth(o).Chat(ctx, clinic)
	if err != nil {
		return server.Summary{}, err
	}
	s.Todos = o.todos(health, staff.PlansHeld, faulty(faults), staff.UncoveredRoles, staff.ActivationOpen)
	more, err := o.accessTodos(ctx, clinic)
	if err != nil {
		return s, err
	}
	sources, err := o.staffTodos(ctx, clinic)
	s.Todos = append(append(s.Todos, more...), sources...)
	return s, err
}

func faulty(counts []connectors.FaultCount) int {
	n := 0
	for _, c := range counts {
		n += c.Count
	}
	return n
}

// todos lists what an administrator should look at, the most pressing first.
func (o overview) todos(chat server.ChatHealth, plans, faults, uncovered, invitations int) []server.Todo {
	down, away := 0, 0
	if chat.Recorder.Away {
		away = 1
	}
	for _, id := range o.a.supervisor.IDs() {
		if h := o.a.supervisor.Health(id); h.State == connectors.Down {
			down++
		}
	}
	todos := []server.Todo{}
	for _, t := range []server.Todo{
		{Kind: "connector_down", Count: down}, {Kind: "recorder_away", Count: away}, {Kind: "chat_faults", Count: chat.Open}, {Kind: "plan_held", Count: plans}, {Kind: "message_errors", Count: faults},
		{Kind: "uncovered_role", Count: uncovered}, {Kind: "activation_open", Count: invitations},
	} {
		if t.Count > 0 {
			todos = append(todos, t)
		}
	}
	return todos
}
