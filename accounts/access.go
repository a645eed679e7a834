package accounts

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/wardline/wardline/hub"
)

// Policy returns how a clinic signs in, for the console; secrets stay here.
func (s *Service) Policy(ctx context.Context, clinic hub.ClinicID) (SignInPolicy, int, error) {
	p, revision, err := s.ways.SignInPolicy(ctx, clinic)
	return p.shown(), revision, err
}

// shown is a policy without its secrets.
func (p SignInPolicy) shown() SignInPolicy {
	p.Providers = slices.Clone(p.Providers)
	for i := range p.Providers {
		v := &p.Providers[i]
		v.SecretSet, v.Secret = v.Secret != nil && *v.Secret != "", nil
	}
	return p
}

// SavePolicy replaces the policy whose revision the caller has seen. Only owners change what
// gives roles and which providers are believed: Forbidden "role".
func (s *Service) SavePolicy(ctx context.Context, of Session, p SignInPolicy, revision int) (SignInPolicy, int, error) {
	const op = "accounts.save_policy"
	if err := p.check(); err != nil {
		return p, 0, err
	}
	before, _, err := s.ways.SignInPolicy(ctx, of.Clinic)
	if err != nil {
		return p, 0, err
	}
	p.Providers = slices.Clone(p.Providers)
	for i := range p.Providers {
		v := &p.Providers[i]
		j := slices.IndexFunc(before.Providers, func(x Provider) bool { return x.ID == v.ID })
		switch {
		case v.ID == "":
			v.ID = string(hub.NewID[hub.ConnectorID]())
		case j < 0:
			return p, 0, &hub.Error{Op: op, Kind: hub.Invalid, Field: fmt.Sprintf("providers[%d].id", i), Code: "unknown"}
		case v.Secret == nil && v.Issuer == before.Providers[j].Issuer: // a secret never follows to another issuer
			v.Secret = before.Providers[j].Secret
		}
	}
	if !of.Account.Has(RoleOwner) && !sameTrust(before, p) {
		return p, 0, hub.E(op, hub.Forbidden, "role", "")
	}
	next, err := s.ways.SaveSignInPolicy(ctx, of.Clinic, p, revision, of.Account.ID)
	return p.shown(), next, err
}

// OfferedWays is how people can sign in, for the sign-in page.
type OfferedWays struct {
	Directory bool
	Providers []Provider // those switched on; only what is shown of them
}

// Offered returns what a clinic offers at a listener.
func (s *Service) Offered(ctx context.Context, clinic hub.ClinicID, at Place) (OfferedWays, error) {
	p, _, err := s.ways.SignInPolicy(ctx, clinic)
	out := OfferedWays{Directory: p.Directory && s.binder != nil && s.binder.SignsIn(clinic)}
	for _, v := range p.Providers {
		if v.Enabled && s.site(at).url != "" {
			out.Providers = append(out.Providers, Provider{ID: v.ID, Label: v.Label})
		}
	}
	return out, err
}

// SetRoles replaces the roles an owner has given by hand. Conflict "last_owner" when nobody
// would be left who may give any.
func (s *Service) SetRoles(ctx context.Context, of Session, user hub.UserID, roles []AdminRole) error {
	for _, r := range roles {
		if !slices.Contains(AdminRoles(), r) {
			return &hub.Error{Op: "accounts.set_roles", Kind: hub.Invalid, Field: "roles", Code: "unknown"}
		}
	}
	_, err := s.ways.SetRoles(ctx, of.Clinic, user, "", roles, of.Account.ID)
	return err
}

// Admins lists the administrators.
func (s *Service) Admins(ctx context.Context, clinic hub.ClinicID) ([]Admin, error) {
	return s.ways.Admins(ctx, clinic)
}

// Access is all that lets somebody in.
type Access struct {
	Account  Account
	Factors  Factors
	Sessions []Session
	Devices  []Device
	Waiting  []WaitingDevice
}

// AccessOf returns what lets an account in.
func (s *Service) AccessOf(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (out Access, err error) {
	if out.Account, err = s.account(ctx, clinic, user); err != nil {
		return out, err
	}
	if out.Factors, err = s.ways.Factors(ctx, clinic, user); err != nil {
		return out, err
	}
	if out.Sessions, err = s.live(ctx, clinic, user); err != nil {
		return out, err
	}
	if out.Devices, err = s.store.Devices(ctx, clinic, user); err != nil {
		return out, err
	}
	out.Waiting, err = s.ways.Waiting(ctx, clinic, user)
	return out, err
}

func (s *Service) account(ctx context.Context, clinic hub.ClinicID, user hub.UserID) (Account, error) {
	found, err := s.ways.AccountsByID(ctx, clinic, []hub.UserID{user})
	if err != nil {
		return Account{}, err
	}
	if len(found) == 0 {
		return Account{}, hub.E("accounts.find", hub.NotFound, "", "")
	}
	return found[0], nil
}

// Reach says whether an administrator may touch somebody's access: that of an administrator
// only owners and the administrator may, or people would make themselves owners.
func (s *Service) Reach(ctx context.Context, of Session, user hub.UserID) error {
	a, err := s.account(ctx, of.Clinic, user)
	if err != nil {
		return err
	}
	if a.Level == hub.LevelAdmin && !of.Account.Has(RoleOwner) && a.ID != of.Account.ID {
		return hub.E("accounts.reach", hub.Forbidden, "role", "")
	}
	return nil
}

// live lists sessions that have not ended by disuse.
func (s *Service) live(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]Session, error) {
	rows, err := s.ways.Sessions(ctx, clinic, user, s.now())
	var out []Session
	for _, r := range rows {
		if r = s.seen(StoredSession{r}); s.now().Before(r.Expires) {
			out = append(out, r)
		}
	}
	return out, err
}

// Sessions lists the account's own sessions.
func (s *Service) Sessions(ctx context.Context, of Session) ([]Session, error) {
	return s.live(ctx, of.Clinic, of.Account.ID)
}

// EndSession ends one of an account's sessions; sockets end within two seconds.
func (s *Service) EndSession(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id string) error {
	return s.ways.EndSessions(ctx, clinic, user, id, "")
}

// EndSessions ends all of an account's sessions but keep, which may be empty.
func (s *Service) EndSessions(ctx context.Context, clinic hub.ClinicID, user hub.UserID, keep string) error {
	return s.ways.EndSessions(ctx, clinic, user, "", keep)
}

// Strip takes something away that lets somebody in, for the console.
func (s *Service) Strip(ctx context.Context, clinic hub.ClinicID, user hub.UserID, what, id string) error {
	switch what {
	case "passkey":
		return s.ways.DropPasskey(ctx, clinic, user, id)
	case "totp":
		return s.ways.DropTOTP(ctx, clinic, user)
	case "link":
		return s.ways.DropLink(ctx, clinic, user, id)
	case "device":
		return s.store.RevokeDevice(ctx, clinic, user, hub.DeviceID(id), s.now())
	}
	return hub.E("accounts.strip", hub.Invalid, "unknown", "")
}

// Waiting lists the devices that wait, of one account or of all.
func (s *Service) Waiting(ctx context.Context, clinic hub.ClinicID, user hub.UserID) ([]WaitingDevice, error) {
	return s.ways.Waiting(ctx, clinic, user)
}

// ApproveDevice lets a waiting device in. user is whose it has to be, empty for any.
func (s *Service) ApproveDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id hub.DeviceID) error {
	return s.store.ApproveDevice(ctx, clinic, user, id, maxDevices)
}

// RefuseDevice keeps it out.
func (s *Service) RefuseDevice(ctx context.Context, clinic hub.ClinicID, user hub.UserID, id hub.DeviceID) error {
	return s.ways.RefuseDevice(ctx, clinic, user, id)
}

// IssueDeviceCode makes a code that lets one device in. It is returned here and never again.
func (s *Service) IssueDeviceCode(ctx context.Context, of Session, label string, life time.Duration) (DeviceCode, string, error) {
	code := randomCode(recoveryRunes)
	c := DeviceCode{ID: string(hub.NewID[hub.DeviceID]()), Label: label, By: of.Account.ID, Created: s.now(), Expires: s.now().Add(life)}
	return c, code, s.ways.PutDeviceCode(ctx, of.Clinic, c, sha256.Sum256([]byte(code)))
}

// DeviceCodes lists the codes that still work.
func (s *Service) DeviceCodes(ctx context.Context, clinic hub.ClinicID) ([]DeviceCode, error) {
	return s.ways.DeviceCodes(ctx, clinic, s.now())
}

// DropDeviceCode takes a code back.
func (s *Service) DropDeviceCode(ctx context.Context, clinic hub.ClinicID, id string) error {
	return s.ways.DropDeviceCode(ctx, clinic, id)
}

// posterToken makes what a poster's QR code holds, and its hash.
func posterToken() (string, [32]byte) {
	_, hash := newToken("")
	token := base64.RawURLEncoding.EncodeToString(hash[:])
	return token, sha256.Sum256([]byte(token))
}
