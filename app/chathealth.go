package app

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/messaging"
	"github.com/wardline/wardline/server"
)

// recorderAway is after how long without a sign of the recorder an administrator is told. Its
// device is noted as seen every few minutes while it is connected to any node.
const recorderAway = 6 * time.Minute

// listedFaults is how many of the items that could not be read are shown.
const listedFaults = 200

// chatHealth is how conversations are doing, for the console.
type chatHealth struct{ a *App }

var _ server.Health = chatHealth{}

// Chat returns the state of the recorder and counts faults.
func (h chatHealth) Chat(ctx context.Context, clinic hub.ClinicID) (server.ChatHealth, error) {
	totals, err := h.a.chat.FaultTotals(ctx, clinic)
	if err != nil {
		return server.ChatHealth{}, err
	}
	recorder, err := h.a.recorderHealth(ctx, time.Now())
	return server.ChatHealth{Recorder: recorder, Open: totals.Open, Repaired: totals.Repaired, ByCause: totals.ByCause}, err
}

// Faults returns the newest items that could not be read.
func (h chatHealth) Faults(ctx context.Context, clinic hub.ClinicID) ([]messaging.FaultRecord, error) {
	return h.a.chat.Faults(ctx, clinic, listedFaults)
}

// recorderHealth goes by the connection to this node, and by when another node last saw the
// recorder's device.
func (a *App) recorderHealth(ctx context.Context, now time.Time) (server.RecorderHealth, error) {
	_, device, err := a.chat.Recorder(ctx, a.clinic.ID)
	if err != nil || device == "" {
		return server.RecorderHealth{Away: true}, err
	}
	if a.stream.Connected(a.clinic.ID, device) {
		a.recorder.seen.Store(now.Unix())
		return server.RecorderHealth{Connected: true, LastSeen: now}, nil
	}
	devices, err := a.db.Devices(ctx, a.clinic.ID, a.recorder.user)
	if err != nil {
		return server.RecorderHealth{}, err
	}
	var seen time.Time
	if here := a.recorder.seen.Load(); here > 0 {
		seen = time.Unix(here, 0)
	}
	for _, d := range devices {
		if d.ID == device && d.LastSeen.After(seen) {
			seen = d.LastSeen
		}
	}
	return server.RecorderHealth{LastSeen: seen, Away: now.Sub(seen) > recorderAway}, nil
}

// auditChat counts what the auditor watches of conversations.
func (a *App) auditChat(ctx context.Context) error {
	health, err := chatHealth{a}.Chat(ctx, a.clinic.ID)
	if err != nil {
		return err
	}
	silent := time.Since(health.Recorder.LastSeen).Seconds()
	if health.Recorder.LastSeen.IsZero() {
		silent = -1 // never seen
	}
	counts := map[string]float64{"chat_faults_open": float64(health.Open), "chat_faults_repaired": float64(health.Repaired), "recorder_silent_seconds": silent}
	if a.push != nil {
		s := a.push.Stats()
		counts["pushes_sent"], counts["pushes_failed"], counts["pushes_dropped"] = float64(s.Sent), float64(s.Failed), float64(s.Dropped)
	}
	for what, n := range counts {
		a.metrics.watch.WithLabelValues(what).Set(n)
	}
	return nil
}

// refusals are the frames of clients that were refused, by code. They are read when metrics
// are asked for.
type refusals struct {
	desc *prometheus.Desc
	read func() map[string]int64
}

func newRefusals(read func() map[string]int64) refusals {
	return refusals{prometheus.NewDesc("wardline_frames_refused_total", "Frames of clients that were refused, by code.", []string{"code"}, nil), read}
}

// Describe implements prometheus.Collector.
func (r refusals) Describe(out chan<- *prometheus.Desc) { out <- r.desc }

// Collect implements prometheus.Collector.
func (r refusals) Collect(out chan<- prometheus.Metric) {
	for code, n := range r.read() {
		out <- prometheus.MustNewConstMetric(r.desc, prometheus.CounterValue, float64(n), code)
	}
}
