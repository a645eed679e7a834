package seal

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hpke"
	"crypto/rand"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// A KEK is replaced after a day, so that one that leaks opens a day's alerts to one
// device, and long before random nonces of 96 bits may repeat (2^32 uses, NIST SP
// 800-38D section 8.3).
const (
	kekLife = 24 * time.Hour
	kekUses = 1 << 20
)

// Device is a recipient: its id and its X-Wing public key (1,216 bytes).
type Device struct {
	ID     string
	Public []byte
}

// Sealed is an envelope with a row for each device it could be sealed to.
type Sealed struct {
	Envelope []byte
	Rows     []Row
	Refused  []string // ids of devices whose public key is no key; the others get theirs all the same
}

// Sender seals in the hub's name. It keeps a KEK per device (about 4 kB) and is safe for
// concurrent use.
type Sender struct {
	key ed25519.PrivateKey
	id  [senderBytes]byte

	mu    sync.RWMutex
	keks  map[string]*kek // by device id
	swept time.Time
}

type kek struct {
	public []byte // the device's key: a device that registers again gets a new KEK
	id     []byte
	enc    []byte
	aead   cipher.AEAD
	made   time.Time
	uses   atomic.Int64
}

// NewSender returns a Sender that signs with key, whose public half devices hold.
func NewSender(key ed25519.PrivateKey) (*Sender, error) {
	if len(key) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("signing key of %d bytes instead of %d", len(key), ed25519.PrivateKeySize)
	}
	return &Sender{key: key, id: senderID(key.Public().(ed25519.PublicKey)), keks: map[string]*kek{}}, nil
}

// Seal encrypts content (at most 65,520 bytes) once and wraps its key for every device.
// Devices not seen today cost 0.3 ms each, spread over all cores; see Warm. A device with
// an unusable key never keeps the others from their alert: it is named in Refused.
func (s *Sender) Seal(h Header, content []byte, devices []Device) (Sealed, error) {
	if err := h.check(); err != nil {
		return Sealed{}, fmt.Errorf("seal envelope: %w", err)
	}
	if len(content)+tagBytes > maxCipher {
		return Sealed{}, fmt.Errorf("seal envelope: content of %d bytes, limit %d", len(content), maxCipher-tagBytes)
	}
	var contentKey [keyBytes]byte
	rand.Read(contentKey[:])
	out := Sealed{Envelope: s.envelope(h, contentKey[:], content)}
	// No deadline: an alert half sealed helps nobody.
	keks := s.keksFor(context.Background(), devices)
	nonces := make([]byte, len(devices)*nonceBytes)
	rand.Read(nonces) // one call, and one allocation for all wraps, not one per device
	wraps := make([]byte, 0, len(devices)*wrapBytes)
	out.Rows = make([]Row, 0, len(devices))
	var aad []byte
	for i, d := range devices {
		k := keks[i]
		if k == nil {
			out.Refused = append(out.Refused, d.ID)
			continue
		}
		aad = rowAAD(aad[:0], h.ID, k.id, d.ID)
		nonce, start := nonces[i*nonceBytes:(i+1)*nonceBytes], len(wraps)
		wraps = k.aead.Seal(append(wraps, nonce...), nonce, contentKey[:], aad)
		out.Rows = append(out.Rows, Row{Device: d.ID, KEK: k.id, Enc: k.enc, Wrap: wraps[start:len(wraps):len(wraps)]})
	}
	return out, nil
}

func (s *Sender) envelope(h Header, contentKey, content []byte) []byte {
	cipherLen := len(content) + tagBytes
	b := make([]byte, 0, fixedHead+len(h.Context)+cipherLen+ed25519.SignatureSize)
	b = appendHead(b, h, s.id, commitment(h.ID, contentKey), cipherLen)
	head := b[:len(b):len(b)]
	b = gcm(contentKey).Seal(b, make([]byte, nonceBytes), content, head)
	return append(b, ed25519.Sign(s.key, signed(head, b[len(head):]))...)
}

// Warm makes the KEKs that Seal would make, so that the first alert after a start or a
// rotation does not wait for them. It returns early, with ctx's error, when ctx ends.
func (s *Sender) Warm(ctx context.Context, devices []Device) error {
	s.keksFor(ctx, devices)
	return ctx.Err()
}

// Forget drops what is kept of a device, as when it is revoked.
func (s *Sender) Forget(device string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.keks, device)
}

// keksFor returns the KEK of each device, nil for an unusable key, and counts a use.
func (s *Sender) keksFor(ctx context.Context, devices []Device) []*kek {
	now, out := time.Now(), make([]*kek, len(devices))
	var missing []int
	s.mu.RLock()
	for i, d := range devices {
		k := s.keks[d.ID]
		if k == nil || now.Sub(k.made) >= kekLife || k.uses.Add(1) > kekUses || !bytes.Equal(k.public, d.Public) {
			missing = append(missing, i)
			continue
		}
		out[i] = k
	}
	s.mu.RUnlock()
	if len(missing) == 0 {
		return out
	}
	encapsulateAll(ctx, devices, missing, out)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep(now)
	for _, i := range missing {
		if out[i] != nil {
			s.keks[devices[i].ID] = out[i]
		}
	}
	return out
}

// encapsulateAll fills out[i] for each i of missing, on all cores.
func encapsulateAll(ctx context.Context, devices []Device, missing []int, out []*kek) {
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(missing)) {
		workers.Go(func() {
			for ctx.Err() == nil {
				n := int(next.Add(1)) - 1
				if n >= len(missing) {
					return
				}
				i := missing[n]
				out[i], _ = encapsulate(devices[i]) // nil says it
			}
		})
	}
	workers.Wait()
}

// sweep drops what has expired, once an hour, so that devices that are gone take no room.
func (s *Sender) sweep(now time.Time) {
	if now.Sub(s.swept) < time.Hour {
		return
	}
	s.swept = now
	for id, k := range s.keks {
		if now.Sub(k.made) >= kekLife {
			delete(s.keks, id)
		}
	}
}

func encapsulate(d Device) (*kek, error) {
	public, err := hpke.MLKEM768X25519().NewPublicKey(d.Public)
	if err != nil {
		return nil, fmt.Errorf("device key: %w", err)
	}
	enc, hpkeSender, err := hpke.NewSender(public, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(labelInfo+d.ID))
	if err != nil {
		return nil, fmt.Errorf("encapsulate: %w", err)
	}
	secret, err := hpkeSender.Export(exportKEK, keyBytes)
	if err != nil {
		return nil, fmt.Errorf("export key: %w", err)
	}
	k := &kek{public: bytes.Clone(d.Public), id: make([]byte, kekIDBytes), enc: enc, aead: gcm(secret), made: time.Now()}
	rand.Read(k.id)
	k.uses.Store(1)
	return k, nil
}

// gcm panics for a key that is not 32 bytes, which no caller's input can bring about.
func gcm(key []byte) cipher.AEAD {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		panic(err)
	}
	return aead
}

// NewDeviceKey makes an X-Wing key pair: the private seed (32 bytes) and the public key
// (1,216 bytes).
func NewDeviceKey() (seed, public []byte, err error) {
	private, err := hpke.MLKEM768X25519().GenerateKey()
	if err != nil {
		return nil, nil, fmt.Errorf("make device key: %w", err)
	}
	if seed, err = private.Bytes(); err != nil {
		return nil, nil, fmt.Errorf("make device key: %w", err)
	}
	return seed, private.PublicKey().Bytes(), nil
}

// CheckDeviceKey tells whether public can be sealed to; ask before registering a device.
func CheckDeviceKey(public []byte) error {
	if _, err := encapsulate(Device{Public: public}); err != nil {
		return errors.New("not an X-Wing public key (MLKEM768-X25519, 1,216 bytes)")
	}
	return nil
}
