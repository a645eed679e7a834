package sheet

import (
	"slices"
	"strings"

	"github.com/wardline/wardline/directory"
)

// missing is the columns that a table of duties lacks.
type missing []Field

func (m missing) Error() string { return "no column means " + strings.Join(m.Fields(), ", ") }

// Fields are what a problem of the console names one by one.
func (m missing) Fields() []string {
	out := make([]string, 0, len(m))
	for _, f := range m {
		out = append(out, string(f))
	}
	return out
}

// refuseLacking refuses a table that names no duties. The day may stand beside the beginning,
// so it is missing only where that is too.
func refuseLacking(t *Table, columns map[Field][]int) error {
	var m missing
	for _, f := range []Field{Role, Staff, Day, From, Until} {
		if len(columns[f]) == 0 && (f != Day || len(columns[From]) == 0) {
			m = append(m, f)
		}
	}
	switch {
	case len(m) == 0:
		return nil
	case slices.Contains(m, From) && slices.Contains(m, Until) && namesPeople(t.Header):
		return refuse("staff_list", "%w", m)
	}
	return refuse("missing_columns", "%w", m)
}

// namesPeople reports whether a table looks like one of staff: rosters name people by a number
// or a login, or by one column for the whole name.
func namesPeople(header []string) bool {
	m := Suggest(header)
	has := func(f directory.Field) bool {
		return slices.ContainsFunc(m, func(c Column) bool { return c.Field == Field(f) })
	}
	return has(directory.FamilyName) && has(directory.GivenName)
}
