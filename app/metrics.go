package app

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/wardline/wardline/connectors"
)

// watchPeriod is how often the auditor counts what promise 2 forbids.
const watchPeriod = 5 * time.Second

// metrics are the hub's own figures. Labels are ids and codes, never names.
type metrics struct {
	registry  *prometheus.Registry
	watch     *prometheus.GaugeVec
	connector *prometheus.GaugeVec
	named     *prometheus.CounterVec
}

func newMetrics(version string) *metrics {
	m := &metrics{
		registry:  prometheus.NewRegistry(),
		watch:     prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "wardline_watch", Help: "What the auditor counts: running alerts; untimed, overdue timers, cards and answers that wait too long must be 0."}, []string{"what"}),
		connector: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "wardline_connector_up", Help: "1 while a connector is up."}, []string{"connector"}),
		named:     prometheus.NewCounterVec(prometheus.CounterOpts{Name: "wardline_connector_named_total", Help: "What connectors counted, by name."}, []string{"connector", "name"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{Name: "wardline_info", Help: "The running version.", ConstLabels: prometheus.Labels{"version": version}})
	info.Set(1)
	m.registry.MustRegister(m.watch, m.connector, m.named, info, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// audit counts until ctx ends.
func (a *App) audit(ctx context.Context) error {
	for {
		if err := a.auditOnce(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("auditor could not count", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(watchPeriod):
		}
	}
}

func (a *App) auditOnce(ctx context.Context) error {
	if _, err := a.db.EndTechnical(ctx, a.clinic.ID); err != nil {
		return err
	}
	w, err := a.db.Watch(ctx, a.clinic.ID)
	if err != nil {
		return err
	}
	stats := a.stream.Stats()
	for what, n := range map[string]int{
		"running": w.Running, "untimed": w.Untimed, "overdue_timers": w.Overdue, "late_cards": w.Cards, "late_answers": w.Answers,
		"connections": int(stats.Open), "items_sent": int(stats.Sent), "resyncs": int(stats.Resyncs),
	} {
		a.metrics.watch.WithLabelValues(what).Set(float64(n))
	}
	if err := a.auditChat(ctx); err != nil {
		return err
	}
	for _, id := range a.supervisor.IDs() {
		up := 0.0
		if a.supervisor.Health(id).State == connectors.Up {
			up = 1
		}
		a.metrics.connector.WithLabelValues(string(id)).Set(up)
	}
	return nil
}

// readiness is what /readyz asks. A hub whose timers are late is not ready: a load balancer
// should prefer another, and an operator should look.
func (a *App) readiness() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"database": a.db.Ping,
		"timers": func(ctx context.Context) error {
			w, err := a.db.Watch(ctx, a.clinic.ID)
			if err == nil && w.Overdue > 0 {
				err = fmt.Errorf("%d timers are overdue", w.Overdue)
			}
			return err
		},
	}
}
