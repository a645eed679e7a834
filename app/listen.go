package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
)

// listen opens a listener's socket, so that a taken port fails the start and not later.
func (a *App) listen(ctx context.Context, l *listener) error {
	var config net.ListenConfig
	socket, err := config.Listen(ctx, "tcp", l.config.Addr)
	if err != nil {
		return fmt.Errorf("open %s listener: %w", l.name, err)
	}
	a.undo.push(l.name+" socket", func(context.Context) error {
		if err := socket.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	})
	if l.config.Cert != "" {
		pair, err := tls.LoadX509KeyPair(l.config.Cert, l.config.Key)
		if err != nil {
			return fmt.Errorf("open %s listener: %w", l.name, err)
		}
		// TLS 1.3 only; Go offers X25519MLKEM768 first (BSI TR-02102: classical-only key
		// agreement ends in 2031).
		socket = tls.NewListener(socket, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13, NextProtos: []string{"http/1.1"}})
	}
	l.socket = socket
	return nil
}

// serve answers requests until Stop.
func (a *App) serve(l *listener) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := l.server.Serve(l.socket); !errors.Is(err, http.ErrServerClosed) {
			a.log.Error("listener ended", "listener", l.name, "err", err)
		}
	}()
	a.undo.push(l.name+" listener", func(ctx context.Context) error {
		err := l.server.Shutdown(ctx)
		if err != nil {
			err = errors.Join(err, l.server.Close())
		}
		<-done
		return err
	})
	a.log.Info("listening", "listener", l.name, "addr", l.socket.Addr().String())
}

// baseURL is how people reach a listener.
func baseURL(c ListenConfig) string {
	if c.URL != "" {
		return c.URL
	}
	host, port, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return "http://" + c.Addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified()) {
		host = "localhost"
	}
	scheme := "http"
	if c.Cert != "" {
		scheme = "https"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
}
