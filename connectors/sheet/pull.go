package sheet

import (
	"slices"
	"strings"

	"github.com/wardline/wardline/connectors"
	"github.com/wardline/wardline/directory"
)

// Mode is what a file of people says about those it does not name.
type Mode string

const (
	// Update changes only those who are named, and of them only what a cell says.
	Update Mode = "update"
	// Full is everybody: an empty cell clears, and who is missing has left. The brake looks at it.
	Full Mode = "full"
)

// Options of reading people.
type Options struct {
	Mode Mode
	Key  Field // StaffNumber when empty
	Kind directory.UnitKind
}

// maxValue is the longest value of a person in bytes; the directory would cut it in silence.
const maxValue = 1000

// Pull maps a table of people. The error says that the mapping cannot work at all; every row
// that cannot be used is a fault of its own.
func Pull(t *Table, m Mapping, o Options) ([]connectors.Pulled, error) {
	if o.Key == "" {
		o.Key = Field(directory.StaffNumber)
	}
	if o.Kind == "" {
		o.Kind = directory.Ward
	}
	p := puller{table: t, o: o, columns: m.columns(t), seen: map[string]bool{}}
	if err := p.check(); err != nil {
		return nil, err
	}
	out := make([]connectors.Pulled, 0, len(t.Rows))
	for _, row := range t.Rows {
		pulled := connectors.Pulled{Record: RecordOf(row.Number)}
		if pulled.Change, pulled.Fault = p.row(row); pulled.Fault != nil {
			pulled.Fault.Where = RecordOf(row.Number)
		}
		out = append(out, pulled)
	}
	return out, nil
}

// Keys returns the fields that may identify people. A mail address may not: it is given to
// the next of the same name.
func Keys() []Field {
	return []Field{Field(directory.StaffNumber), Field(directory.Login), Key}
}

type puller struct {
	table   *Table
	o       Options
	columns map[Field][]int
	seen    map[string]bool
}

func (p *puller) check() error {
	if !slices.Contains(Keys(), p.o.Key) {
		return refuse("no_key_column", "people cannot be told apart by the field %s", p.o.Key)
	}
	if len(p.columns[p.o.Key]) == 0 {
		return refuse("no_key_column", "no column means %s, by which people are told apart", p.o.Key)
	}
	for f, columns := range p.columns {
		if len(columns) > 1 && f != Unit && f != Group {
			return refuse("malformed", "more than one column means %s", f)
		}
	}
	return nil
}

// row maps one row. A row with a fault still has its key where that is known, so that in a
// full set its person is not taken for missing.
func (p *puller) row(r Row) (directory.Change, *connectors.Fault) {
	c := directory.Change{Op: directory.OpPut}
	if r.Fault != "" {
		return p.keyed(c, r), rowFault(r.Fault, "the row could not be read")
	}
	column := p.columns[p.o.Key][0]
	if slices.Contains(r.Formulas, column) {
		return c, rowFault("formula", "the key is a formula; please put in its value")
	}
	key := r.At(column)
	switch {
	case key == "":
		return c, rowFault("missing_key", "the row has no "+string(p.o.Key))
	case len(key) > 255 || strings.ContainsAny(key, "\n\r\t"):
		return c, rowFault("bad_key", "the "+string(p.o.Key)+" is no usable key")
	case p.seen[key]:
		return c, rowFault("duplicate_key", "an earlier row has the same "+string(p.o.Key))
	}
	c.Key, p.seen[key] = key, true
	return p.fill(c, r)
}

// keyed gives a row that cannot be read the key of its person where one can be made out, and
// takes it: a second row with it is a double.
func (p *puller) keyed(c directory.Change, r Row) directory.Change {
	key := r.At(p.columns[p.o.Key][0])
	if key != "" && len(key) <= 255 && plain(key) && !p.seen[key] {
		c.Key, p.seen[key] = key, true
	}
	return c
}

func (p *puller) fill(c directory.Change, r Row) (directory.Change, *connectors.Fault) {
	for _, columns := range p.columns {
		for _, i := range columns {
			if slices.Contains(r.Formulas, i) {
				return c, rowFault("formula", "the column "+p.table.Header[i]+" holds a formula; please put in its value")
			}
		}
	}
	gone, fault := p.gone(r)
	if fault != nil {
		return c, fault
	}
	if gone {
		c.Op = directory.OpDeactivate // what is locked needs no fresh telephone number
		return c, nil
	}
	if c.Fields, fault = p.fields(r); fault != nil {
		return c, fault
	}
	if c.Units, fault = p.units(r); fault != nil {
		return c, fault
	}
	c.Groups, fault = p.groups(r)
	return c, fault
}

func (p *puller) fields(r Row) (map[directory.Field]directory.Value, *connectors.Fault) {
	out := map[directory.Field]directory.Value{}
	for _, f := range personFields {
		columns := p.columns[Field(f)]
		if len(columns) == 0 {
			continue
		}
		text := r.At(columns[0])
		switch {
		case len(text) > maxValue:
			return nil, rowFault("bad_value", "the column "+p.table.Header[columns[0]]+" is too long")
		case text == "" && p.o.Mode == Full:
			out[f] = directory.Value{Null: true}
		case text == "":
		case f == directory.ActiveFrom || f == directory.ActiveUntil:
			day, ok := readDay(text)
			if !ok {
				return nil, rowFault("bad_date", "the column "+p.table.Header[columns[0]]+" holds no day")
			}
			out[f] = directory.Value{Text: day.Format("2006-01-02")}
		default:
			out[f] = directory.Value{Text: strings.Join(strings.Fields(text), " ")}
		}
	}
	return out, nil
}

// gone reads the columns about working here. A word that is not understood is a fault: to
// lock or to unlock by a guess is wrong either way.
func (p *puller) gone(r Row) (bool, *connectors.Fault) {
	gone := false
	for _, f := range []Field{Active, Locked} {
		for _, i := range p.columns[f] {
			if r.At(i) == "" {
				continue
			}
			yes, ok := readYes(r.At(i), f)
			if !ok {
				return false, rowFault("bad_value", "the column "+p.table.Header[i]+" says neither yes nor no")
			}
			gone = gone || yes == (f == Locked)
		}
	}
	return gone, nil
}

// readYes reads a cell of the column Active or Locked. A word for a state means yes in one of
// them and no in the other; "inactive" under Locked may mean the lock or the person.
func readYes(s string, f Field) (yes, ok bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "ja", "j", "yes", "y", "true", "wahr", "1", "x":
		return true, true
	case "nein", "n", "no", "false", "falsch", "0", "-":
		return false, true
	case "gesperrt", "locked":
		return f == Locked, true
	case "aktiv", "active":
		return true, f == Active
	case "inaktiv", "inactive":
		return false, f == Active
	case "frei":
		return false, f == Locked
	}
	return false, false
}

func (p *puller) units(r Row) ([]directory.UnitRef, *connectors.Fault) {
	codes, mentioned, fault := p.codes(r, Unit, 64)
	if fault != nil || !mentioned {
		return nil, fault
	}
	out := []directory.UnitRef{}
	for i, code := range codes {
		out = append(out, directory.UnitRef{Code: code, Kind: p.o.Kind, Primary: i == 0})
	}
	return out, nil
}

func (p *puller) groups(r Row) ([]directory.GroupRef, *connectors.Fault) {
	codes, mentioned, fault := p.codes(r, Group, 255)
	if fault != nil || !mentioned {
		return nil, fault
	}
	out := []directory.GroupRef{}
	for _, code := range codes {
		out = append(out, directory.GroupRef{Code: code, Name: code})
	}
	return out, nil
}

// codes collects the names of all columns of a field, in their order and each once. Empty
// cells mention nothing, except in a full set.
func (p *puller) codes(r Row, f Field, limit int) (codes []string, mentioned bool, fault *connectors.Fault) {
	for _, i := range p.columns[f] {
		for _, code := range strings.FieldsFunc(r.At(i), func(c rune) bool { return c == ';' || c == '\n' || c == '\r' }) {
			if code = strings.Join(strings.Fields(code), " "); code == "" || slices.Contains(codes, code) {
				continue
			}
			if len(code) > limit || len(codes) == 100 {
				return nil, false, rowFault("bad_value", "the column "+p.table.Header[i]+" holds a name that is too long, or too many")
			}
			codes = append(codes, code)
		}
	}
	return codes, len(codes) > 0 || p.o.Mode == Full && len(p.columns[f]) > 0, nil
}

func rowFault(name, reason string) *connectors.Fault {
	return &connectors.Fault{Name: name, Reason: reason}
}

// Input is what a run is given. A full set in which a row names nobody who can be found is not
// whole: the person of that row would count as missing. An error is not an absence, so such a
// file changes those it names and deactivates nobody.
func Input(pulled []connectors.Pulled, mode Mode, raw *connectors.Raw) connectors.RunInput {
	in := connectors.RunInput{Pulled: pulled, Raw: raw, End: connectors.PassEnd{Full: mode == Full}}
	if mode != Full {
		return in
	}
	for i := range in.Pulled {
		if p := &in.Pulled[i]; p.Fault != nil && p.Change.Key == "" && p.Fault.Name != "duplicate_key" {
			in.End.Full = false
			p.Notes = append(p.Notes, "not_whole")
		}
	}
	return in
}

// PassMode is how a mode is called in runs.
func (m Mode) PassMode() connectors.PassMode {
	if m == Full {
		return connectors.PassFull
	}
	return connectors.PassChanges
}
