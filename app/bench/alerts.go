package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/wardline/wardline/hub/hubtest"
)

const (
	alertWards     = 100
	peoplePerWard  = 2 // on duty: 200 devices in all
	moderateRate   = 50
	moderateRound  = 6 * time.Second
	moderateRounds = 3
	closedRound    = 4 * time.Second
	heldRound      = 10 * time.Second
	alertConns     = 64
	aimAlertP50    = 5 // ms
	aimAlertP99    = 50
	aimAlertRate   = 3000
	emergencyBound = 2 * time.Minute
	emergencyQuiet = 1500 * time.Millisecond // between two, for receipts to be written
	// heldLag is how far the cards may be behind at the end of a round that counts as held.
	heldLag = 250 * time.Millisecond
)

// heldShares are the shares of the closed-loop rate that are tried, highest first.
var heldShares = [...]float64{1, 0.8, 0.6, 0.4, 0.2}

// door is the way in for alarms.
type door struct {
	Addr, Token string
	CA          []byte // PEM
}

// alarmDoor makes an alarm connector with a certificate of its own.
func (b *bench) alarmDoor(ctx context.Context) (door, error) {
	addr, err := hubtest.FreeAddr()
	if err != nil {
		return door{}, err
	}
	cert, key, ca, err := writeCertificate(b.hub.dir)
	if err != nil {
		return door{}, err
	}
	id, err := b.admin.addConnector(ctx, "alarm-http", "Alarme "+addr, map[string]any{
		"address": addr, "tls": map[string]any{"cert_file": cert, "key_file": key}})
	if err != nil {
		return door{}, err
	}
	token, err := b.admin.addToken(ctx, id)
	return door{addr, token, ca}, err
}

func writeCertificate(dir string) (certFile, keyFile string, ca []byte, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", nil, fmt.Errorf("make key: %w", err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		return "", "", nil, fmt.Errorf("make certificate: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", nil, fmt.Errorf("encode key: %w", err)
	}
	ca = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	certFile, keyFile = filepath.Join(dir, newID()+".crt"), filepath.Join(dir, newID()+".key")
	if err := os.WriteFile(certFile, ca, 0o600); err != nil {
		return "", "", nil, fmt.Errorf("write certificate: %w", err)
	}
	return certFile, keyFile, ca, os.WriteFile(keyFile, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600)
}

// measureAlerts raises alerts over HTTPS to 200 connected devices.
func measureAlerts(ctx context.Context, b *bench) ([]result, error) {
	if err := b.ready(ctx); err != nil {
		return nil, err
	}
	devices, err := b.seedWards(ctx, "A", b.scaled(alertWards), peoplePerWard)
	if err != nil {
		return nil, err
	}
	d, err := b.alarmDoor(ctx)
	if err != nil {
		return nil, err
	}
	load, err := startWorker()
	if err != nil {
		return nil, err
	}
	defer load.stop()
	if err := load.do(ctx, time.Minute, "open", openArgs{Chat: b.hub.chat, Devices: devices}, nil); err != nil {
		return nil, err
	}
	f := &alertFigure{bench: b, load: load, door: d, wards: b.scaled(alertWards)}
	// The first alert to a device makes its key, once a day: that is not what is measured.
	if _, _, err := f.raise(ctx, moderateRate, b.scaledTime(moderateRound)); err != nil {
		return nil, fmt.Errorf("warm up: %w", err)
	}
	moderate, err := f.moderate(ctx)
	if err != nil {
		return nil, err
	}
	held, err := f.held(ctx)
	return append(moderate, held...), err
}

type alertFigure struct {
	*bench
	load  *worker
	door  door
	wards int
}

// raise runs one round. Its alerts stay: a hub has a history. Rate 0 is the closed loop.
func (f *alertFigure) raise(ctx context.Context, rate int, length time.Duration) (alertResult, cpu, error) {
	before := f.hub.cpu()
	args := alertArgs{Door: f.door, URL: f.hub.databaseURL(), Wards: f.wards, Rate: rate, Length: length, Round: newID()}
	var r alertResult
	if err := f.load.do(ctx, length+roundSafety, "alerts", args, &r); err != nil {
		return r, cpu{}, err
	}
	return r, f.hub.cpu().since(before), f.analyze(ctx)
}

func (f *alertFigure) moderate(ctx context.Context) ([]result, error) {
	var commit50, commit99, first50, first99 []float64
	for range moderateRounds {
		r, _, err := f.raise(ctx, moderateRate, f.scaledTime(moderateRound))
		if err != nil {
			return nil, err
		}
		if r.Failed > 0 || r.Missing > 0 {
			return nil, fmt.Errorf("%d of %d alerts were not accepted, %d did not arrive: %s", r.Failed, r.Sent, r.Missing, r.Why)
		}
		commit50, commit99 = append(commit50, r.Commit.P50), append(commit99, r.Commit.P99)
		first50, first99 = append(first50, r.First.P50), append(first99, r.First.P99)
	}
	name := fmt.Sprintf("alert at %d/s, ", moderateRate)
	return []result{
		rounds(name+"committed (202) p50", "ms", commit50),
		rounds(name+"committed (202) p99", "ms", commit99),
		rounds(name+"at the first device p50", "ms", first50).atMost(aimAlertP50),
		rounds(name+"at the first device p99", "ms", first99).atMost(aimAlertP99),
	}, nil
}

// held finds the highest rate that goes on for ten seconds without falling behind: first
// as many as a closed loop brings, then less and less.
func (f *alertFigure) held(ctx context.Context) ([]result, error) {
	top, _, err := f.raise(ctx, 0, f.scaledTime(closedRound))
	if err != nil {
		return nil, err
	}
	out := []result{{Figure: "alerts, closed loop, 64 connections", Unit: "alerts/s", Value: top.PerSecond,
		Note: fmt.Sprintf("committed; %d cards behind at the end", top.Behind)}}
	for _, share := range heldShares {
		rate := int(share * top.PerSecond)
		r, spent, err := f.raise(ctx, rate, f.scaledTime(heldRound))
		if err != nil {
			return out, err
		}
		if !r.held(rate) {
			continue
		}
		note := fmt.Sprintf("10 s; first device p50 %s, p99 %s ms; %s", number(r.First.P50), number(r.First.P99), spent.per(r.Sent, "hub"))
		return append(out, result{Figure: "alerts, highest rate held", Unit: "alerts/s", Value: float64(rate), Note: note}.atLeast(aimAlertRate)), nil
	}
	none := result{Figure: "alerts, highest rate held", Unit: "alerts/s", Note: "none of the rates tried was held"}
	return append(out, none.atLeast(aimAlertRate)), nil
}
