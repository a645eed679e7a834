// Command op is the OpenID provider the journeys sign in at: the example provider of
// zitadel/oidc with its login form, on loopback, with one client and one user.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/op"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	port := flag.Int("port", 0, "port on loopback")
	redirects := flag.String("redirects", "", "redirect URIs of the client wardline, with commas")
	user := flag.String("user", "", "login of the only user")
	password := flag.String("password", "", "the user's password")
	flag.Parse()

	storage.RegisterClients(storage.WebClient("wardline", "geheim", strings.Split(*redirects, ",")...))
	users, err := oneUser(*user, *password)
	if err != nil {
		return err
	}
	issuer := fmt.Sprintf("http://localhost:%d/", *port)
	handler := exampleop.SetupServer(issuer, storage.NewStorage(users), slog.New(slog.DiscardHandler), false, op.WithAllowInsecure())
	server := &http.Server{Addr: fmt.Sprintf("127.0.0.1:%d", *port), Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	return server.ListenAndServe()
}

// oneUser goes by way of a file because the example's store can be filled by nothing else.
func oneUser(login, password string) (storage.UserStore, error) {
	users := map[string]*storage.User{"u1": {
		ID: "u1", Username: login, Password: password, FirstName: "Kim", LastName: "Beispiel", Email: login + "@klinik.example", EmailVerified: true,
	}}
	body, err := json.Marshal(users)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "op-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "users.json")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		return nil, err
	}
	return storage.StoreFromFile(file)
}
