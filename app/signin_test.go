package app

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/accounts"
	"github.com/wardline/wardline/seal"
	"github.com/wardline/wardline/store/signin"
)

// TestBegunSignInsAreSwept: the running hub forgets those that never ended.
func TestBegunSignInsAreSwept(t *testing.T) {
	t.Parallel()
	c := testConfig(t)
	a := newTestApp(t, c)
	keys, err := seal.ParseKeyring(seal.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	ways := signin.New(a.db, keys)
	for name, until := range map[string]time.Time{"over": time.Now(), "open": time.Now().Add(time.Hour)} {
		if err := ways.PutCeremony(t.Context(), a.clinic.ID, accounts.StoredCeremony{Hash: sha256.Sum256([]byte(name)), Kind: "test", Until: until}, 0); err != nil {
			t.Fatal(err)
		}
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, "what is over is forgotten, what is open stays", func() bool {
		n := 0
		err := a.db.InClinic(t.Context(), a.clinic.ID, func(tx pgx.Tx) error {
			return tx.QueryRow(t.Context(), `select count(*) from ceremony`).Scan(&n)
		})
		return err == nil && n == 1
	})
}
