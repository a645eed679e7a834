package recorder

import (
	"context"
	"crypto/ed25519"
	"crypto/hpke"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/wardline/wardline/hub"
	"github.com/wardline/wardline/recorder/client"
	"github.com/wardline/wardline/recorder/devicelog"
	"github.com/wardline/wardline/recorder/mlscore"
)

const (
	identityFile = "identity"
	sessionFile  = "session"
	deviceName   = "Recorder"
)

// identity are the recorder's keys and, once it has registered, its names.
type identity struct {
	Account []byte `json:"account"` // Ed25519 seeds
	Sign    []byte `json:"sign"`
	KEM     []byte `json:"kem"` // X-Wing seed

	Clinic hub.ClinicID `json:"clinic,omitempty"`
	User   hub.UserID   `json:"user,omitempty"`
	Device hub.DeviceID `json:"device,omitempty"`
}

func newIdentity() (identity, error) {
	_, account, err := ed25519.GenerateKey(nil)
	if err != nil {
		return identity{}, err
	}
	_, sign, err := ed25519.GenerateKey(nil)
	if err != nil {
		return identity{}, err
	}
	kem, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		return identity{}, err
	}
	seed, err := kem.Bytes()
	return identity{Account: account.Seed(), Sign: sign.Seed(), KEM: seed}, err
}

func (i identity) account() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(i.Account) }

func (i identity) signer() mlscore.Signer {
	return mlscore.Signer{
		Identity: mlscore.Identity{Clinic: string(i.Clinic), User: string(i.User), Device: string(i.Device)},
		Key:      ed25519.NewKeyFromSeed(i.Sign),
	}
}

func (i identity) keys() (devicelog.Keys, error) {
	kem, err := hpke.MLKEM768X25519().NewPrivateKey(i.KEM)
	if err != nil {
		return devicelog.Keys{}, err
	}
	sign := ed25519.NewKeyFromSeed(i.Sign).Public().(ed25519.PublicKey)
	return devicelog.Keys{Device: i.Device, Sign: sign, KEM: kem.PublicKey().Bytes()}, nil
}

// load reads the identity, or makes one and keeps it before anybody hears of it.
func (r *recorder) loadIdentity() error {
	raw, err := r.disk.Get(identityFile)
	if errors.Is(err, fs.ErrNotExist) {
		if r.id, err = newIdentity(); err != nil {
			return err
		}
		return r.saveIdentity()
	}
	if err != nil {
		return fmt.Errorf("recorder: identity: %w", err)
	}
	if err := json.Unmarshal(raw, &r.id); err != nil || len(r.id.Account) != ed25519.SeedSize || len(r.id.Sign) != ed25519.SeedSize {
		return errors.New("recorder: identity is damaged")
	}
	return nil
}

func (r *recorder) saveIdentity() error {
	raw, err := json.Marshal(r.id)
	if err != nil {
		return err
	}
	return r.disk.Put(identityFile, raw)
}

// signIn makes sure of a session that is bound to this device, which it registers and
// certifies the first time.
func (r *recorder) signIn(ctx context.Context) error {
	me, err := r.session(ctx)
	if err != nil {
		return err
	}
	if r.id.User == "" {
		r.id.Clinic, r.id.User = me.Clinic.ID, me.User
	}
	if r.id.Clinic != me.Clinic.ID || r.id.User != me.User {
		return errAnother
	}
	if err := r.device(ctx, me); err != nil {
		return err
	}
	return r.certify(ctx)
}

// errAnother means that the hub has given the recorder another name than it had. Its keys are
// certified under the old one.
var errAnother = errors.New("recorder: the token is of another account than the data directory")

func (r *recorder) session(ctx context.Context) (client.Me, error) {
	if r.api.Session() == "" {
		if kept, err := r.disk.Get(sessionFile); err == nil {
			r.api.Resume(string(kept))
		}
	}
	if r.api.Session() != "" {
		me, err := r.api.Me(ctx)
		if err == nil || hub.KindOf(err) != hub.Unauthenticated {
			return me, err
		}
	}
	token, err := os.ReadFile(r.o.TokenFile)
	if err != nil {
		return client.Me{}, &hub.Error{Op: "recorder.token", Kind: hub.Unavailable, Code: "no_token"}
	}
	me, err := r.api.Link(ctx, strings.TrimSpace(string(token)))
	if err != nil {
		return me, err
	}
	return me, r.disk.Put(sessionFile, []byte(r.api.Session()))
}

// device attaches the session to the device, or registers it. A crash between registering and
// keeping the name is made up for by looking for our key among the account's devices.
func (r *recorder) device(ctx context.Context, me client.Me) error {
	if r.id.Device != "" {
		if me.Device == r.id.Device {
			return nil
		}
		return r.api.Attach(ctx, r.id.Device)
	}
	k, err := r.id.keys()
	if err != nil {
		return err
	}
	known, err := r.api.Devices(ctx)
	if err != nil {
		return err
	}
	for _, d := range known {
		if string(d.SignPublic) == string(k.Sign) {
			r.id.Device = d.ID
			return errors.Join(r.saveIdentity(), r.api.Attach(ctx, d.ID))
		}
	}
	id, err := r.api.Register(ctx, deviceName, k.KEM, k.Sign)
	if err != nil {
		return err
	}
	r.id.Device = id
	return r.saveIdentity()
}

// certify makes entry 1 of the own device log, if it is not there.
func (r *recorder) certify(ctx context.Context) error {
	own := &devicelog.Log{Clinic: r.id.Clinic, User: r.id.User}
	entries, err := r.api.Log(ctx, r.id.User, 0)
	if err != nil {
		return err
	}
	k, err := r.id.keys()
	if err != nil {
		return err
	}
	if len(entries) == 0 {
		first, err := own.Start(r.id.account(), k, r.o.now())
		if err != nil {
			return err
		}
		return r.api.AppendLog(ctx, first)
	}
	known, err := own.Extend(entries)
	if err != nil {
		return errors.Join(errForeignLog, err)
	}
	if known.Certified(r.id.Device, k.Sign) {
		return nil
	}
	if !r.o.StartOver {
		return errForeignLog
	}
	anew, err := known.Renew(r.id.account(), k, r.o.now())
	if err != nil {
		return err
	}
	return r.api.AppendLog(ctx, anew)
}

// errForeignLog means that others will not believe this device, and rightly. Its keys are
// somewhere else; if they are gone for good, Options.StartOver is the way on.
var errForeignLog = errors.New("recorder: the account's device log does not name this device; its data directory is elsewhere, or lost")
