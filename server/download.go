package server

import (
	"bytes"
	"context"
	"encoding/csv"
	"mime"

	"github.com/danielgtaylor/huma/v2"

	"github.com/wardline/wardline/connectors"
)

// download is an answer that a browser saves as a file.
type download struct {
	Type        string `header:"Content-Type"`
	Disposition string `header:"Content-Disposition"`
	Body        []byte
}

// attach makes a browser save a file under its name. Beside the security headers of every
// answer this keeps whatever is in it from being shown as a page.
func attach(f File) *download {
	return &download{Type: f.Type, Disposition: mime.FormatMediaType("attachment", map[string]string{"filename": f.Name}), Body: f.Body}
}

// handleFile is handle for an answer that is a file of one of some media types.
func handleFile[I any](a *api, r route, types []string, f func(context.Context, *I) (File, error)) {
	register(a, r, func(ctx context.Context, in *I) (*download, error) {
		file, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		return attach(file), nil
	})
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	content := map[string]*huma.MediaType{}
	for _, t := range types {
		content[t] = &huma.MediaType{Schema: binary}
	}
	a.huma.OpenAPI().Paths[apiRoot+r.path].Get.Responses["200"].Content = content
}

const csvType = "text/csv; charset=utf-8"

// table writes a file for spreadsheets as they are used here: semicolons, UTF-8 told by a
// byte order mark.
type table struct {
	buf bytes.Buffer
	w   *csv.Writer
}

func newTable(header ...string) *table {
	t := &table{}
	t.buf.WriteString("\ufeff")
	t.w = csv.NewWriter(&t.buf)
	t.w.Comma, t.w.UseCRLF = ';', true
	t.row(header...)
	return t
}

func (t *table) row(cells ...string) {
	out := make([]string, len(cells))
	for i, c := range cells {
		out[i] = connectors.Neutral(c)
	}
	t.w.Write(out) // into memory: Error stays nil
}

func (t *table) file(name string) File {
	t.w.Flush()
	return File{Name: name, Type: csvType, Body: t.buf.Bytes()}
}
