package ldapsync

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	"github.com/wardline/wardline/ldap"
)

// The ways to ask a directory for changes. They are stored in cursors.
const (
	byUSN       = "usn"
	byDirSync   = "dirsync"
	bySyncrepl  = "syncrepl"
	byTimestamp = "timestamp"
)

// cursor is where a pass ended. It names servers and groups, never people.
type cursor struct {
	Method string `json:"method"`
	// Scope is a digest of the settings that decide who is found; another one is another question.
	Scope string `json:"scope"`

	DC         string            `json:"dc,omitempty"`         // dsServiceName of the only server whose numbers these are
	Invocation string            `json:"invocation,omitempty"` // changes when its database was restored
	USN        int64             `json:"usn,omitempty"`        // the highest number seen
	Cookies    map[string][]byte `json:"cookies,omitempty"`    // by base
	Stamp      string            `json:"stamp,omitempty"`      // generalizedTime of the server

	// Groups are the keys of groups that matter, 16 bytes each. AllGroups: there are too many,
	// or keys of another form, and any change of groups counts.
	Groups    string `json:"groups,omitempty"`
	AllGroups bool   `json:"all_groups,omitempty"`
}

// maxCursor is the most a cursor may hold, less than what the contract allows.
const maxCursor = 60 << 10

func (c cursor) bytes() []byte {
	if c.Method == "" {
		return nil
	}
	b, err := json.Marshal(c)
	if err == nil && len(b) > maxCursor {
		c.Groups, c.AllGroups = "", true
		b, err = json.Marshal(c)
	}
	if err != nil || len(b) > maxCursor {
		return nil // the next pass reads everything
	}
	return b
}

// readCursor returns the zero cursor for anything it cannot read.
func readCursor(b []byte) cursor {
	var c cursor
	if json.Unmarshal(b, &c) != nil {
		return cursor{}
	}
	return c
}

// remember notes which groups matter, so that the next pass can tell a deleted group from a
// deleted person.
func (c *cursor) remember(g *groups) {
	var packed []byte
	for _, key := range g.relevant {
		b, err := unhex(key)
		if err != nil {
			c.AllGroups = true
			return
		}
		packed = append(packed, b...)
	}
	c.Groups = base64.StdEncoding.EncodeToString(packed)
}

// matters reports whether a changed object is a group that decides about somebody.
func (c cursor) matters(key string) bool {
	packed, err := base64.StdEncoding.DecodeString(c.Groups)
	b, bad := unhex(key)
	if err != nil || bad != nil || c.AllGroups {
		return true
	}
	for part := range slices.Chunk(packed, 16) {
		if slices.Equal(part, b) {
			return true
		}
	}
	return false
}

func unhex(guid string) ([]byte, error) { return ldap.ParseUUID(strings.ToLower(guid)) }
