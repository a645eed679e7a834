package app

import (
	"context"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging/push"
	"github.com/wardline/wardline/server"
)

// buildPush makes the sender of pushes, where the configuration switches it on. Its key is
// made at the first start: browsers bind their subscriptions to it.
func (a *App) buildPush() error {
	c := a.config.Push
	if c.Subject == "" {
		return nil
	}
	key, err := readOrMake(a.config.path("keys", "push.key"), func() []byte { return []byte(push.NewKey()) })
	if err != nil {
		return err
	}
	a.push, err = push.New(push.Options{
		Store: a.db, Connected: a.connected, Subject: c.Subject, Key: string(key), Hosts: c.Hosts, Log: a.log,
	})
	if err != nil {
		return err
	}
	unsubscribe := a.fanout.Subscribe(a.push.Publish)
	a.undo.push("push", func(context.Context) error { unsubscribe(); return nil })
	return nil
}

func (a *App) connected(clinic hub.ClinicID, device hub.DeviceID) bool {
	return a.stream.Connected(clinic, device)
}

// joined hears of each device that connects.
func (a *App) joined(device hub.DeviceID) {
	if a.push != nil {
		a.push.Arrived(device)
	}
}

// pushPort is nil where push is switched off: an interface that holds a nil pointer is not.
func (a *App) pushPort() server.Push {
	if a.push == nil {
		return nil
	}
	return a.push
}
