package connectors

import (
	"context"

	"github.com/wardline/wardline/hub"
)

// KeyAuthenticator is an Authenticator that can also check the password of somebody it has
// named before. They may have another login by now, and somebody else may have theirs.
type KeyAuthenticator interface {
	// AuthenticateKey answers as Authenticator.Authenticate does.
	AuthenticateKey(ctx context.Context, key, password string) error
}

// AuthenticateKey asks the sources that sign people in and know somebody by a key, in the
// order of Authenticate, whether a password is theirs. No other source sees the password, and
// nobody else's tries are counted. Errors as of Authenticate.
func (s *Supervisor) AuthenticateKey(ctx context.Context, clinic hub.ClinicID, keys map[hub.ConnectorID]string, password string) error {
	const op = "connectors.authenticate_key"
	err := hub.E(op, hub.Unauthenticated, "wrong", "")
	for _, a := range s.authenticators(clinic) {
		by, ok := a.by.(KeyAuthenticator)
		key := keys[a.id]
		if !ok || key == "" {
			continue
		}
		failed := guard("authenticate", func() error { return by.AuthenticateKey(ctx, key, password) })
		switch {
		case failed == nil:
			return nil
		case hub.KindOf(failed) != hub.Unauthenticated:
			err = hub.E(op, hub.Unavailable, "directory_away", "%w", failed)
		}
	}
	return err
}
