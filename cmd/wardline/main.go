// Command wardline is the hub: one binary, one subcommand for each thing an operator does.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/wardline/wardline/app"
)

// version is set by the release build: -ldflags "-X main.version=1.2.3".
var version = "development"

// cli is every flag and subcommand. Flags win over the environment, that over the file.
type cli struct {
	Config  string `help:"Configuration file (YAML)." type:"path" placeholder:"FILE"`
	DataDir string `help:"Where the hub keeps its keys and its private database." placeholder:"DIR"`
	Chat    string `help:"Address of the chat listener." placeholder:"HOST:PORT"`
	Console string `help:"Address of the console listener." placeholder:"HOST:PORT"`
	Manage  string `help:"Address of the health and metrics listener." placeholder:"HOST:PORT"`

	Serve    struct{} `cmd:"" help:"Run the hub."`
	Recorder recCmd   `cmd:"" help:"Run the recorder: the member of every conversation that keeps its group in order."`
	Demo     demoCmd  `cmd:"" help:"Run the hub on loopback with a simulated clinic beside it."`
	Migrate  struct{} `cmd:"" help:"Bring the database to this version's schema and exit."`
	Admin    admCmd   `cmd:"" help:"The break-glass administrator."`
	Doctor   docCmd   `cmd:"" help:"Look at everything the hub needs; print how to mend what is wrong."`
	Openapi  apiCmd   `cmd:"" help:"Print the OpenAPI document of a listener."`
	Version  struct{} `cmd:"" help:"Print the version."`
}

type demoCmd struct {
	Fresh    bool `help:"Start over: delete the demo's data first."`
	Interval int  `help:"Seconds between nurse calls." default:"20"`
}

type admCmd struct {
	Reset struct{} `cmd:"" default:"1" help:"Take the password, authenticator app and lock away and print a one-time link to set a new password. Audited."`
}

type recCmd struct {
	StartOver bool `help:"The recorder's data directory is lost: begin again under a new key, of which everybody is warned."`
}

type docCmd struct {
	JSON bool `help:"Print findings as JSON."`
}

type apiCmd struct {
	Listener string `arg:"" enum:"chat,console" help:"chat or console."`
}

func main() {
	var c cli
	parsed := kong.Parse(&c, kong.Name("wardline"), kong.Description("The open hub that connects a hospital's systems to secure chat."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, parsed.Command(), c); err != nil {
		fmt.Fprintln(os.Stderr, "wardline:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, command string, c cli) error {
	setup := app.Setup{Version: version, File: c.Config, Environ: os.Environ(), Out: os.Stdout, Flags: flags(c)}
	switch command {
	case "serve":
		return app.Serve(ctx, setup)
	case "recorder":
		return app.Recorder(ctx, setup, c.Recorder.StartOver)
	case "demo":
		return app.Demo(ctx, setup, app.DemoOptions{Fresh: c.Demo.Fresh, Seconds: c.Demo.Interval})
	case "migrate":
		return app.Migrate(ctx, setup)
	case "admin", "admin reset":
		return app.AdminLink(ctx, setup)
	case "doctor":
		return app.RunDoctor(ctx, setup, c.Doctor.JSON)
	case "openapi <listener>":
		return app.OpenAPI(setup, c.Openapi.Listener)
	}
	fmt.Println("wardline", version)
	return nil
}

func flags(c cli) map[string]any {
	out := map[string]any{}
	for name, value := range map[string]string{"data_dir": c.DataDir, "chat.addr": c.Chat, "console.addr": c.Console, "management.addr": c.Manage} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}
