package sheet

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/wardline/wardline/directory"
)

// Field is what a column means: a directory.Field, or one of the fields below.
type Field string

// Fields beside those of a person. Unit and Group may be the meaning of several columns, and
// one cell may name several, separated by ";".
const (
	Unit   Field = "unit"
	Group  Field = "group"
	Active Field = "active" // yes: works here; no: has left
	Locked Field = "locked" // the same turned round
	Key    Field = "key"    // an identity that is no other field

	Role      Field = "role" // "role", or "unit/role" where there is no column for the unit
	Staff     Field = "person"
	Day       Field = "day"
	From      Field = "from" // with its day, or a time of day beside Day
	Until     Field = "until"
	Reference Field = "uid"
)

// Content is what a table is about.
type Content string

// The two contents.
const (
	People Content = "staff"
	Roster Content = "roster"
)

// Column is the meaning of one column.
type Column struct {
	Header string `json:"header" minLength:"1" maxLength:"255" doc:"Überschrift der Spalte. / Header of the column." example:"Personalnummer"`
	Field  Field  `json:"field" enum:"staff_number,given_name,family_name,title,login,mail,phone,mobile,pager,extension,job_title,department,profession,active_from,active_until,unit,group,active,locked,key,role,person,day,from,until,uid" doc:"Feld. / Field."`
}

// Mapping is the meaning of a table's columns; those that are not named are ignored.
type Mapping []Column

// Fields returns every field a column of the content may mean.
func Fields(c Content) []Field {
	if c == Roster {
		return []Field{Role, Unit, Staff, Day, From, Until, Reference}
	}
	out := []Field{Unit, Group, Active, Locked, Key}
	for _, f := range personFields {
		out = append(out, Field(f))
	}
	return out
}

var personFields = [...]directory.Field{directory.StaffNumber, directory.GivenName, directory.FamilyName, directory.Title,
	directory.Login, directory.Mail, directory.Phone, directory.Mobile, directory.Pager, directory.Extension, directory.JobTitle,
	directory.Department, directory.Profession, directory.ActiveFrom, directory.ActiveUntil}

// synonyms are the names hospitals give their columns, folded; the first field that has a
// free column with a name of its own wins.
var synonyms = [...]struct {
	field Field
	names string
}{
	{"staff_number", "personalnummer personalnr persnr pernr mitarbeiternummer mitarbeiternr manr pnr staffnumber staffno employeenumber employeeid employeeno personnelnumber"},
	{"family_name", "nachname familienname name zuname familyname lastname surname sn"},
	{"given_name", "vorname vornamen rufname givenname firstname forename"},
	{"title", "titel akademischertitel namenszusatz title academictitle"},
	{"login", "login kennung anmeldename benutzername benutzerkennung benutzer loginname username userid samaccountname uid account"},
	{"mail", "email emailadresse mail mailadresse dienstlicheemail emaildienstlich emailaddress"},
	{"phone", "telefon telefonnummer tel festnetz rufnummer telefondienstlich phone telephone phonenumber"},
	{"mobile", "mobil mobiltelefon mobilnummer handy handynummer mobile mobilephone cell cellphone"},
	{"pager", "pager piepser funk funkruf"},
	{"extension", "durchwahl nebenstelle dect klappe extension ext"},
	{"job_title", "funktion stelle stellenbezeichnung position jobtitle job dienststellung"},
	{"department", "abteilung fachabteilung klinik bereich department dept"},
	{"profession", "berufsgruppe beruf dienstart qualifikation profession occupation"},
	{"active_from", "eintritt eintrittsdatum beginn gultigab einstellungsdatum start startdate activefrom entrydate hiredate validfrom"},
	{"active_until", "austritt austrittsdatum ende gultigbis vertragsende enddate activeuntil leavingdate exitdate validuntil validto"},
	{"unit", "station stationen einheit organisationseinheit oe einsatzort ward wards unit units kostenstelle kst costcentre costcenter"},
	{"group", "gruppe gruppen verteiler group groups"},
	{"active", "aktiv active beschaftigt enabled"},
	{"locked", "gesperrt deaktiviert inaktiv ausgeschieden locked disabled inactive"},
}

var rosterSynonyms = [...]struct {
	field Field
	names string
}{
	{Role, "rolle dienst funktion dienstart role duty"},
	{Unit, "station einheit abteilung bereich ward unit"},
	{Staff, "personalnummer personalnr persnr pernr mitarbeiter mitarbeiternummer person login kennung benutzername email staffnumber employeenumber employee username"},
	{Day, "datum tag date day"},
	{From, "von beginn start dienstbeginn anfang from begin starttime"},
	{Until, "bis ende dienstende until to end endtime"},
	{Reference, "uid id schichtid"},
}

// Suggest guesses the meaning of columns of people by German and English names. It leaves
// out what it does not know, and takes no field twice but units and groups.
func Suggest(header []string) Mapping { return SuggestFor(People, header) }

// SuggestFor does the same for a content.
func SuggestFor(c Content, header []string) Mapping {
	var out Mapping
	list := synonyms[:]
	if c == Roster {
		list = rosterSynonyms[:]
	}
	used := map[string]bool{}
	for _, s := range list {
		for _, h := range named(header, strings.Fields(s.names), used) {
			if out, used[h] = append(out, Column{h, s.field}), true; s.field != Unit && s.field != Group {
				break
			}
		}
	}
	out = dropCostCentre(out)
	slices.SortFunc(out, func(a, b Column) int { return slices.Index(header, a.Header) - slices.Index(header, b.Header) })
	return out
}

// dropCostCentre leaves the cost centre out where the ward has a column of its own: it is
// the same place by another code.
func dropCostCentre(m Mapping) Mapping {
	centre := func(c Column) bool {
		return c.Field == Unit && slices.Contains([]string{"kostenstelle", "kst", "costcentre", "costcenter"}, fold(c.Header))
	}
	if !slices.ContainsFunc(m, func(c Column) bool { return c.Field == Unit && !centre(c) }) {
		return m
	}
	return slices.DeleteFunc(m, centre)
}

// named returns the columns that bear one of the names, by the order of the names. A number
// after it does not count: "Station 2".
func named(header, names []string, used map[string]bool) (out []string) {
	for _, name := range names {
		for _, h := range header {
			if h != "" && !used[h] && strings.TrimRight(fold(h), "0123456789") == name {
				out = append(out, h)
			}
		}
	}
	return out
}

// fold makes names comparable: small letters without accents, dots, spaces and hyphens.
func fold(s string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(s) {
		switch {
		case r == 'ä':
			r = 'a'
		case r == 'ö':
			r = 'o'
		case r == 'ü':
			r = 'u'
		case r == 'ß':
			b.WriteByte('s')
			r = 's'
		}
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Fingerprint names a header, whatever the order and case of its columns, so that a mapping
// can be remembered for the next file like it.
func Fingerprint(header []string) string {
	names := []string{}
	for _, h := range header {
		if f := fold(h); f != "" {
			names = append(names, f)
		}
	}
	slices.Sort(names)
	sum := sha256.Sum256([]byte(strings.Join(names, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// columns finds where each field of a mapping is in a table.
func (m Mapping) columns(t *Table) map[Field][]int {
	out := map[Field][]int{}
	for _, c := range m {
		i := slices.IndexFunc(t.Header, func(h string) bool { return h != "" && strings.EqualFold(h, c.Header) })
		if i >= 0 {
			out[c.Field] = append(out[c.Field], i)
		}
	}
	return out
}
