package server

import (
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
)

// mediaTypes of what the build puts out. The table of the operating system is not asked: it
// differs between machines, and a wrong type keeps a module script from running.
var mediaTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
	".json": "application/json", ".webmanifest": "application/manifest+json", ".svg": "image/svg+xml", ".png": "image/png",
	".ico": "image/x-icon", ".woff2": "font/woff2", ".wasm": "application/wasm", ".ogg": "audio/ogg", ".mp3": "audio/mpeg",
	".wav": "audio/wav", ".txt": "text/plain; charset=utf-8", ".map": "application/json",
}

// file is one file of the web app, held in memory: it is in the binary anyway.
type file struct {
	data      []byte
	mediaType string
	etag      string
	immutable bool // its name changes with its content
}

// webApp serves the files of a single-page application.
type webApp struct {
	files map[string]file
	index file
}

// newWebApp reads all files. Without index.html, placeholder.html says that the pages were
// not built.
func newWebApp(files fs.FS) (*webApp, error) {
	w := &webApp{files: map[string]file{}}
	if files == nil {
		return w, nil // only the API
	}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		w.files["/"+name] = newFile(name, data)
		return nil
	})
	for _, name := range []string{"/placeholder.html", "/index.html"} {
		if f, ok := w.files[name]; ok {
			w.index = f
		}
	}
	return w, err
}

func newFile(name string, data []byte) file {
	sum := sha256.Sum256(data)
	f := file{data: data, mediaType: mediaTypes[path.Ext(name)], etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
	if f.mediaType == "" {
		f.mediaType = "application/octet-stream"
	}
	f.immutable = strings.HasPrefix(name, "assets/")
	return f
}

// serve answers what no route took: a file, or for a page of the application the index.
// What looks like a file and is none is not found, so that a browser never takes the index
// for a script.
func (w *webApp) serve(c *gin.Context) {
	p := c.Request.URL.Path
	f, ok := w.files[p]
	switch {
	case c.Request.Method != http.MethodGet && c.Request.Method != http.MethodHead,
		strings.HasPrefix(p, "/api/"), !ok && path.Ext(p) != "":
		fail(c, problem(http.StatusNotFound, ""))
		return
	case !ok:
		f = w.index
	}
	f.write(c, p)
}

func (f file) write(c *gin.Context, p string) {
	if f.data == nil {
		fail(c, problem(http.StatusNotFound, ""))
		return
	}
	h := c.Writer.Header()
	h.Set("ETag", f.etag)
	h.Set("Cache-Control", "no-cache")
	if f.immutable {
		h.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	if p == "/sw.js" {
		h.Set("Service-Worker-Allowed", "/")
	}
	if c.GetHeader("If-None-Match") == f.etag {
		c.Status(http.StatusNotModified)
		c.Writer.WriteHeaderNow()
		return
	}
	c.Data(http.StatusOK, f.mediaType, f.data)
}
