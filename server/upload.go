package server

import (
	"context"
	"errors"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"github.com/wardline/wardline/hub"
)

const (
	maxUpload    = 20 << 20          // bytes of a handed-in file
	maxForm      = maxUpload + 1<<16 // with the fields around it
	maxFormValue = 1 << 10
	uploadBound  = 2 * time.Minute
)

// uploads are the routes whose bodies may be as large as a file. Their forms are read in
// memory: a form parsed by the library would lie open in the system's temporary folder.
var uploads = []string{apiRoot + "/imports", apiRoot + "/rosters", apiRoot + "/rosters/dry"}

// bodyLimit is the largest body of a route.
func bodyLimit(c *gin.Context) int64 {
	if c.Request.Method == http.MethodPost && slices.Contains(uploads, c.FullPath()) {
		return maxForm
	}
	return maxBody
}

// handleUpload is handle for a multipart form with one file and some named texts.
func handleUpload[O any](a *api, r route, fields map[string]string, f func(context.Context, Upload, map[string]string) (O, error)) {
	handle(a, r, func(ctx context.Context, _ *struct{}) (O, error) {
		u, values, err := readForm(ctx, slices.Collect(maps.Keys(fields)))
		if err != nil {
			return *new(O), err
		}
		u.By = caller(ctx).Account.ID
		return f(ctx, u, values)
	})
	s := &huma.Schema{Type: huma.TypeObject, Required: []string{"file"}, Properties: map[string]*huma.Schema{
		"file": {Type: huma.TypeString, Format: "binary", Description: "At most 20 MiB."},
	}}
	for name, text := range fields {
		s.Properties[name] = &huma.Schema{Type: huma.TypeString, Description: text}
	}
	a.huma.OpenAPI().Paths[apiRoot+r.path].Post.RequestBody = &huma.RequestBody{
		Required: true, Content: map[string]*huma.MediaType{"multipart/form-data": {Schema: s}},
	}
}

// readForm reads a form whose parts may come in any order. Unknown parts are refused, as
// unknown properties are.
func readForm(ctx context.Context, fields []string) (Upload, map[string]string, error) {
	var u Upload
	c, ok := ctx.Value(ginKey{}).(*gin.Context)
	if !ok {
		return u, nil, errors.New("an upload needs a request")
	}
	// Absent where the writer is no connection of a server, as in tests.
	_ = http.NewResponseController(c.Writer).SetReadDeadline(time.Now().Add(uploadBound))
	parts, err := c.Request.MultipartReader()
	if err != nil {
		return u, nil, problem(http.StatusUnsupportedMediaType, "")
	}
	values := map[string]string{}
	for {
		p, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = readPart(p, fields, &u, values)
		}
		if err != nil {
			return u, nil, badForm(err)
		}
	}
	if len(u.Body) == 0 {
		return u, nil, &hub.Error{Op: "server.upload", Kind: hub.Invalid, Field: "file", Code: "empty"}
	}
	return u, values, nil
}

func readPart(p *multipart.Part, fields []string, u *Upload, values map[string]string) (err error) {
	defer p.Close()
	name := p.FormName()
	switch {
	case name == "file" && u.Body == nil:
		u.Name = fileName(p.FileName())
		u.Body, err = limitedRead(p, maxUpload)
		return err
	case slices.Contains(fields, name):
		var b []byte
		b, err = limitedRead(p, maxFormValue)
		values[name] = string(b)
		if err == nil && !goodText(values[name]) {
			bad := problem(http.StatusBadRequest, badText)
			bad.Errors = []FieldProblem{{Location: place(name), Message: errBadText.Error()}}
			return bad
		}
		return err
	}
	return &hub.Error{Op: "server.upload", Kind: hub.Invalid, Code: "unknown_part"}
}

func limitedRead(r io.Reader, n int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(n)+1))
	if err == nil && len(b) > n {
		err = problem(http.StatusRequestEntityTooLarge, "")
	}
	return b, err
}

// badForm is what the client is told of a form that could not be read.
func badForm(err error) error {
	var p *Problem
	var e *hub.Error
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &p), errors.As(err, &e):
		return err
	case errors.As(err, &large):
		return problem(http.StatusRequestEntityTooLarge, "")
	}
	p = problem(http.StatusBadRequest, "malformed")
	p.cause = err
	return p
}

// fileName is the last part of a name, whichever system's separators it has.
func fileName(s string) string {
	s = path.Base(strings.ReplaceAll(strings.ToValidUTF8(s, ""), `\`, "/"))
	if s == "." || s == ".." || s == "/" {
		return ""
	}
	if len(s) > 255 {
		s = strings.ToValidUTF8(s[len(s)-255:], "")
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
