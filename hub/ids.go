package hub

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// The identifiers below are UUIDs in their canonical text form. They are distinct types
// so that the compiler refuses a RoomID where a UserID is meant. The zero value is "none".
type (
	// ClinicID names one clinic: the tenant that leads every key in the database.
	ClinicID string
	// PersonID names somebody who exists, whether or not they may log in.
	PersonID string
	// UserID names an account: somebody who may log in.
	UserID string
	// DeviceID names one browser or phone of an account.
	DeviceID string
	// UnitID names a house, a clinic or a ward.
	UnitID string
	// RoleID names a duty role on a unit, such as "Pflege Station 4B".
	RoleID string
	// RoomID names a room whose log of items devices read.
	RoomID string
	// AlertID names one alert.
	AlertID string
	// ConnectorID names one configured connector.
	ConnectorID string
	// MessageID names one stored raw input of a connector.
	MessageID string
	// RuleID names one routing rule.
	RuleID string
	// RunID names one pass over a source of staff.
	RunID string
	// GroupID names one group of persons.
	GroupID string
	// ConflictID names one question about who somebody is.
	ConflictID string
	// PlanID names one planned set of directory changes.
	PlanID string
)

// ID is any of the identifier types of this package.
type ID interface{ ~string }

// NewID returns a fresh time-ordered identifier (UUID version 7, RFC 9562 section 5.7), so
// that new rows land at the end of a B-tree instead of all over it.
func NewID[T ID]() T {
	var b [16]byte
	rand.Read(b[:])
	ms := uint64(time.Now().UnixMilli())
	binary.BigEndian.PutUint64(b[:8], ms<<16|uint64(b[6])<<8|uint64(b[7]))
	b[6] = b[6]&0x0f | 0x70
	b[8] = b[8]&0x3f | 0x80
	return T(format(b))
}

// DerivedID returns an identifier computed from parts (UUID version 8), the same for the
// same parts. A retried step uses it to write the same row again instead of a second one.
func DerivedID[T ID](sum [32]byte) T {
	var b [16]byte
	copy(b[:], sum[:])
	b[6] = b[6]&0x0f | 0x80
	b[8] = b[8]&0x3f | 0x80
	return T(format(b))
}

// ValidID reports whether s has the canonical text form of a UUID. Handlers check
// identifiers from outside with it before they reach the database.
func ValidID(s string) bool {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if !dash && !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return true
}

func format(b [16]byte) string {
	var s [36]byte
	hex.Encode(s[0:8], b[0:4])
	s[8] = '-'
	hex.Encode(s[9:13], b[4:6])
	s[13] = '-'
	hex.Encode(s[14:18], b[6:8])
	s[18] = '-'
	hex.Encode(s[19:23], b[8:10])
	s[23] = '-'
	hex.Encode(s[24:36], b[10:16])
	return string(s[:])
}
