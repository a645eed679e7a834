package server

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// ManagementOptions is what the listener of the operator's monitor needs.
type ManagementOptions struct {
	Metrics prometheus.Gatherer
	// Checks say whether the hub can do its work. Each is given 2 s and named in the answer;
	// its error is only logged.
	Checks map[string]func(context.Context) error
	Log    *slog.Logger
}

const checkBound = 2 * time.Second

// NewManagement serves /livez, /readyz and /metrics. It has no sessions and belongs on
// loopback or a management network.
func NewManagement(o ManagementOptions) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", o.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.Metrics, promhttp.HandlerOpts{}))
	return mux
}

func (o ManagementOptions) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), checkBound)
	defer cancel()
	results := make(map[string]string, len(o.Checks))
	status := http.StatusOK
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, check := range o.Checks {
		wg.Go(func() {
			err := check(ctx)
			mu.Lock()
			defer mu.Unlock()
			results[name] = "ok"
			if err != nil {
				results[name], status = "failing", http.StatusServiceUnavailable
				o.Log.Warn("not ready", "check", name, "error", err)
			}
		})
	}
	wg.Wait()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(map[string]any{"checks": results}); err != nil {
		o.Log.Debug("readiness was not written", "error", err)
	}
}
