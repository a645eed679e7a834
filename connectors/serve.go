package connectors

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/wardline/wardline/hub"
)

// TLSFiles is the part of a listening connector's configuration that turns TLS on. All
// empty: plain TCP. With ClientCAFile a peer must present a certificate signed by it.
type TLSFiles struct {
	CertFile     string `json:"cert_file,omitempty" doc:"Zertifikat (PEM, mit Kette). Leer: ohne TLS. / Certificate (PEM, with chain). Empty: no TLS."`
	KeyFile      string `json:"key_file,omitempty" doc:"Privater Schlüssel (PEM). / Private key (PEM)."`
	ClientCAFile string `json:"client_ca_file,omitempty" doc:"Zertifizierungsstelle der Gegenstellen (PEM). Gesetzt: nur mit Client-Zertifikat. / CA of the peers (PEM). Set: client certificate required."`
}

// Validate checks without I/O that the files make sense together.
func (t TLSFiles) Validate() error {
	if (t.CertFile == "") != (t.KeyFile == "") {
		return invalid("tls.cert_file", "certificate and key are needed together")
	}
	if t.ClientCAFile != "" && t.CertFile == "" {
		return invalid("tls.client_ca_file", "client certificates need a server certificate")
	}
	return nil
}

// Load reads the files. It returns nil when TLS is off, and an error when a file cannot be
// read, does not fit its key, or has expired at now.
func (t TLSFiles) Load(now time.Time) (*tls.Config, error) {
	if t.CertFile == "" {
		return nil, nil
	}
	cert, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("load certificate: %w", err)
	}
	if cert.Leaf != nil && now.After(cert.Leaf.NotAfter) {
		return nil, fmt.Errorf("load certificate: it expired on %s", cert.Leaf.NotAfter.Format(time.DateOnly))
	}
	config := &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	if t.ClientCAFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(t.ClientCAFile)
	if err != nil {
		return nil, fmt.Errorf("load client CA: %w", err)
	}
	config.ClientCAs = x509.NewCertPool()
	if !config.ClientCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("load client CA: no certificate found in the file")
	}
	config.ClientAuth = tls.RequireAndVerifyClientCert
	return config, nil
}

// Peers is a list of networks a source may connect from; an empty list allows all.
type Peers []netip.Prefix

// ParsePeers reads networks ("10.1.0.0/16") and single addresses.
func ParsePeers(list []string) (Peers, error) {
	var out Peers
	for _, s := range list {
		s = strings.TrimSpace(s)
		if a, err := netip.ParseAddr(s); err == nil {
			out = append(out, netip.PrefixFrom(a, a.BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(s)
		if err != nil {
			return nil, invalid("allowed_peers", "each entry needs the form 10.1.0.0/16 or 10.1.2.3")
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// Allow reports whether a remote address is in the list.
func (p Peers) Allow(remote net.Addr) bool {
	if len(p) == 0 {
		return true
	}
	a, err := netip.ParseAddr(PeerHost(remote))
	if err != nil {
		return false
	}
	for _, prefix := range p {
		if prefix.Contains(a.Unmap()) {
			return true
		}
	}
	return false
}

// PeerHost returns a remote address without its port, as Raw.Peer wants it.
func PeerHost(remote net.Addr) string {
	host, _, err := net.SplitHostPort(remote.String())
	if err != nil {
		return remote.String()
	}
	return host
}

// ValidAddress checks the form host:port without looking anything up.
func ValidAddress(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return invalid("address", "the listening address needs the form host:port, such as 0.0.0.0:2575")
	}
	if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
		return invalid("address", "the port must be a number from 0 to 65535")
	}
	return nil
}

// CheckListener is the Test button of every connector that listens: the address is free
// or held by the connector itself, and the certificate can be read and is still valid.
func CheckListener(e Env, addr string, files TLSFiles) []Check {
	listen := Check{Name: "listen", OK: true, Detail: addr}
	ln, err := e.Listen("tcp", addr)
	if err != nil {
		listen.OK, listen.Detail = false, err.Error()
		return []Check{listen}
	}
	ln.Close()
	if files.CertFile == "" {
		return []Check{listen}
	}
	cert := Check{Name: "tls", OK: true}
	if _, err := files.Load(e.Now()); err != nil {
		cert.OK, cert.Detail = false, err.Error()
	}
	return []Check{listen, cert}
}

func invalid(field, reason string) error {
	return &hub.Error{Op: "connectors.config", Kind: hub.Invalid, Code: "invalid", Field: field, Err: errors.New(reason)}
}
