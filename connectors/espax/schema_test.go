package espax

import (
	"encoding/xml"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// The public schema stays outside the repository; where it is absent nothing is checked
// and TestSchema says so.
const schemaFile = "../../../shared/data/espa-x/espa-x_v1.xsd"

// schema is the part of XML Schema that ESPA-X uses: flat types, all children at most
// once.
type schema struct {
	Simple []struct {
		Name        string `xml:"name,attr"`
		Restriction struct {
			Enum []struct {
				Value string `xml:"value,attr"`
			} `xml:"enumeration"`
			Min     bound `xml:"minLength"`
			Max     bound `xml:"maxLength"`
			Pattern struct {
				Value string `xml:"value,attr"`
			} `xml:"pattern"`
		} `xml:"restriction"`
	} `xml:"simpleType"`
	Complex []struct {
		Name string `xml:"name,attr"`
		All  struct {
			Elements []element `xml:"element"`
		} `xml:"all"`
		Attrs []struct {
			Name string `xml:"name,attr"`
			Use  string `xml:"use,attr"`
		} `xml:"attribute"`
	} `xml:"complexType"`
	Root struct {
		Choice []element `xml:"complexType>choice>element"`
	} `xml:"element"`
}

type bound struct {
	Value int `xml:"value,attr"`
}

type element struct {
	Name string `xml:"name,attr"`
	Type string `xml:"type,attr"`
	Min  string `xml:"minOccurs,attr"`
}

var loadSchema = sync.OnceValue(func() *schema {
	b, err := os.ReadFile(schemaFile)
	if err != nil {
		return nil
	}
	s := &schema{}
	if xml.Unmarshal(b, s) != nil || len(s.Root.Choice) != 25 {
		panic("the schema was not understood")
	}
	return s
})

func TestSchema(t *testing.T) {
	if loadSchema() == nil {
		t.Skip("no schema at " + schemaFile + ": what the server writes is not checked against it")
	}
	for name, broken := range map[string]string{
		"missing field":  `<ESPA-X version="1.00"><IND.P-STARTED sessionID="s"/></ESPA-X>`,
		"missing id":     `<ESPA-X version="1.00"><RSP.P-STOP invokeID="1"><RSP-CODE>200</RSP-CODE><RSP-REASON>OK</RSP-REASON></RSP.P-STOP></ESPA-X>`,
		"unknown value":  `<ESPA-X version="1.00"><IND.S-SYSTEM sessionID="s"><S-HEALTH>Fine</S-HEALTH></IND.S-SYSTEM></ESPA-X>`,
		"unknown child":  `<ESPA-X version="1.00"><IND.S-SYSTEM sessionID="s"><S-HEALTH>OK</S-HEALTH><X>1</X></IND.S-SYSTEM></ESPA-X>`,
		"number pattern": `<ESPA-X version="1.00"><IND.P-EVENT sessionID="s"><SP-PR-TAN>1</SP-PR-TAN><SS-SBSCRNO>Meier</SS-SBSCRNO></IND.P-EVENT></ESPA-X>`,
	} {
		if problems := loadSchema().check([]byte(broken)); len(problems) == 0 {
			t.Errorf("%s: the check finds nothing", name)
		}
	}
}

// checkSchema holds every message the server writes in any test against the schema; by
// xmllint as well where it is installed.
func checkSchema(t *testing.T, body []byte) {
	t.Helper()
	s := loadSchema()
	if s == nil {
		return
	}
	for _, p := range s.check(body) {
		t.Errorf("not valid: %s\n%s", p, body)
	}
	if _, err := exec.LookPath("xmllint"); err == nil {
		cmd := exec.Command("xmllint", "--noout", "--schema", schemaFile, "-")
		cmd.Stdin = strings.NewReader(string(body))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("xmllint: %v\n%s", err, out)
		}
	}
}

type node struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []node     `xml:",any"`
}

func (s *schema) check(body []byte) (problems []string) {
	var root node
	if err := xml.Unmarshal(body, &root); err != nil || len(root.Children) != 1 {
		return []string{"not one message"}
	}
	m := root.Children[0]
	i := slices.IndexFunc(s.Root.Choice, func(e element) bool { return e.Name == m.XMLName.Local })
	if i < 0 {
		return []string{"unknown message " + m.XMLName.Local}
	}
	kind := strings.TrimPrefix(s.Root.Choice[i].Type, "ex:")
	for _, c := range s.Complex {
		if c.Name != kind {
			continue
		}
		for _, a := range c.Attrs {
			has := slices.ContainsFunc(m.Attrs, func(x xml.Attr) bool { return x.Name.Local == a.Name && x.Value != "" })
			if a.Use == "required" && !has {
				problems = append(problems, a.Name+" is missing")
			}
		}
		problems = append(problems, s.checkFields(c.All.Elements, m.Children)...)
	}
	return problems
}

func (s *schema) checkFields(allowed []element, fields []node) (problems []string) {
	seen := map[string]int{}
	for _, f := range fields {
		seen[f.XMLName.Local]++
		i := slices.IndexFunc(allowed, func(e element) bool { return e.Name == f.XMLName.Local })
		if i < 0 || seen[f.XMLName.Local] > 1 {
			problems = append(problems, f.XMLName.Local+" is not allowed here")
			continue
		}
		if !s.valid(strings.TrimPrefix(allowed[i].Type, "ex:"), f.Text) {
			problems = append(problems, f.XMLName.Local+" has a wrong value")
		}
	}
	for _, e := range allowed {
		if e.Min != "0" && seen[e.Name] == 0 && e.Name != "PROPRIETARY" {
			problems = append(problems, e.Name+" is missing")
		}
	}
	return problems
}

func (s *schema) valid(kind, text string) bool {
	if kind == "xs:unsignedLong" {
		_, err := strconv.ParseUint(text, 10, 64)
		return err == nil
	}
	for _, t := range s.Simple {
		if t.Name != kind {
			continue
		}
		r := t.Restriction
		if n := utf8.RuneCountInString(text); n < r.Min.Value || r.Max.Value > 0 && n > r.Max.Value {
			return false
		}
		if r.Pattern.Value != "" && !regexp.MustCompile("^(?:"+r.Pattern.Value+")$").MatchString(text) {
			return false
		}
		if len(r.Enum) > 0 {
			return slices.ContainsFunc(r.Enum, func(e struct {
				Value string `xml:"value,attr"`
			}) bool {
				return e.Value == text
			})
		}
	}
	return true
}
