package accounts

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp/hotp"

	"github.com/wardline/wardline/hub"
)

const (
	otpStep       = 30 // seconds, RFC 6238
	otpDigits     = 6
	otpSecret     = 20 // bytes, RFC 4226 section 4
	recoveryCodes = 10
	recoveryRunes = 16 // of 32 letters: 80 bits, so that a fast hash is enough
)

// OTPEnrolment is shown once, as a QR code and to be typed.
type OTPEnrolment struct {
	Secret string `json:"secret"`
	URL    string `json:"url"`
}

// BeginTOTP makes the secret of an authenticator app, which does nothing until it has shown
// a code. Conflict "enrolled" while one is on.
func (s *Service) BeginTOTP(ctx context.Context, of Session, name string) (OTPEnrolment, error) {
	var b [otpSecret]byte
	rand.Read(b[:])
	secret := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b[:])
	if err := s.ways.PutTOTP(ctx, of.Clinic, of.Account.ID, secret); err != nil {
		return OTPEnrolment{}, err
	}
	values := url.Values{"secret": {secret}, "issuer": {name}}
	label := url.PathEscape(name) + ":" + url.PathEscape(of.Account.Login)
	return OTPEnrolment{secret, "otpauth://totp/" + label + "?" + strings.ReplaceAll(values.Encode(), "+", "%20")}, nil
}

// ConfirmTOTP switches the app on by its first code and returns the recovery codes, once.
func (s *Service) ConfirmTOTP(ctx context.Context, of Session, code string, at Place) ([]string, error) {
	const op = "accounts.confirm_totp"
	t, err := s.ways.TOTP(ctx, of.Clinic, of.Account.ID)
	if err != nil && hub.KindOf(err) != hub.NotFound {
		return nil, err
	}
	if err != nil || t.Confirmed {
		return nil, hub.E(op, hub.Conflict, "not_enrolling", "")
	}
	attempt, err := s.limits.begin(op, of.Clinic, of.Account.Login, at.Address)
	if err != nil {
		return nil, err
	}
	step, ok := otpAt(t.Secret, code, s.now())
	if ok {
		ok, err = s.ways.UseStep(ctx, of.Clinic, of.Account.ID, step, true)
	}
	if err != nil {
		attempt.void()
		return nil, err
	}
	if !ok {
		return nil, hub.E(op, hub.Unauthenticated, "otp_wrong", "")
	}
	attempt.succeeded()
	codes, err := s.newRecovery(ctx, of)
	if err != nil {
		return nil, err
	}
	of.Proof.Means = append(of.Proof.Means, ByOTP)
	return codes, s.settle(ctx, of, at)
}

// RenewRecovery replaces the recovery codes. Conflict "not_enrolled" without an app.
func (s *Service) RenewRecovery(ctx context.Context, of Session) ([]string, error) {
	t, err := s.ways.TOTP(ctx, of.Clinic, of.Account.ID)
	if err != nil && hub.KindOf(err) != hub.NotFound {
		return nil, err
	}
	if !t.Confirmed {
		return nil, hub.E("accounts.recovery", hub.Conflict, "not_enrolled", "")
	}
	return s.newRecovery(ctx, of)
}

func (s *Service) newRecovery(ctx context.Context, of Session) ([]string, error) {
	codes, hashes := make([]string, recoveryCodes), make([][32]byte, recoveryCodes)
	for i := range codes {
		code := randomCode(recoveryRunes)
		hashes[i] = sha256.Sum256([]byte(code))
		codes[i] = code[:4] + "-" + code[4:8] + "-" + code[8:12] + "-" + code[12:]
	}
	return codes, s.ways.PutRecovery(ctx, of.Clinic, of.Account.ID, hashes)
}

// DropTOTP switches the app off; its recovery codes go with it.
func (s *Service) DropTOTP(ctx context.Context, of Session) error {
	return s.ways.DropTOTP(ctx, of.Clinic, of.Account.ID)
}

// Factors is what the session's account has beside its password.
func (s *Service) Factors(ctx context.Context, of Session) (Factors, error) {
	return s.ways.Factors(ctx, of.Clinic, of.Account.ID)
}

// proveOTP checks the second factor of an account that has an authenticator app, and asks
// nothing of one that has none.
func (s *Service) proveOTP(ctx context.Context, op string, a Account, code string) ([]Means, error) {
	t, err := s.ways.TOTP(ctx, a.Clinic, a.ID)
	if err != nil && hub.KindOf(err) != hub.NotFound {
		return nil, fmt.Errorf("read second factor: %w", err)
	}
	if err != nil || !t.Confirmed {
		return nil, nil
	}
	code = normalCode(code)
	if code == "" {
		return nil, hub.E(op, hub.Unauthenticated, "otp_needed", "")
	}
	used, means := false, ByOTP
	if len(code) == recoveryRunes {
		means = ByRecovery
		used, err = s.ways.UseRecovery(ctx, a.Clinic, a.ID, sha256.Sum256([]byte(code)))
	} else if step, ok := otpAt(t.Secret, code, s.now()); ok {
		used, err = s.ways.UseStep(ctx, a.Clinic, a.ID, step, false)
	}
	if err != nil {
		return nil, fmt.Errorf("use second factor: %w", err)
	}
	if !used {
		return nil, hub.E(op, hub.Unauthenticated, "otp_wrong", "")
	}
	return []Means{means}, nil
}

// otpAt finds the step of a code: that of now, or the one before or after it, for clocks
// that are a little off.
func otpAt(secret, code string, now time.Time) (step int64, ok bool) {
	if len(code) != otpDigits {
		return 0, false
	}
	for _, step := range []int64{0, -1, 1} {
		at := now.Unix()/otpStep + step
		want, err := hotp.GenerateCode(secret, uint64(at))
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			return at, true
		}
	}
	return 0, false
}
