package scim

import (
	"maps"
	"slices"
	"strings"

	"github.com/scim2/filter-parser/v2"
)

// maxOperations is what one PATCH may hold; Entra sends at most a few hundred.
const maxOperations = 1000

// operation is one change of a PATCH (RFC 7644 section 3.5.2).
type operation struct {
	op    string // "add", "remove", "replace"
	path  string
	value any
}

// operations reads the body of a PATCH.
func operations(body resource) ([]operation, error) {
	list, _ := get(body, "Operations").([]any)
	if len(list) == 0 || len(list) > maxOperations {
		return nil, bad("invalidSyntax", "the request has no operations, or too many")
	}
	out := make([]operation, 0, len(list))
	for _, item := range list {
		m, ok := item.(map[string]any)
		if !ok {
			return nil, bad("invalidSyntax", "an operation is no object")
		}
		path, okPath := get(m, "path").(string)
		o := operation{op: strings.ToLower(plainText(get(m, "op"))), path: strings.TrimSpace(path), value: get(m, "value")}
		switch {
		case o.op != "add" && o.op != "remove" && o.op != "replace":
			return nil, bad("invalidSyntax", "an operation is neither add, remove nor replace")
		case !okPath && get(m, "path") != nil || len(o.path) > maxFilter:
			return nil, bad("invalidPath", "a path is no text, or too long")
		case o.op == "remove" && o.path == "":
			return nil, bad("noTarget", "a remove names no path")
		}
		out = append(out, o)
	}
	return out, nil
}

// apply does all operations to a resource, or none that counts: the caller stores the
// resource only where there is no error.
func apply(res resource, ops []operation) error {
	for _, o := range ops {
		if err := o.apply(res); err != nil {
			return err
		}
	}
	return nil
}

func (o operation) apply(res resource) error {
	if o.path == "" {
		values, ok := o.value.(map[string]any)
		if !ok {
			return bad("invalidValue", "without a path the value must be an object")
		}
		return o.each(res, values)
	}
	if strings.EqualFold(o.path, enterprise) {
		return o.extension(res)
	}
	p, err := parsePath(o.path)
	if err != nil {
		return err
	}
	in := map[string]any(res)
	if strings.EqualFold(p.AttributePath.URI(), enterprise) {
		in = sub(in, enterprise)
	}
	if p.ValueExpression != nil {
		return o.selected(in, p)
	}
	if name := p.AttributePath.SubAttributeName(); name != "" {
		return o.below(in, p.AttributePath.AttributeName, name)
	}
	o.at(in, p.AttributePath.AttributeName)
	return nil
}

// each takes the object of an operation without a path. Its names may be paths themselves,
// as Entra writes them ("name.givenName").
func (o operation) each(res resource, values map[string]any) error {
	for _, name := range sortedKeys(values) {
		if strings.EqualFold(name, "schemas") || strings.EqualFold(name, "id") || strings.EqualFold(name, "meta") {
			continue
		}
		if err := (operation{o.op, name, values[name]}).apply(res); err != nil {
			return err
		}
	}
	return nil
}

func (o operation) extension(res resource) error {
	if o.op == "remove" {
		remove(res, enterprise)
		return nil
	}
	values, ok := o.value.(map[string]any)
	if !ok {
		return bad("invalidValue", "the value of an extension must be an object")
	}
	in := sub(res, enterprise)
	for _, name := range sortedKeys(values) {
		o.with(values[name]).at(in, name)
	}
	return nil
}

func (o operation) with(v any) operation { return operation{o.op, o.path, v} }

func parsePath(s string) (p filter.Path, err error) {
	if strings.Count(s, "(") > maxNesting {
		return p, bad("invalidPath", "the path is nested too deeply")
	}
	defer func() {
		if recover() != nil { // the parser is not ours
			p, err = filter.Path{}, bad("invalidPath", "the path cannot be read")
		}
	}()
	if p, err = filter.ParsePathNumber([]byte(s)); err != nil {
		return p, bad("invalidPath", "the path cannot be read")
	}
	return p, nil
}

// at changes a whole attribute: lists grow by add, objects take single values over.
func (o operation) at(in map[string]any, name string) {
	now := get(in, name)
	list, isList := now.([]any)
	object, isObject := now.(map[string]any)
	given, givesObject := o.value.(map[string]any)
	switch {
	case o.op == "remove" && isList && o.value != nil:
		set(in, name, without(list, o.value)) // members by value, as Entra removes them
	case o.op == "remove" || o.value == nil:
		remove(in, name)
	case o.op == "add" && isList:
		set(in, name, union(list, o.value))
	case isObject && givesObject:
		for _, k := range sortedKeys(given) {
			o.with(given[k]).at(object, k)
		}
	case isList && givesObject:
		set(in, name, []any{given})
	default:
		set(in, name, o.value)
	}
}

// below changes a part of a complex attribute; of a list, that part of every value.
func (o operation) below(in map[string]any, name, part string) error {
	switch now := get(in, name).(type) {
	case []any:
		for _, m := range items(now) {
			o.at(m, part)
		}
	case map[string]any:
		o.at(now, part)
	default:
		if o.op != "remove" {
			o.at(sub(in, name), part)
		}
	}
	return nil
}

// selected changes the values of a list that fit a filter. What fits nothing is made, as
// Entra expects of emails[type eq "work"].value.
func (o operation) selected(in map[string]any, p filter.Path) error {
	name, part := p.AttributePath.AttributeName, ""
	if p.SubAttribute != nil {
		part = *p.SubAttribute
	}
	list, _ := get(in, name).([]any)
	kept, found := []any{}, false
	for _, m := range items(list) {
		if fits(p.ValueExpression, m) {
			found = true
			if o.op == "remove" && part == "" {
				continue
			}
			o.change(m, part)
		}
		kept = append(kept, m)
	}
	if !found && o.op != "remove" {
		m, ok := example(p.ValueExpression)
		if !ok {
			return bad("noTarget", "no value fits the filter of the path")
		}
		o.change(m, part)
		kept = append(kept, m)
	}
	set(in, name, kept)
	return nil
}

func (o operation) change(m map[string]any, part string) {
	if part != "" {
		o.at(m, part)
		return
	}
	if values, ok := o.value.(map[string]any); ok {
		for _, k := range sortedKeys(values) {
			o.with(values[k]).at(m, k)
		}
	}
}

// example makes a value that fits a filter of equalities.
func example(e filter.Expression) (map[string]any, bool) {
	out := map[string]any{}
	switch x := e.(type) {
	case *filter.AttributeExpression:
		if x.Operator != filter.EQ {
			return nil, false
		}
		out[x.AttributePath.AttributeName] = x.CompareValue
		return out, true
	case *filter.LogicalExpression:
		left, ok1 := example(x.Left)
		right, ok2 := example(x.Right)
		if !ok1 || !ok2 || x.Operator != filter.AND {
			return nil, false
		}
		maps.Copy(left, right)
		return left, true
	}
	return nil, false
}

// union adds values to a list that are not there yet. One number may be that of the desk and
// of the mobile, so types tell values apart where both have one.
func union(list []any, add any) []any {
	for _, m := range values(add) {
		same := func(o any) bool {
			a, b := typeOf(o), typeOf(m)
			return valueKey(o) == valueKey(m) && (a == b || a == "" || b == "")
		}
		if valueKey(m) == "" || !slices.ContainsFunc(list, same) {
			list = append(list, m)
		}
	}
	return list
}

func without(list []any, drop any) []any {
	out := []any{}
	for _, m := range list {
		if !slices.ContainsFunc(values(drop), func(o any) bool { return valueKey(o) != "" && valueKey(o) == valueKey(m) }) {
			out = append(out, m)
		}
	}
	return out
}

func values(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

// valueKey is the "value" of a list's value, or the value itself.
func valueKey(v any) string {
	m, ok := v.(map[string]any)
	if !ok {
		return plainText(v)
	}
	return plainText(get(m, "value"))
}

func typeOf(v any) string {
	m, _ := v.(map[string]any)
	return strings.ToLower(plainText(get(m, "type")))
}
