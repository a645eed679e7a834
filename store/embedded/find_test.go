package embedded

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func fakeInstall(t *testing.T, root, version string, programs ...string) {
	t.Helper()
	bin := filepath.Join(root, version, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, p := range programs {
		if err := os.WriteFile(filepath.Join(bin, p), []byte("#!/bin/sh\necho 'postgres (PostgreSQL) 16.4 (Test)'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFindNewestFirstAndOnlyServers(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	fakeInstall(t, root, "9", "postgres", "initdb")
	fakeInstall(t, root, "15", "postgres", "initdb")
	fakeInstall(t, root, "17", "psql") // client only
	fakeInstall(t, root, "16", "postgres", "initdb")
	got, err := find(t.Context(), filepath.Join(root, "*", "bin"))
	if err != nil {
		t.Fatal(err)
	}
	want := []Install{
		{16, filepath.Join(root, "16", "bin")}, {15, filepath.Join(root, "15", "bin")}, {9, filepath.Join(root, "9", "bin")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestFindFallsBackToPath(t *testing.T) {
	root := t.TempDir()
	fakeInstall(t, root, "any", "postgres", "initdb")
	bin := filepath.Join(root, "any", "bin")
	t.Setenv("PATH", bin)
	got, err := find(t.Context(), filepath.Join(root, "nothing", "*", "bin"))
	if diff := cmp.Diff([]Install{{16, bin}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	t.Setenv("PATH", root)
	if _, err := find(t.Context(), filepath.Join(root, "nothing", "*", "bin")); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("nothing installed: %v", err)
	}
}

func TestChoose(t *testing.T) {
	t.Parallel()
	v15, v16, v17 := Install{15, "/15"}, Install{16, "/16"}, Install{17, "/17"}
	for name, tc := range map[string]struct {
		data      []string
		installed []Install
		want      Install
		refusal   string
	}{
		"empty takes the newest":      {nil, []Install{v17, v15}, v17, ""},
		"data decides":                {[]string{"15"}, []Install{v17, v15}, v15, ""},
		"newest data decides":         {[]string{"15", "16"}, []Install{v17, v16, v15}, v16, ""},
		"half-made data is none":      {[]string{"15.new"}, []Install{v16}, v16, ""},
		"only another major":          {[]string{"15"}, []Install{v17}, Install{}, "postgresql-15"},
		"never back to the older one": {[]string{"15", "17"}, []Install{v15}, Install{}, "postgresql-17"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, d := range tc.data {
				fakeData(t, filepath.Join(dir, d))
			}
			got, err := choose(dir, tc.installed)
			if got != tc.want || (err == nil) != (tc.refusal == "") {
				t.Fatalf("choose = %v, %v", got, err)
			}
			if err != nil && !strings.Contains(err.Error(), tc.refusal) {
				t.Errorf("refusal %q does not say %q", err, tc.refusal)
			}
		})
	}
}

func fakeData(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "PG_VERSION"), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestRootNeedsTraversableParents(t *testing.T) {
	t.Parallel()
	owner, err := serverUser()
	if err != nil {
		t.Skip(err)
	}
	if owner == nil {
		t.Skip("not root: PostgreSQL runs as we do")
	}
	// t.TempDir's parent is 0700 and root's.
	if _, err := makeRoot(filepath.Join(t.TempDir(), "pg"), owner); err == nil || !strings.Contains(err.Error(), "chmod o+x") {
		t.Errorf("makeRoot = %v", err)
	}
}
