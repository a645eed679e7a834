package connectors

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/wardline/wardline/hub"
)

// gate is a directory that knows one person by a key; config names what it does.
type gate struct {
	config gateConfig
	asked  *asked
}

type gateConfig struct{ Name, Key, Password string }

// asked is who was asked, in that order.
type asked struct {
	mu    sync.Mutex
	names []string
}

func (g *gate) Run(ctx context.Context) error { <-ctx.Done(); return nil }
func (g *gate) SignsIn() bool                 { return true }
func (g *gate) Authenticate(context.Context, string, string) (string, error) {
	return "", hub.E("gate", hub.Unauthenticated, "wrong", "")
}
func (g *gate) AuthenticateKey(_ context.Context, key, password string) error {
	g.asked.mu.Lock()
	defer g.asked.mu.Unlock()
	g.asked.names = append(g.asked.names, g.config.Name)
	switch {
	case g.config.Password == "":
		return hub.E("gate", hub.Unavailable, "away", "")
	case key != g.config.Key || password != g.config.Password:
		return hub.E("gate", hub.Unauthenticated, "wrong", "")
	}
	return nil
}

func TestAuthenticateKeyAsksOnlyWhoKnowsThem(t *testing.T) {
	t.Parallel()
	who := &asked{}
	s := supervisor(t, Kind{Name: "gate", Config: func() any { return &gateConfig{} }, New: func(config any, _ Env) (Connector, error) {
		return &gate{*config.(*gateConfig), who}, nil
	}})
	for id, config := range map[hub.ConnectorID]string{
		"a": `{"Name":"a","Key":"k1","Password":"right"}`, "b": `{"Name":"b","Key":"k1","Password":"right"}`, "c": `{"Name":"c"}`,
	} {
		apply(t, s, Spec{Clinic: "house", ID: id, Kind: "gate", Revision: 1, Config: []byte(config)})
	}
	for name, x := range map[string]struct {
		clinic   hub.ClinicID
		keys     map[hub.ConnectorID]string
		password string
		want     hub.Kind
		ok       bool
		asks     []string
	}{
		"known to one":             {"house", map[hub.ConnectorID]string{"b": "k1"}, "right", 0, true, []string{"b"}},
		"known to one, mistyped":   {"house", map[hub.ConnectorID]string{"a": "k1"}, "wrong", hub.Unauthenticated, false, []string{"a"}},
		"known to nobody":          {"house", nil, "right", hub.Unauthenticated, false, nil},
		"no key":                   {"house", map[hub.ConnectorID]string{"a": ""}, "right", hub.Unauthenticated, false, nil},
		"one is away, one says no": {"house", map[hub.ConnectorID]string{"a": "k2", "c": "k1"}, "right", hub.Unavailable, false, []string{"a", "c"}},
		"one is away, one says so": {"house", map[hub.ConnectorID]string{"b": "k1", "c": "k1"}, "right", 0, true, []string{"b"}},
		"another clinic's":         {"other", map[hub.ConnectorID]string{"a": "k1"}, "right", hub.Unauthenticated, false, nil},
	} {
		who.names = nil
		err := s.AuthenticateKey(t.Context(), x.clinic, x.keys, x.password)
		if (err == nil) != x.ok || err != nil && hub.KindOf(err) != x.want || !slices.Equal(who.names, x.asks) {
			t.Errorf("%s: %v, asked %v", name, err, who.names)
		}
	}
}
