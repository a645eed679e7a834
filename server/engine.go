package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"
)

const (
	maxBody    = 1 << 20 // bytes of a request, unless a route says less
	requestKey = "request_id"
)

// HTTPServer returns a server with the limits both listeners rely on. It has no write
// timeout, which would end sockets; handlers are bounded by their own contexts.
func HTTPServer(h http.Handler) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
	}
}

// newEngine returns a gin engine with everything that holds for every route. Redirects are
// off because they would pass by the middleware; there is no trusted proxy because gin
// would believe X-Forwarded-For from anybody.
func newEngine(o Options, listener string) *gin.Engine {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.RedirectTrailingSlash = false
	r.RedirectFixedPath = false
	r.HandleMethodNotAllowed = true
	r.ContextWithFallback = true
	if err := r.SetTrustedProxies(nil); err != nil {
		panic(fmt.Errorf("set no trusted proxies: %w", err)) // nil cannot fail
	}
	r.Use(logged(o.Log, listener, newDurations(o.Metrics, listener)), recovered(o.Log), headers, limited, legible, sameOrigin(http.NewCrossOriginProtection()))
	r.NoMethod(func(c *gin.Context) { fail(c, problem(http.StatusMethodNotAllowed, "")) })
	return r
}

// logged writes one line per request: method, route and outcome. Paths, queries, ids and
// names stay out; the request id finds what else was logged about it.
func logged(log *slog.Logger, listener string, durations *prometheus.HistogramVec) gin.HandlerFunc {
	return func(c *gin.Context) {
		began := time.Now()
		var b [8]byte
		rand.Read(b[:])
		id := hex.EncodeToString(b[:])
		c.Set(requestKey, id)
		c.Header("X-Request-Id", id)
		c.Next()
		route := c.FullPath()
		if route == "" {
			route = "file"
		}
		took := time.Since(began)
		status := c.Writer.Status()
		durations.WithLabelValues(route, strconv.Itoa(status)).Observe(took.Seconds())
		level := slog.LevelDebug
		if status >= http.StatusInternalServerError {
			level = slog.LevelWarn
		}
		log.Log(c, level, "request", "listener", listener, "method", c.Request.Method, "route", route,
			"status", status, "ms", took.Milliseconds(), "request_id", id)
	}
}

// newDurations counts and times requests by route; the label values are bounded by the
// number of routes.
func newDurations(reg prometheus.Registerer, listener string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "wardline_http_request_seconds", Help: "Time to answer requests.",
		ConstLabels: prometheus.Labels{"listener": listener},
		Buckets:     []float64{.002, .005, .01, .025, .05, .1, .25, 1, 5},
	}, []string{"route", "status"})
	if reg != nil {
		reg.MustRegister(h)
	}
	return h
}

// recovered turns a panic into a 500 and keeps where it was. The value is dropped: it may
// quote a message.
func recovered(log *slog.Logger) gin.HandlerFunc {
	return func(c *gin.Context) {
		defer func() {
			switch p := recover(); {
			case p == nil:
			case p == any(http.ErrAbortHandler):
				panic(p)
			default:
				log.Error("request panicked", "route", c.FullPath(), "request_id", c.GetString(requestKey), "stack", string(debug.Stack()))
				fail(c, problem(http.StatusInternalServerError, ""))
			}
		}()
		c.Next()
	}
}

// limited refuses methods nothing here uses and bodies nobody needs.
func limited(c *gin.Context) {
	switch c.Request.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete:
	default:
		c.Header("Allow", "GET, HEAD, POST, PUT, DELETE")
		fail(c, problem(http.StatusMethodNotAllowed, ""))
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, bodyLimit(c))
	c.Next()
}

// sameOrigin refuses writes that a page of another origin has sent (Sec-Fetch-Site and
// Origin), so that the cookie of a signed-in browser is of no use to it.
func sameOrigin(guard *http.CrossOriginProtection) gin.HandlerFunc {
	return func(c *gin.Context) {
		if guard.Check(c.Request) != nil {
			fail(c, problem(http.StatusForbidden, "cross_origin"))
			return
		}
		c.Next()
	}
}

// fail answers with a problem and ends the chain.
func fail(c *gin.Context, p *Problem) {
	p.RequestID = c.GetString(requestKey)
	c.Abort()
	if c.Writer.Written() {
		return
	}
	for name, values := range p.GetHeaders() {
		c.Header(name, values[0])
	}
	c.Header("Cache-Control", "no-store")
	c.Header("Content-Type", problemType)
	c.Status(p.Status)
	if err := json.NewEncoder(c.Writer).Encode(p); err != nil && !errors.Is(err, context.Canceled) {
		c.Error(err) // the client is gone
	}
}
