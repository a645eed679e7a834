package seal_test

import (
	"crypto/ed25519"
	"fmt"
	"time"

	"github.com/wardline/wardline/seal"
)

func ExampleSender_Seal() {
	hubPublic, hubPrivate, _ := ed25519.GenerateKey(nil)
	seed, public, _ := seal.NewDeviceKey() // on the device; only public leaves it

	sender, err := seal.NewSender(hubPrivate)
	if err != nil {
		fmt.Println(err)
		return
	}
	now := time.Now()
	header := seal.Header{Kind: 1, ID: [16]byte{42}, Created: now, Expires: now.Add(15 * time.Minute), Context: []byte("alert 17")}
	sealed, err := sender.Seal(header, []byte("Notruf Zimmer 302"), []seal.Device{{ID: "phone", Public: public}})
	if err != nil {
		fmt.Println(err)
		return
	}

	phone := seal.Recipient{Device: "phone", Seed: seed, Hub: hubPublic}
	got, text, err := phone.Open(sealed.Envelope, sealed.Rows[0], time.Now())
	fmt.Printf("%s: %s %v\n", got.Context, text, err)
	// Output: alert 17: Notruf Zimmer 302 <nil>
}

func ExampleKeyring() {
	ring, err := seal.ParseKeyring(seal.NewKey())
	if err != nil {
		fmt.Println(err)
		return
	}
	sealed := ring.Seal("message/1", []byte("Großmann, Jürgen"))
	plain, _ := ring.Open("message/1", sealed)
	_, err = ring.Open("message/2", sealed)
	fmt.Printf("%s; elsewhere: %v\n", plain, err)
	// Output: Großmann, Jürgen; elsewhere: sealed record cannot be opened
}
