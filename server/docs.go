package server

import (
	"bytes"
	_ "embed"
	"html/template"
	"maps"
	"net/http"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"
)

//go:embed docs.html
var docsPage string

// docLine is one operation on the documentation page.
type docLine struct {
	Method, Path, Summary, Access string
}

// docs serves a page that lists the operations. It is plain HTML: no script, nothing from
// elsewhere.
func (a *api) docs(title string) {
	page := template.Must(template.New("docs").Parse(docsPage))
	a.engine.GET("/api/docs", func(c *gin.Context) {
		var b bytes.Buffer
		if err := page.Execute(&b, gin.H{"Title": title, "Lines": docLines(a.huma.OpenAPI())}); err != nil {
			a.fail(c, err)
			return
		}
		c.Header("Cache-Control", "no-cache")
		c.Data(http.StatusOK, "text/html; charset=utf-8", b.Bytes())
	})
}

func docLines(doc *huma.OpenAPI) []docLine {
	var out []docLine
	for _, p := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[p]
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Delete} {
			if op == nil {
				continue
			}
			line := docLine{op.Method, p, op.Summary, "signed in"}
			if op.Security == nil {
				line.Access = "anybody"
			}
			out = append(out, line)
		}
	}
	return out
}
