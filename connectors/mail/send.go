package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	netmail "net/mail"
	"net/textproto"
	"strconv"
	"strings"
	"unicode"

	gomail "github.com/wneessen/go-mail"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/hub"
)

// Limits of one mail.
const (
	maxAddress = 254 // RFC 5321 section 4.5.3.1.3, less its brackets
	maxSubject = 200
	maxText    = 64 << 10
)

// Mail sends one text to one address; nil means that the server has taken it. Invalid where
// the mail itself cannot be sent, Unavailable where trying later may help.
func (s *sender) Mail(ctx context.Context, m connectors.Mail) error {
	msg, err := s.message(m)
	if err != nil {
		return err
	}
	c, err := s.call(true)
	if err != nil {
		return err
	}
	defer c.hangUp()
	err = c.DialAndSendWithContext(ctx, msg)
	if msg.IsDelivered() {
		err = nil // whatever went wrong at the goodbye
	}
	if err != nil {
		s.env.Count("send_failed")
		return failure("mail.send", err)
	}
	s.env.Count("sent")
	return nil
}

// message builds a mail. Neither an address nor a subject may hold a line break: it would
// begin a header of the sender's choice (RFC 5322 section 2.2).
func (s *sender) message(m connectors.Mail) (*gomail.Msg, error) {
	to, err := netmail.ParseAddress(m.To)
	if err != nil || hasControl(m.To) || len(to.Address) > maxAddress || to.Name != "" {
		return nil, bad("to", "address")
	}
	if m.Subject == "" || len(m.Subject) > maxSubject || hasControl(m.Subject) {
		return nil, bad("subject", "text")
	}
	if len(m.Text) > maxText || strings.ContainsRune(m.Text, 0) {
		return nil, bad("text", "length")
	}
	msg := gomail.NewMsg(gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP))
	if err := errors.Join(msg.From(s.config.From), msg.To(to.Address)); err != nil {
		return nil, bad("to", "address")
	}
	msg.Subject(m.Subject)
	msg.SetDate()
	msg.SetMessageID()
	// No answers of machines to a machine (RFC 3834 section 5).
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	return msg, nil
}

func bad(field, code string) error {
	return &hub.Error{Op: "mail.send", Kind: hub.Invalid, Field: field, Code: code}
}

func hasControl(s string) bool { return strings.ContainsFunc(s, unicode.IsControl) }

// failure names what went wrong with a server. The texts of the library quote addresses and
// the server's own words, so none of them goes on.
func failure(op string, err error) error {
	var known *hub.Error
	if errors.As(err, &known) {
		return err
	}
	code, reason := name(err)
	kind := hub.Unavailable
	if code == "refused" {
		kind = hub.Invalid
	}
	return &hub.Error{Op: op, Kind: kind, Code: code, Err: errors.New(reason)}
}

func name(err error) (code, reason string) {
	var (
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		record  tls.RecordHeaderError
		answer  *textproto.Error
		send    *gomail.SendError
		dial    *net.OpError
	)
	switch {
	case errors.As(err, &dns):
		return "unreachable", "the name of the server is unknown"
	case errors.As(err, &cert), errors.As(err, &unknown), errors.As(err, &host):
		return "tls", "the certificate of the server is not accepted"
	case errors.As(err, &record):
		return "tls", "the server does not speak TLS at this port"
	case errors.As(err, &send) && send.ErrorCode() != 0:
		return answered(send.ErrorCode())
	case errors.As(err, &answer):
		return answered(answer.Code)
	case errors.As(err, &dial) && dial.Op == "dial":
		return "unreachable", "the server cannot be reached"
	case strings.Contains(err.Error(), "does not support STARTTLS"):
		return "tls", "the server offers no STARTTLS"
	case strings.Contains(err.Error(), "AUTH"):
		return "wrong_credentials", "the server takes none of the ways of signing in that are safe here"
	}
	return "ended_early", "the conversation with the server broke off"
}

// answered names a refusal by its reply code (RFC 5321 section 4.2.3, RFC 4954 section 6).
func answered(code int) (name, reason string) {
	number := strconv.Itoa(code)
	switch {
	case code == 530 || code == 534 || code == 535 || code == 538:
		return "wrong_credentials", "the server refuses user or password (" + number + ")"
	case code >= 500:
		return "refused", "the server refuses the mail for good (" + number + ")"
	}
	return "later", "the server asks to try later (" + number + ")"
}

// explain is the sentence behind an error, for a health or a check.
func explain(err error) string {
	var e *hub.Error
	if errors.As(err, &e) && e.Err != nil {
		return e.Err.Error()
	}
	return "the server cannot be used"
}
