package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

// wholeRun bounds everything; each round has a tighter bound of its own.
const wholeRun = 20 * time.Minute

// options is what the command line says.
type options struct {
	only    []string
	quick   bool
	json    bool
	peerToo bool
	binary  string
	corpus  string
	web     string
}

func main() {
	o, load := parseFlags()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, wholeRun)
	defer cancel()
	run := measure
	if load {
		run = func(ctx context.Context, _ options) error { return serveLoad(ctx, os.Stdin, os.Stdout) }
	}
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		stop()
		os.Exit(1)
	}
}

func parseFlags() (o options, load bool) {
	only := flag.String("only", "", "comma-separated figures: "+strings.Join(figureNames(), ", "))
	flag.BoolVar(&o.quick, "quick", false, "a tenth of the load: shows that the program works, not how fast the hub is")
	flag.BoolVar(&o.json, "json", false, "print JSON instead of a table")
	flag.BoolVar(&o.peerToo, "peer", true, "measure ejabberd as well, where it is installed")
	flag.StringVar(&o.binary, "binary", "bin/wardline", "the hub to measure")
	flag.StringVar(&o.corpus, "corpus", "../shared/data/hl7/simhospital/all-1000.hl7", "messages of the parser figure; left out where absent")
	flag.StringVar(&o.web, "web", "chatui/bench/run.mjs", "the program that measures the chat client in Chromium")
	flag.BoolVar(&load, "load", false, "") // the child that makes the load; not for people
	flag.Parse()
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	return o, load
}

// figure measures one thing and returns its lines of the table.
type figure struct {
	name    string
	measure func(context.Context, *bench) ([]result, error)
}

// figures in the order in which they run: memory first, while nothing else has made the
// hub's heap grow.
func figures() []figure {
	return []figure{
		{"hl7", measureParser},
		{"memory", measureMemory},
		{"emergency", measureEmergency},
		{"alerts", measureAlerts},
		{"mllp", measureMLLP},
		{"staff", measureStaff},
		{"chat", measureTalk},
		{"web", measureWeb},
	}
}

func figureNames() []string {
	var names []string
	for _, f := range figures() {
		names = append(names, f.name)
	}
	return names
}

// measure runs the wanted figures. One that fails is reported at the end and does not keep
// the others from being measured.
func measure(ctx context.Context, o options) error {
	for _, name := range o.only {
		if !slices.Contains(figureNames(), name) {
			return fmt.Errorf("no figure %q; there are %s", name, strings.Join(figureNames(), ", "))
		}
	}
	b := &bench{options: o}
	share := startShare()
	all, err := measureAll(ctx, b)
	about := machine(b.postgres, b.chromium)
	err = errors.Join(err, b.close())
	about.Others = share.others() // the processes of this run have ended: their time is known
	return errors.Join(err, report(os.Stdout, o, about, all))
}

func measureAll(ctx context.Context, b *bench) (all []result, err error) {
	var failed []error
	for _, f := range figures() {
		if len(b.only) > 0 && !slices.Contains(b.only, f.name) {
			continue
		}
		start := time.Now()
		got, err := f.measure(ctx, b)
		if err != nil {
			failed = append(failed, fmt.Errorf("figure %s: %w", f.name, err))
		}
		all = append(all, got...)
		fmt.Fprintf(os.Stderr, "%s took %.0f s\n", f.name, time.Since(start).Seconds())
	}
	return all, errors.Join(failed...)
}
