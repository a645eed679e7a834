package ldap

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"
)

// Error is why an operation came to nothing. Name is stable and safe to store and show.
type Error struct {
	Name string
	Code uint16 // result code of the server, 0 where it gave none
	Err  error  // never what the server wrote; nil where the name says it all
}

// Error says what happened in one sentence.
func (e *Error) Error() string {
	s := "ldap: " + sentences[e.Name]
	if sentences[e.Name] == "" {
		s = "ldap: " + e.Name
	}
	if e.Code != 0 {
		s += fmt.Sprintf(" (result %d)", e.Code)
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives errors.Is and errors.As access to the cause.
func (e *Error) Unwrap() error { return e.Err }

// Name returns the name of the first Error in err's chain, "" where there is none.
func Name(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Name
	}
	return ""
}

// The names of errors.
const (
	DNS              = "dns"
	Unreachable      = "unreachable"
	TLSFailed        = "tls"
	StartTLSRefused  = "starttls_refused"
	WrongCredentials = "wrong_credentials"
	AccountDisabled  = "account_disabled"
	AccountExpired   = "account_expired"
	AccountLocked    = "account_locked"
	PasswordExpired  = "password_expired"
	SigningRequired  = "signing_required"
	TLSRequired      = "tls_required"
	ChannelBinding   = "channel_binding"
	NoPermission     = "no_permission"
	NoSuchBase       = "no_such_base"
	SizeLimit        = "size_limit"
	TimeLimit        = "time_limit"
	AdminLimit       = "admin_limit"
	Busy             = "busy"
	Referral         = "referral"
	Unsupported      = "unsupported"
	RefreshRequired  = "refresh_required"
	ServerGone       = "server_gone"
	Timeout          = "timeout"
	Refused          = "refused"
	BadFilter        = "bad_filter"
	TooMuch          = "too_much"
	Failed           = "failed"
)

var sentences = map[string]string{
	DNS:              "the name of the server is not known",
	Unreachable:      "the server cannot be reached",
	TLSFailed:        "the encrypted connection could not be made",
	StartTLSRefused:  "the server refuses StartTLS",
	WrongCredentials: "the server refuses name or password",
	AccountDisabled:  "the account is disabled",
	AccountExpired:   "the account has expired",
	AccountLocked:    "the account is locked out",
	PasswordExpired:  "the password has expired or must be changed",
	SigningRequired:  "the server wants signing and refuses a plain bind: use ldaps:// or StartTLS",
	TLSRequired:      "the server wants encryption: use ldaps:// or StartTLS",
	ChannelBinding:   "the server wants channel binding, which a simple bind cannot give",
	NoPermission:     "the account may not read this",
	NoSuchBase:       "the search base does not exist or may not be read",
	SizeLimit:        "the server ended the search at its size limit",
	TimeLimit:        "the server ended the search at its time limit",
	AdminLimit:       "the server ended the search at an administrative limit",
	Busy:             "the server is busy",
	Referral:         "the server refers to another one, which is not followed",
	Unsupported:      "the server does not support what was asked",
	RefreshRequired:  "the server no longer knows the place where the last pass ended",
	ServerGone:       "the connection ended before the answer was whole",
	Timeout:          "the server did not answer in time",
	Refused:          "the server is unwilling",
	BadFilter:        "the filter is not well-formed",
	TooMuch:          "the answer is larger than allowed",
	Failed:           "the server could not do it",
}

// codes maps result codes (RFC 4511 appendix A, RFC 4533 section 2.6) to names.
var codes = map[uint16]string{
	goldap.LDAPResultOperationsError:              Failed,
	goldap.LDAPResultTimeLimitExceeded:            TimeLimit,
	goldap.LDAPResultSizeLimitExceeded:            SizeLimit,
	goldap.LDAPResultAuthMethodNotSupported:       SigningRequired,
	goldap.LDAPResultStrongAuthRequired:           SigningRequired,
	goldap.LDAPResultReferral:                     Referral,
	goldap.LDAPResultAdminLimitExceeded:           AdminLimit,
	goldap.LDAPResultUnavailableCriticalExtension: Unsupported,
	goldap.LDAPResultConfidentialityRequired:      TLSRequired,
	goldap.LDAPResultNoSuchObject:                 NoSuchBase,
	goldap.LDAPResultInvalidDNSyntax:              NoSuchBase,
	goldap.LDAPResultInappropriateAuthentication:  WrongCredentials,
	goldap.LDAPResultInvalidCredentials:           WrongCredentials,
	goldap.LDAPResultInsufficientAccessRights:     NoPermission,
	goldap.LDAPResultBusy:                         Busy,
	goldap.LDAPResultUnavailable:                  Busy,
	goldap.LDAPResultUnwillingToPerform:           Refused,
	goldap.LDAPResultSyncRefreshRequired:          RefreshRequired,
	goldap.ErrorNetwork:                           ServerGone,
	goldap.ErrorFilterCompile:                     BadFilter,
	goldap.ErrorEmptyPassword:                     WrongCredentials,
}

// wrap names an error of the library. The end of ctx stays what it is.
func wrap(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var named *Error
	if errors.As(err, &named) {
		return err
	}
	var e *goldap.Error
	if !errors.As(err, &e) {
		return lost(err)
	}
	if e.ResultCode == goldap.ErrorNetwork {
		return lost(e.Err)
	}
	out := &Error{Name: Failed}
	if name := codes[e.ResultCode]; name != "" {
		out.Name = name
	}
	if e.ResultCode < goldap.ErrorNetwork || e.ResultCode == goldap.LDAPResultSyncRefreshRequired {
		out.Code = e.ResultCode
	}
	if out.Name == WrongCredentials && e.Err != nil {
		out.Name = activeDirectory(e.Err.Error())
	}
	return out
}

// lost tells a deadline from a connection that ended. The library keeps of its cause only
// the text.
func lost(err error) error {
	if err != nil && (strings.Contains(err.Error(), os.ErrDeadlineExceeded.Error()) || strings.Contains(err.Error(), "timed out")) {
		return &Error{Name: Timeout}
	}
	if err != nil && strings.Contains(err.Error(), errTooMuch.Error()) {
		return &Error{Name: TooMuch}
	}
	return &Error{Name: ServerGone}
}

// activeDirectory reads why a bind was refused from the diagnostic message, the only place
// where Active Directory tells it: "... comment: AcceptSecurityContext error, data 533, v...".
func activeDirectory(diagnostic string) string {
	if strings.Contains(diagnostic, "80090346") { // SEC_E_BAD_BINDINGS
		return ChannelBinding
	}
	_, data, found := strings.Cut(diagnostic, "data ")
	if !found {
		return WrongCredentials
	}
	data, _, _ = strings.Cut(data, ",")
	switch strings.ToLower(strings.TrimSpace(data)) {
	case "533":
		return AccountDisabled
	case "701":
		return AccountExpired
	case "775":
		return AccountLocked
	case "532", "773":
		return PasswordExpired
	case "80090346":
		return ChannelBinding
	}
	return WrongCredentials
}

// dialError names why no connection came to be.
func dialError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return &Error{Name: DNS}
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		return &Error{Name: Timeout}
	}
	return &Error{Name: Unreachable}
}
