package scim

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/scim2/filter-parser/v2"
)

// What the parser is given: it recurses, and its time grows with both.
const (
	maxFilter  = 1000 // bytes
	maxNesting = 20
)

// condition is a parsed filter (RFC 7644 section 3.4.2.2).
type condition struct{ root filter.Expression }

func parseFilter(s string) (c condition, err error) {
	if s == "" {
		return condition{}, nil
	}
	if len(s) > maxFilter || strings.Count(s, "(") > maxNesting {
		return condition{}, bad("invalidFilter", "the filter is too long")
	}
	defer func() {
		if recover() != nil { // the parser is not ours
			c, err = condition{}, bad("invalidFilter", "the filter cannot be read")
		}
	}()
	root, err := filter.ParseFilterNumber([]byte(lowerWords(s)))
	if err != nil {
		return condition{}, bad("invalidFilter", "the filter cannot be read")
	}
	return condition{root}, nil
}

// lowerWords writes the words of a filter outside of its texts small, as the parser knows
// "and" and "not" only so; names are compared in any case.
func lowerWords(s string) string {
	var b strings.Builder
	quoted, escaped := false, false
	for _, r := range s {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		}
		if !quoted && r >= 'A' && r <= 'Z' {
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// equals finds a text that a resource must have in one of the named attributes, so that it
// can be looked up instead of searched for.
func (c condition) equals(names ...string) (name, value string, ok bool) {
	return equals(c.root, names)
}

func equals(e filter.Expression, names []string) (name, value string, ok bool) {
	switch x := e.(type) {
	case *filter.AttributeExpression:
		text, isText := x.CompareValue.(string)
		for _, n := range names {
			if x.Operator == filter.EQ && isText && strings.EqualFold(pathOf(x.AttributePath), n) {
				return n, text, true
			}
		}
	case *filter.LogicalExpression:
		if x.Operator != filter.AND {
			return "", "", false
		}
		if name, value, ok = equals(x.Left, names); ok {
			return name, value, ok
		}
		return equals(x.Right, names)
	}
	return "", "", false
}

func pathOf(p filter.AttributePath) string {
	if sub := p.SubAttributeName(); sub != "" {
		return p.AttributeName + "." + sub
	}
	return p.AttributeName
}

// fits reports whether a resource meets the condition. The empty one is met by all.
func (c condition) fits(res resource) bool { return c.root == nil || fits(c.root, res) }

func fits(e filter.Expression, in map[string]any) bool {
	switch x := e.(type) {
	case *filter.LogicalExpression:
		if x.Operator == filter.AND {
			return fits(x.Left, in) && fits(x.Right, in)
		}
		return fits(x.Left, in) || fits(x.Right, in)
	case *filter.NotExpression:
		return !fits(x.Expression, in)
	case *filter.ValuePath:
		for _, m := range items(get(in, x.AttributePath.AttributeName)) {
			if fits(x.ValueFilter, m) {
				return true
			}
		}
		return false
	case *filter.AttributeExpression:
		return compare(*x, in)
	}
	return false
}

// compare meets a comparison where any value of the attribute does. Texts are compared in any
// case: our logins and codes are unique that way too.
func compare(x filter.AttributeExpression, in map[string]any) bool {
	values := valuesOf(x.AttributePath, in)
	if x.Operator == filter.PR {
		return len(values) > 0
	}
	want := strings.ToLower(plainText(x.CompareValue))
	if x.Operator == filter.NE {
		for _, v := range values {
			if v == want {
				return false
			}
		}
		return true
	}
	for _, v := range values {
		if holds(x.Operator, v, want) {
			return true
		}
	}
	return false
}

func holds(op filter.CompareOperator, v, want string) bool {
	switch op {
	case filter.EQ:
		return v == want
	case filter.CO:
		return strings.Contains(v, want)
	case filter.SW:
		return strings.HasPrefix(v, want)
	case filter.EW:
		return strings.HasSuffix(v, want)
	case filter.GT:
		return v > want
	case filter.GE:
		return v >= want
	case filter.LT:
		return v < want
	case filter.LE:
		return v <= want
	}
	return false
}

// valuesOf returns all texts at a path, in small letters. A list of complex values stands for
// their "value" (RFC 7644 section 3.4.2.2).
func valuesOf(p filter.AttributePath, in map[string]any) (out []string) {
	if strings.EqualFold(p.URI(), enterprise) {
		in, _ = get(in, enterprise).(map[string]any)
	}
	add := func(v any) {
		if t := strings.ToLower(plainText(v)); t != "" {
			out = append(out, t)
		}
	}
	sub := p.SubAttributeName()
	switch v := get(in, p.AttributeName).(type) {
	case []any:
		if sub == "" {
			sub = "value"
		}
		for _, m := range items(v) {
			add(get(m, sub))
		}
	case map[string]any:
		add(get(v, sub))
	default:
		if sub == "" {
			add(v)
		}
	}
	return out
}

// plainText writes a JSON value as the texts of the directory are written.
func plainText(v any) string {
	switch x := v.(type) {
	case string:
		return strings.TrimSpace(x)
	case bool, json.Number, int, float64:
		return fmt.Sprint(x)
	}
	return ""
}
