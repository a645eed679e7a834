// Package adminui carries the built administration console inside the binary.
//
// The sources are TypeScript; `npm run build` at the repository root writes
// dist/. Without that step dist/ holds only placeholder.html, so that the Go
// packages build and test on a machine that has no Node.
package adminui

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the content of dist/. There is no index.html in it when the
// web pages were not built; the caller then serves placeholder.html.
func Files() fs.FS {
	// Sub fails only for an invalid path, and this one is a constant.
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err)
	}
	return files
}
