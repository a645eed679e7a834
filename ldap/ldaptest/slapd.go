// Package ldaptest starts real directory servers for tests: OpenLDAP on a free port, Samba
// as an Active Directory domain controller in a network namespace of its own, and a proxy
// that cuts connections.
package ldaptest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/wardline/wardline/hub/hubtest"
)

// The tree of every OpenLDAP server started here.
const (
	Suffix   = "dc=klinik,dc=example"
	Admin    = "cn=admin," + Suffix
	AdminPW  = "admin-pw"
	Reader   = "cn=reader,ou=services," + Suffix // an ordinary account: limits hold for it
	ReaderPW = "reader-pw"
	Capped   = "cn=capped,ou=services," + Suffix // like Reader; paging does not lift its limit of 500
)

// Slapd is a running OpenLDAP server.
type Slapd struct {
	Addr, TLSAddr string // host:port
	CAFile        string
	OtherCAFile   string // an authority the server's certificate does not come from
	Cert          *x509.Certificate
	dir           string
	cmd           *exec.Cmd
	exited        chan struct{}
}

// ErrMissing says which program is not installed.
var ErrMissing = errors.New("not installed")

// Find looks for a program where distributions keep servers.
func Find(name string) (string, error) {
	for _, dir := range []string{"/usr/sbin", "/usr/lib/openldap", "/usr/bin"} {
		if p := filepath.Join(dir, name); executable(p) {
			return p, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, ErrMissing)
}

// StartSlapd loads ldif, which must begin below Suffix, and serves it.
func StartSlapd(ldif string) (*Slapd, error) {
	program, err := Find("slapd")
	if err != nil {
		return nil, err
	}
	if _, err := Find("ldapmodify"); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "slapd")
	if err != nil {
		return nil, err
	}
	s := &Slapd{dir: dir, exited: make(chan struct{})}
	if err := s.prepare(ldif); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	for range 5 { // another process may take a free port before slapd does
		if err = s.start(program); err == nil {
			return s, nil
		}
	}
	os.RemoveAll(dir)
	return nil, err
}

func (s *Slapd) path(name string) string { return filepath.Join(s.dir, name) }

func (s *Slapd) prepare(ldif string) error {
	if err := os.Mkdir(s.path("db"), 0o700); err != nil {
		return err
	}
	var err error
	if s.CAFile, s.Cert, err = certificates(s.dir); err != nil {
		return err
	}
	s.OtherCAFile = s.path("other.pem")
	conf := strings.ReplaceAll(slapdConf, "DIR", s.dir)
	if err := os.WriteFile(s.path("slapd.conf"), []byte(conf), 0o600); err != nil {
		return err
	}
	if err := os.WriteFile(s.path("data.ldif"), []byte(tree+ldif), 0o600); err != nil {
		return err
	}
	add, err := Find("slapadd")
	if err != nil {
		return err
	}
	out, err := exec.Command(add, "-q", "-f", s.path("slapd.conf"), "-l", s.path("data.ldif")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("slapadd: %w: %s", err, out)
	}
	return nil
}

func (s *Slapd) start(program string) (err error) {
	if s.Addr, err = hubtest.FreeAddr(); err != nil {
		return err
	}
	if s.TLSAddr, err = hubtest.FreeAddr(); err != nil {
		return err
	}
	return s.serve(program)
}

// Restart serves the same data at the same address again, after Kill.
func (s *Slapd) Restart() error {
	program, err := Find("slapd")
	if err != nil {
		return err
	}
	return s.serve(program)
}

func (s *Slapd) serve(program string) error {
	log, err := os.Create(s.path("log"))
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(program, "-f", s.path("slapd.conf"), "-h", "ldap://"+s.Addr+"/ ldaps://"+s.TLSAddr+"/", "-d", "0")
	s.cmd.Stdout, s.cmd.Stderr = log, log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	s.exited = exited
	go func() { s.cmd.Wait(); close(exited) }()
	for range 600 {
		c, err := net.Dial("tcp", s.TLSAddr)
		if err == nil {
			c.Close()
			return nil
		}
		select {
		case <-exited:
			out, _ := os.ReadFile(s.path("log"))
			return fmt.Errorf("slapd ended: %s", out)
		case <-time.After(50 * time.Millisecond):
		}
	}
	s.Stop()
	return errors.New("slapd does not answer")
}

// Kill ends the server without giving it a moment.
func (s *Slapd) Kill() {
	s.cmd.Process.Kill()
	<-s.exited
}

// Stop ends the server and removes its data.
func (s *Slapd) Stop() {
	s.Kill()
	os.RemoveAll(s.dir)
}

// Modify applies LDIF change records as the administrator.
func (s *Slapd) Modify(ldif string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "ldapmodify", "-x", "-H", "ldap://"+s.Addr, "-D", Admin, "-w", AdminPW)
	cmd.Stdin = strings.NewReader(ldif)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("ldapmodify: %w: %s", err, out)
	}
	return nil
}

// certificates makes an authority (ca.pem), the certificate of a server (cert.pem, key.pem)
// and an authority that has nothing to do with it (other.pem).
func certificates(dir string) (caFile string, cert *x509.Certificate, err error) {
	ca, caKey, err := authority("Test CA")
	if err != nil {
		return "", nil, err
	}
	other, _, err := authority("Other CA")
	if err != nil {
		return "", nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", nil, err
	}
	leaf := &x509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "ldap.klinik.example"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"ldap.klinik.example"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature}
	der, err := x509.CreateCertificate(rand.Reader, leaf, ca, key.Public(), caKey)
	if err != nil {
		return "", nil, err
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		return "", nil, err
	}
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", nil, err
	}
	at := func(name string) string { return filepath.Join(dir, name) }
	return at("ca.pem"), cert, errors.Join(writePEM(at("ca.pem"), "CERTIFICATE", ca.Raw), writePEM(at("other.pem"), "CERTIFICATE", other.Raw),
		writePEM(at("cert.pem"), "CERTIFICATE", der), writePEM(at("key.pem"), "PRIVATE KEY", plain))
}

func authority(name string) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	t := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, t, t, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}

func writePEM(path, kind string, der []byte) error {
	var b bytes.Buffer
	if err := pem.Encode(&b, &pem.Block{Type: kind, Bytes: der}); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o600)
}

const slapdConf = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload syncprov
moduleload ppolicy
pidfile DIR/pid
TLSCACertificateFile DIR/ca.pem
TLSCertificateFile DIR/cert.pem
TLSCertificateKeyFile DIR/key.pem
sizelimit 500
database mdb
suffix "dc=klinik,dc=example"
rootdn "cn=admin,dc=klinik,dc=example"
rootpw admin-pw
directory DIR/db
maxsize 268435456
dbnosync
index objectClass,uid,entryUUID,entryCSN,modifyTimestamp eq
limits dn.exact="cn=capped,ou=services,dc=klinik,dc=example" size=500
limits users size.soft=500 size.hard=500 size.prtotal=unlimited
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
overlay syncprov
syncprov-sessionlog 10000
overlay ppolicy
`

const tree = `dn: dc=klinik,dc=example
objectClass: dcObject
objectClass: organization
o: Klinik
dc: klinik

dn: ou=services,dc=klinik,dc=example
objectClass: organizationalUnit
ou: services

dn: cn=reader,ou=services,dc=klinik,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader-pw

dn: cn=capped,ou=services,dc=klinik,dc=example
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: capped
userPassword: reader-pw

dn: ou=people,dc=klinik,dc=example
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=klinik,dc=example
objectClass: organizationalUnit
ou: groups

`

func executable(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}
