package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"
)

// PostgreSQL stores no text that holds a NUL or is not UTF-8, and nothing here means anything
// by one. Both are refused where text comes in: in JSON, forms, paths and queries.
const badText = "bad_text"

var errBadText = errors.New("holds a NUL or is not UTF-8")

func goodText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// readJSON is json.Unmarshal for text that can be stored. What it objects to is told to the
// client, so that it says where and never what: errors of encoding/json quote numbers.
func readJSON(data []byte, v any) error {
	if !utf8.Valid(data) || escapesNUL(data) {
		return errBadText
	}
	return unquoted(json.Unmarshal(data, v))
}

func unquoted(err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &syntax):
		return fmt.Errorf("is no JSON at byte %d", syntax.Offset)
	case errors.As(err, &kind):
		return fmt.Errorf("is of another type at byte %d", kind.Offset)
	}
	return errors.New("cannot be read")
}

// escapesNUL finds NULs in JSON, where they can only be written as escapes (RFC 8259 section 7).
func escapesNUL(data []byte) bool {
	for i := bytes.IndexByte(data, '\\'); i >= 0 && i+1 < len(data); {
		if bytes.HasPrefix(data[i+1:], []byte("u0000")) {
			return true
		}
		next := bytes.IndexByte(data[i+2:], '\\') // past what is escaped, which may be a backslash
		if next < 0 {
			return false
		}
		i += 2 + next
	}
	return false
}

// legible refuses addresses whose path or query holds no good text.
func legible(c *gin.Context) {
	u := c.Request.URL
	ok := goodText(u.Path)
	if ok && u.RawQuery != "" {
		for name, values := range u.Query() {
			ok = ok && goodText(name) && goodText(strings.Join(values, " "))
		}
	}
	if !ok {
		fail(c, problem(http.StatusBadRequest, badText))
		return
	}
	c.Next()
}
