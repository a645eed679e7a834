// Package seal holds the hub's own cryptography: envelopes for what the hub itself has to
// say (alerts, notices), and a Keyring for records at rest. It knows nothing of the hub,
// keeps nothing and logs nothing.
//
// # Envelopes
//
// Content is encrypted once under a random content key. For each device that key is
// wrapped into a row of 60 bytes under the device's key-encryption key (KEK). The KEK comes
// from HPKE (RFC 9180, base mode) to the device's X-Wing key and is kept for a day, because
// the encapsulation costs 0.3 ms and the wrap 0.6 µs (measured on one core): an emergency to 10,000 devices is
// sealed in milliseconds. The encapsulation travels with every row, so the receiver keeps
// no state and no lost message can make a later alert unreadable.
//
// All integers are big-endian. An envelope, the same bytes for every device:
//
//	offset  bytes  field
//	0       1      version, 0x01
//	1       1      kind, the caller's
//	2       16     envelope id
//	18      8      sender: the first 8 bytes of SHA-256(hub's Ed25519 public key)
//	26      8      created, milliseconds since 1970 UTC, below 2^53
//	34      8      expires, the same
//	42      32     commitment: SHA-256("wardline/envelope/content/v1" 0x00, envelope id, content key)
//	74      2      a, length of the context, at most 4,096
//	76      a      context: readable and signed, the caller's (room, alert reference)
//	76+a    4      n, length of the ciphertext, 16 to 65,536
//	80+a    n      AES-256-GCM(content key, nonce of 12 zero bytes, AAD = bytes 0 to 80+a), tag last
//	80+a+n  64     Ed25519 over "wardline/envelope/signature/v1" 0x00, bytes 0 to 80+a, SHA-256(ciphertext)
//
// The zero nonce is safe because a content key encrypts one envelope only.
//
// What one device gets beside it, the Row:
//
//	field  bytes  content
//	KEK    8      random name of the KEK
//	Enc    1,120  HPKE encapsulation: KEM MLKEM768-X25519 (0x647a), KDF HKDF-SHA256 (0x0001),
//	              AEAD AES-256-GCM (0x0002), info = "wardline/envelope/v1" 0x00, device id
//	Wrap   60     nonce (12), AES-256-GCM(KEK, nonce, AAD, content key) (32 + 16), where
//	              KEK = context.Export("wardline/envelope/kek/v1", 32) and
//	              AAD = "wardline/envelope/row/v1" 0x00, envelope id, KEK name, device id
//
// # Why the rows are not signed
//
// A device sees its own row only, so a signature over all rows would have to carry a hash
// of rows it cannot check, and one signature per row would cost more than the wrap. The
// signed commitment does the same work: it names the one content key this envelope has.
// Whatever row somebody puts beside the envelope, it yields that key, and then the signed
// content, or nothing. It also holds the hub to one text for all devices, which AES-GCM
// alone would not (it does not commit to its key). The row's AAD keeps a row from being
// moved to another envelope or device.
//
// # What this does not give
//
// There is no forward secrecy beyond the device's key rotation: who takes a device's key
// opens what was sealed to it. The hub, which writes these texts, knows them. A replayed
// envelope is recognised by its id, which the receiver keeps, and by its expiry.
package seal
