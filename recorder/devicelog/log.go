package devicelog

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
)

// Errors of Extend. Fork and rollback mean that the hub shows different people different
// logs, or the same people an older one.
var (
	ErrFork     = errors.New("device log: another history than before")
	ErrRollback = errors.New("device log: shorter than before")
	ErrEntry    = errors.New("device log: an entry does not follow")
)

// MaxBody is the most bytes an entry's body may have.
const MaxBody = 4 << 10

const (
	signatureContext = "wardline device log v1\x00"
	hashContext      = "wardline device log entry v1\x00"
	version          = 1
)

// Act is what an entry does.
type Act string

// The acts.
const (
	Account Act = "account" // entry 1: the account key and the first device
	Add     Act = "device"
	Revoke  Act = "revoke"
	Reset   Act = "reset" // a new account key and a first device under it
)

// Body is what an account key signs.
type Body struct {
	V       int          `json:"v"`
	Clinic  hub.ClinicID `json:"clinic"`
	User    hub.UserID   `json:"user"`
	N       int64        `json:"n"`
	Prev    string       `json:"prev"`
	Act     Act          `json:"act"`
	Account []byte       `json:"account"`
	Device  hub.DeviceID `json:"device"`
	Sign    []byte       `json:"sign"`
	KEM     []byte       `json:"kem"`
	At      time.Time    `json:"at"`
}

// Entry is one entry as it travels.
type Entry struct {
	N    int64  `json:"n"`
	Body []byte `json:"body"`
	Sig  []byte `json:"sig"`
}

// hash is what the next entry's prev must be.
func (e Entry) hash() string {
	h := sha256.New()
	io.WriteString(h, hashContext)
	h.Write(e.Body)
	h.Write(e.Sig)
	return hex.EncodeToString(h.Sum(nil))
}

// Device is a device that the log has named.
type Device struct {
	Sign    []byte `json:"sign"`
	KEM     []byte `json:"kem"`
	Revoked bool   `json:"revoked,omitempty"`
}

// Log is what is known of one person's log; the zero value with Clinic and User set knows
// nothing yet. It is remembered between visits, so that a fork or rollback is noticed.
type Log struct {
	Clinic  hub.ClinicID            `json:"clinic"`
	User    hub.UserID              `json:"user"`
	N       int64                   `json:"n"`
	Head    string                  `json:"head"` // hash of entry N
	Account []byte                  `json:"account"`
	Devices map[hub.DeviceID]Device `json:"devices"`
	Resets  int                     `json:"resets"`
}

// After is the number to ask the hub with: the newest known entry must come again, since only
// so a rollback is seen.
func (l *Log) After() int64 { return max(l.N-1, 0) }

// Extend checks what the hub gave for After and returns the log with it. l itself stays as
// it is.
func (l *Log) Extend(entries []Entry) (*Log, error) {
	if err := l.overlap(entries); err != nil {
		return nil, err
	}
	next := *l
	next.Devices = maps.Clone(l.Devices)
	if next.Devices == nil {
		next.Devices = map[hub.DeviceID]Device{}
	}
	for _, e := range entries {
		if e.N <= l.N {
			continue
		}
		if err := next.append(e); err != nil {
			return nil, err
		}
	}
	return &next, nil
}

// overlap demands the newest known entry again, the same; those before it are bound by its hash.
func (l *Log) overlap(entries []Entry) error {
	if l.N == 0 {
		return nil
	}
	at := slices.IndexFunc(entries, func(e Entry) bool { return e.N == l.N })
	switch {
	case at >= 0 && entries[at].hash() == l.Head:
		return nil
	case at >= 0:
		return ErrFork
	case len(entries) == 0 || entries[len(entries)-1].N < l.N:
		return ErrRollback
	}
	return ErrEntry
}

func (l *Log) append(e Entry) error {
	b, err := parse(e.Body)
	if err != nil || e.N != l.N+1 || b.N != e.N || b.Clinic != l.Clinic || b.User != l.User {
		return ErrEntry
	}
	if !ed25519.Verify(b.Account, append([]byte(signatureContext), e.Body...), e.Sig) {
		return ErrEntry
	}
	if b.Prev != l.Head {
		return ErrFork
	}
	if !l.apply(b) {
		return ErrEntry
	}
	l.N, l.Head, l.Account = e.N, e.hash(), b.Account
	return nil
}

// apply does what an entry says, which its own account key has signed; false if it cannot
// stand here.
func (l *Log) apply(b Body) bool {
	first := l.N == 0
	if first != (b.Act == Account) || !first && (b.Act == Reset) == bytes.Equal(b.Account, l.Account) {
		return false
	}
	switch b.Act {
	case Revoke:
		return l.revoke(b.Device)
	case Add:
		return !l.Has(b.Device) && l.name(b)
	case Reset:
		for id := range l.Devices {
			l.revoke(id)
		}
		l.Resets++
	}
	return l.name(b)
}

func (l *Log) revoke(id hub.DeviceID) bool {
	d, ok := l.Devices[id]
	was := ok && !d.Revoked
	if ok {
		d.Revoked = true
		l.Devices[id] = d
	}
	return was
}

// name certifies a device. It may be named again, after a reset for instance, but never with
// other keys.
func (l *Log) name(b Body) bool {
	known, ok := l.Devices[b.Device]
	if ok && (!bytes.Equal(known.Sign, b.Sign) || !bytes.Equal(known.KEM, b.KEM)) {
		return false
	}
	l.Devices[b.Device] = Device{Sign: b.Sign, KEM: b.KEM}
	return true
}

// fields are those of a Body: each must be there, and no other, since parsers might disagree
// about them. Go's would take "Act" for "act".
func fields() []string {
	return []string{"account", "act", "at", "clinic", "device", "kem", "n", "prev", "sign", "user", "v"}
}

func parse(body []byte) (Body, error) {
	var b Body
	var raw map[string]json.RawMessage
	if len(body) > MaxBody || json.Unmarshal(body, &raw) != nil || json.Unmarshal(body, &b) != nil {
		return b, ErrEntry
	}
	if !slices.Equal(slices.Sorted(maps.Keys(raw)), fields()) || !bytes.HasSuffix(raw["at"], []byte(`Z"`)) {
		return b, ErrEntry
	}
	if b.V != version || !hub.ValidID(string(b.Device)) || len(b.Account) != ed25519.PublicKeySize {
		return b, ErrEntry
	}
	named := len(b.Sign) == ed25519.PublicKeySize && len(b.KEM) == sha256.Size
	if !named && !(b.Act == Revoke && len(b.Sign) == 0 && len(b.KEM) == 0) {
		return b, ErrEntry
	}
	return b, nil
}

// Certified reports whether the log certifies a device with exactly this signature key now.
func (l *Log) Certified(device hub.DeviceID, sign []byte) bool {
	return l.Named(device, sign) && !l.Devices[device].Revoked
}

// Has reports whether the log certifies a device now, with whatever key.
func (l *Log) Has(device hub.DeviceID) bool {
	d, ok := l.Devices[device]
	return ok && !d.Revoked
}

// Named reports whether the log certifies a device with this key, or once did. A commit of
// the past is judged by it: whoever catches up after a revocation must still be able to follow
// the commit that brought the device in, or never comes to the one that takes it out.
func (l *Log) Named(device hub.DeviceID, sign []byte) bool {
	d, ok := l.Devices[device]
	return ok && bytes.Equal(d.Sign, sign)
}

// Keys are a device's public keys.
type Keys struct {
	Device hub.DeviceID
	Sign   ed25519.PublicKey
	KEM    []byte // X-Wing
}

// Start makes entry 1 of a log.
func (l *Log) Start(account ed25519.PrivateKey, k Keys, at time.Time) (Entry, error) {
	return l.sign(account, Account, k, at)
}

// AddDevice makes an entry that certifies one more device.
func (l *Log) AddDevice(account ed25519.PrivateKey, k Keys, at time.Time) (Entry, error) {
	return l.sign(account, Add, k, at)
}

// RevokeDevice makes an entry by which a device is certified no more.
func (l *Log) RevokeDevice(account ed25519.PrivateKey, device hub.DeviceID, at time.Time) (Entry, error) {
	known := l.Devices[device]
	return l.entry(account, Body{Act: Revoke, Account: l.Account, Device: device, Sign: known.Sign, KEM: known.KEM, At: at})
}

// Renew makes an entry that puts a new account key in place of the old one.
func (l *Log) Renew(account ed25519.PrivateKey, k Keys, at time.Time) (Entry, error) {
	return l.sign(account, Reset, k, at)
}

func (l *Log) sign(account ed25519.PrivateKey, act Act, k Keys, at time.Time) (Entry, error) {
	kem := sha256.Sum256(k.KEM)
	return l.entry(account, Body{Act: act, Account: account.Public().(ed25519.PublicKey), Device: k.Device, Sign: k.Sign, KEM: kem[:], At: at})
}

func (l *Log) entry(signer ed25519.PrivateKey, b Body) (Entry, error) {
	b.V, b.Clinic, b.User, b.N, b.Prev = version, l.Clinic, l.User, l.N+1, l.Head
	b.At = b.At.UTC().Truncate(time.Second)
	body, err := json.Marshal(b)
	if err != nil {
		return Entry{}, ErrEntry
	}
	return Entry{b.N, body, ed25519.Sign(signer, append([]byte(signatureContext), body...))}, nil
}
