package kind

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"playbook/generator/diag"
)

// commonYAML declares the front matter every kind has. A kind that declares one
// of these keys itself replaces it.
const commonYAML = `
title: {type: [string, number], description: The name of the page. Without it the first heading is taken.}
description: {type: string, description: "One sentence for lists, search and previews."}
id: {type: string, minLength: 1, description: A name that survives moving the file.}
kind: {type: string, description: "The kind of document, where the folder does not say it."}
draft: {type: boolean, description: A draft is not published.}
publish_on: {type: string, anyOf: [{format: date}, {format: date-time}], description: The day from which the page is published.}
expires_on: {type: string, anyOf: [{format: date}, {format: date-time}], description: The day from which the page is no longer published.}
aliases: {type: array, items: {type: string, minLength: 1}, description: Former addresses that lead here.}
slug: {type: string, minLength: 1, description: The last part of the page's address.}
weight: {type: number, description: Its place among its neighbours; the lightest comes first.}
audience: {type: array, items: {type: string, minLength: 1}, description: Who may read it.}
owner: {type: string, description: Who answers for the page.}
tags: {type: array, items: {type: [string, number]}, description: Words to find it by.}
status: {type: string, description: Where it stands.}
verified_on: {type: string, format: date, description: The day somebody last made sure that all of it is right.}
verified_by: {type: string, description: Who made sure.}
review_every: {type: [integer, string], minimum: 1, pattern: "^([1-9][0-9]{0,4} *(d|days?|w|weeks?|m|months?|y|years?)?|never)$", description: "How often it is to be looked at, in days or as 3 months."}
lang: {type: string, minLength: 2, description: "The language of the page, such as de or pt-BR."}
layout: {type: string, minLength: 1, description: A layout other than that of its kind.}
toc: {type: boolean, description: Whether the page shows its contents.}
glossary: {type: boolean, description: Whether words of the vocabulary become links on the page.}
date: {type: string, anyOf: [{format: date}, {format: date-time}], description: The day the page is about.}
checks: {type: object, additionalProperties: {type: string, minLength: 3}, description: "Rules that do not hold for this page, each with the reason."}
icon: {type: string, minLength: 1, description: An icon other than that of its kind.}
`

// shape is what a schema promises of a value, as far as references, forms of
// writing and expressions need to know.
type shape struct {
	types       []string // JSON types; empty if not said
	props       []prop
	closed      bool   // additionalProperties: false
	rest        *shape // of additional properties, nil if not said
	open        bool   // additional properties are spoken of and allowed
	items       *shape
	refs        []string // kinds of an x-ref
	enum        []string // of texts
	format      string
	title, desc string
	def         any
	required    []string
	alts        []*shape // allOf, anyOf, oneOf, then, else
}

type prop struct {
	name  string
	shape *shape
}

func (s *shape) prop(name string) *shape {
	if s != nil {
		for _, p := range s.props {
			if p.name == name {
				return p.shape
			}
		}
	}
	return nil
}

// is reports whether the value is of that JSON type and no other.
func (s *shape) is(typ string) bool { return s != nil && len(s.types) == 1 && s.types[0] == typ }

// at returns the shape of the value a path leads to, nil if nothing is known.
func (s *shape) at(path []string) *shape {
	for _, p := range path {
		switch {
		case s == nil:
			return nil
		case s.prop(p) != nil:
			s = s.prop(p)
		case s.items != nil:
			s = s.items
		default:
			s = s.rest
		}
	}
	return s
}

func (s *shape) keys() []string {
	out := make([]string, len(s.props))
	for i, p := range s.props {
		out[i] = p.name
	}
	slices.Sort(out)
	return out
}

// keywords are those of JSON Schema 2020-12 that a kind may use. What reaches
// outside of the file ($id, $dynamicRef, ...) is left out on purpose, and so is
// propertyNames, whose violations the validator gives with a wrong place.
var keywords = [...]string{"$comment", "$defs", "$ref", "additionalProperties", "allOf", "anyOf", "const", "contains", "default",
	"dependentRequired", "dependentSchemas", "deprecated", "description", "else", "enum", "examples", "exclusiveMaximum", "exclusiveMinimum", "format",
	"if", "items", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum", "minContains", "minItems", "minLength", "minProperties",
	"minimum", "multipleOf", "not", "oneOf", "pattern", "patternProperties", "prefixItems", "properties", "readOnly",
	"required", "then", "title", "type", "unevaluatedItems", "unevaluatedProperties", "uniqueItems", "writeOnly", "x-ref"}

var jsonTypes = [...]string{"array", "boolean", "integer", "null", "number", "object", "string"}

var formats = [...]string{"date", "date-time", "duration", "email", "hostname", "time", "uri", "uri-reference"}

// schemaReader turns the YAML of a schema into its shape and its JSON.
type schemaReader struct {
	f      *yamlFile
	root   *yaml.Node
	report func(n *yaml.Node, msg, hint string)
	refs   func(n *yaml.Node) []string // reads the value of an x-ref
	using  map[*yaml.Node]bool         // $ref targets being read, against endless recursion
	depth  int
	reads  int // bounds what a $ref that is used often multiplies into
}

// read returns the shape of a schema node.
func (r *schemaReader) read(n *yaml.Node) *shape {
	s := &shape{}
	r.reads++
	if r.depth++; r.depth > maxDepth || r.reads > maxNodes {
		r.depth--
		return s
	}
	defer func() { r.depth-- }()
	if n.Kind != yaml.MappingNode {
		if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
			r.report(n, "a schema must be a mapping, not "+shapeOf(n), `such as {type: string}`)
		}
		return s
	}
	each(n, func(k, v *yaml.Node) {
		switch k.Value {
		case "type":
			s.types = r.types(v)
		case "title":
			s.title = v.Value
		case "description":
			s.desc = v.Value
		case "default":
			s.def = simple(plain(v))
		case "format":
			s.format = v.Value
			if !slices.Contains(formats[:], v.Value) {
				r.report(v, fmt.Sprintf("there is no format %q", v.Value), meant(v.Value, formats[:], "known are "))
			}
		case "enum":
			if v.Kind != yaml.SequenceNode || len(v.Content) == 0 {
				r.report(v, `"enum" must list what may be written`, "such as [open, done]")
				return
			}
			all := true
			for _, c := range v.Content {
				all = all && isText(c)
			}
			for _, c := range v.Content {
				if all {
					s.enum = append(s.enum, c.Value)
				}
			}
		case "required":
			if v.Kind != yaml.SequenceNode {
				r.report(v, `"required" must be a list of keys, not `+shapeOf(v), "such as [title, owner]")
				return
			}
			for _, c := range v.Content {
				s.required = append(s.required, c.Value)
			}
		case "properties", "patternProperties", "$defs", "dependentSchemas":
			if v.Kind != yaml.MappingNode {
				r.report(v, fmt.Sprintf("%q must be a mapping, not %s", k.Value, shapeOf(v)), "")
				return
			}
			each(v, func(name, sub *yaml.Node) {
				sh := r.read(sub)
				switch k.Value {
				case "properties":
					s.props = append(s.props, prop{name.Value, sh})
				case "patternProperties":
					s.rest, s.open = sh, true
				}
			})
		case "additionalProperties":
			if v.Kind == yaml.ScalarNode && v.ShortTag() == "!!bool" {
				s.closed, s.open = v.Value == "false", v.Value != "false"
				return
			}
			s.rest, s.open = r.read(v), true
		case "items":
			s.items = r.read(v)
		case "x-ref":
			s.refs = r.refs(v)
		case "allOf", "anyOf", "oneOf", "prefixItems":
			if v.Kind != yaml.SequenceNode {
				r.report(v, fmt.Sprintf("%q must be a list of schemas, not %s", k.Value, shapeOf(v)), "")
				return
			}
			for _, c := range v.Content {
				if sh := r.read(c); k.Value != "prefixItems" {
					s.alts = append(s.alts, sh)
				}
			}
		case "then", "else":
			s.alts = append(s.alts, r.read(v))
		case "if", "not", "contains", "unevaluatedItems", "unevaluatedProperties":
			r.read(v)
		case "$ref":
			target := r.local(v)
			if target != nil && !r.using[target] {
				r.using[target] = true
				s.alts = append(s.alts, r.read(target))
				delete(r.using, target)
			}
		default:
			if !slices.Contains(keywords[:], k.Value) && !strings.HasPrefix(k.Value, "x-") {
				r.report(k, fmt.Sprintf("%q is no keyword of a schema", k.Value), meant(k.Value, keywords[:], ""))
			}
		}
	})
	if len(s.refs) > 0 && len(s.types) == 0 {
		s.types = []string{"string"}
	}
	if len(s.types) == 0 && len(s.enum) > 0 {
		s.types = []string{"string"}
	}
	s.adopt()
	if req := get(n, "required"); req != nil && req.Kind == yaml.SequenceNode && len(s.props) > 0 && r.depth > 1 {
		r.declared(req, s.keys())
	}
	return s
}

// declared reports required keys that are no properties: nobody could tell
// writers what they mean, and they are nearly always misspelt.
func (r *schemaReader) declared(req *yaml.Node, keys []string) {
	for _, c := range req.Content {
		if !slices.Contains(keys, c.Value) {
			r.report(c, fmt.Sprintf("%q is required but not among the properties", c.Value), meant(c.Value, keys, "declared are "))
		}
	}
}

// adopt takes over what a single $ref or allOf says, so that a schema moved to
// $defs means the same to expressions.
func (s *shape) adopt() {
	for _, a := range s.alts {
		if len(s.types) == 0 && len(s.alts) == 1 {
			s.types = a.types
		}
		if s.items == nil {
			s.items = a.items
		}
		if s.refs == nil {
			s.refs = a.refs
		}
		if s.format == "" && len(s.alts) >= 1 && s.is("string") {
			s.format = a.format
		}
		if len(s.alts) == 1 {
			if s.enum == nil {
				s.enum = a.enum
			}
			s.required, s.closed, s.open = append(s.required, a.required...), s.closed || a.closed, s.open || a.open
		}
		if s.rest == nil {
			s.rest = a.rest
		}
		for _, p := range a.props {
			if s.prop(p.name) == nil {
				s.props = append(s.props, p)
			}
		}
	}
}

func (r *schemaReader) types(n *yaml.Node) (out []string) {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	for _, c := range list {
		if !slices.Contains(jsonTypes[:], c.Value) {
			hint := meant(c.Value, jsonTypes[:], "known are ")
			switch c.Value {
			case "text":
				hint = `did you mean "string"?`
			case "date":
				hint = "write {type: string, format: date}"
			case "list":
				hint = `did you mean "array"?`
			case "bool", "yes or no":
				hint = `did you mean "boolean"?`
			case "mapping", "map":
				hint = `did you mean "object"?`
			case "int":
				hint = `did you mean "integer"?`
			}
			r.report(c, fmt.Sprintf("there is no type %q", c.Value), hint)
			continue
		}
		out = append(out, c.Value)
	}
	return out
}

// local follows a $ref inside of the schema; any other is refused.
func (r *schemaReader) local(n *yaml.Node) *yaml.Node {
	rest, ok := strings.CutPrefix(n.Value, "#/")
	if !ok {
		r.report(n, fmt.Sprintf(`"$ref" must lead to a schema in this file, not to %q`, n.Value), `such as "#/$defs/point"`)
		return nil
	}
	cur := r.root
	for _, p := range strings.Split(rest, "/") {
		if cur = get(cur, strings.NewReplacer("~1", "/", "~0", "~").Replace(p)); cur == nil {
			r.report(n, fmt.Sprintf(`"$ref" leads to nothing: %q`, n.Value), "")
			return nil
		}
	}
	return cur
}

// each calls f for the pairs of a mapping.
func each(n *yaml.Node, f func(k, v *yaml.Node)) {
	if n != nil && n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			f(n.Content[i], n.Content[i+1])
		}
	}
}

// simple turns an object of ours into a map, for those who do not need order.
func simple(v any) any {
	switch v := v.(type) {
	case object:
		m := make(map[string]any, len(v))
		for _, e := range v {
			m[e.key] = simple(e.val)
		}
		return m
	case []any:
		for i := range v {
			v[i] = simple(v[i])
		}
	}
	return v
}

// meant is the hint for a name that nobody knows: the nearest, or the list.
func meant(name string, known []string, list string) string {
	if n := diag.Nearest(name, known); n != "" {
		return fmt.Sprintf("did you mean %q?", n)
	}
	if list == "" || len(known) == 0 || len(known) > 40 {
		return ""
	}
	return list + strings.Join(known, ", ")
}

// collectRefs lists where documents are named below s, in declared order.
func (s *shape) collectRefs(path []string, out []RefPath, depth int) []RefPath {
	if s == nil || depth > 20 {
		return out
	}
	if s.refs != nil {
		p := RefPath{slices.Clone(path), s.refs}
		if !slices.ContainsFunc(out, func(q RefPath) bool { return slices.Equal(p.Path, q.Path) }) {
			out = append(out, p)
		}
	}
	for _, p := range s.props {
		out = p.shape.collectRefs(append(slices.Clone(path), p.name), out, depth+1)
	}
	below := append(slices.Clone(path), "*")
	out = s.items.collectRefs(below, out, depth+1)
	out = s.rest.collectRefs(below, out, depth+1)
	for _, a := range s.alts {
		out = a.collectRefs(path, out, depth+1)
	}
	return out
}

// words says what a value is, for people who write front matter.
func (s *shape) words() string {
	if s == nil {
		return "anything"
	}
	if len(s.refs) > 0 {
		return oneOf(s.refs)
	}
	if len(s.enum) > 0 {
		return "choice"
	}
	var out []string
	for _, t := range s.types {
		out = append(out, s.word(t))
	}
	if len(out) == 0 {
		return "anything"
	}
	return oneOf(out)
}

func (s *shape) word(typ string) string {
	switch typ {
	case "string":
		switch s.format {
		case "date":
			return "date"
		case "date-time":
			return "date and time"
		case "email":
			return "e-mail address"
		case "uri", "uri-reference":
			return "link"
		}
		return "text"
	case "integer":
		return "whole number"
	case "boolean":
		return "yes or no"
	case "object":
		return "mapping"
	case "null":
		return "nothing"
	case "array":
		switch w := s.items.words(); w {
		case "anything":
			return "list"
		case "mapping":
			return "list of mappings"
		default:
			return "list of " + w
		}
	}
	return typ
}

// article puts "a" or "an" before a word.
func article(word string) string {
	if word != "" && strings.ContainsRune("aeiou", rune(word[0])) {
		return "an " + word
	}
	return "a " + word
}

func oneOf(list []string) string {
	switch n := len(list); n {
	case 0:
		return ""
	case 1:
		return list[0]
	default:
		return strings.Join(list[:n-1], ", ") + " or " + list[n-1]
	}
}

// fields lists what a mapping declares.
func (s *shape) fields(depth int) (out []Field) {
	for _, p := range s.props {
		f := Field{Name: p.name, Type: p.shape.words(), Required: slices.Contains(s.required, p.name), Enum: p.shape.enum, Refs: p.shape.refs,
			Many: p.shape.is("array"), Description: p.shape.desc, Default: p.shape.def}
		inner := p.shape
		if f.Many && inner.items != nil {
			inner = inner.items
			if f.Refs == nil {
				f.Refs = inner.refs
			}
			if f.Enum == nil {
				f.Enum = inner.enum
			}
		}
		if depth < 8 {
			f.Fields = inner.fields(depth + 1)
		}
		out = append(out, f)
	}
	return out
}

// document makes the JSON Schema of a whole front matter: the kind's own, with
// the common properties it does not declare itself.
func document(title string, own, common *yaml.Node) object {
	out := object{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", title}}
	props := object{}
	each(get(own, "properties"), func(k, v *yaml.Node) { props = append(props, member{k.Value, forEditors(plain(v))}) })
	each(common, func(k, v *yaml.Node) {
		if _, ok := props.get(k.Value); !ok {
			props = append(props, member{k.Value, forEditors(plain(v))})
		}
	})
	typed := false
	each(own, func(k, v *yaml.Node) {
		switch k.Value {
		case "properties", "$schema", "title":
		default:
			typed = typed || k.Value == "type"
			out = append(out, member{k.Value, forEditors(plain(v))})
		}
	})
	if !typed {
		out = append(out, member{"type", "object"})
	}
	return append(out, member{"properties", props})
}

// forEditors makes of each x-ref what any JSON Schema tool understands: a text
// whose description says what it names.
func forEditors(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = forEditors(v[i])
		}
	case object:
		for i := range v {
			v[i].val = forEditors(v[i].val)
		}
		ref, ok := v.get("x-ref")
		if !ok {
			return v
		}
		says := "The id of " + article(oneOf(texts(ref))) + "."
		if s := texts(ref); len(s) == 1 && s[0] == anyKind {
			says = "The id of a document."
		}
		if _, ok := v.get("type"); !ok {
			v = append(object{{"type", "string"}}, v...)
		}
		for i := range v {
			if s, ok := v[i].val.(string); ok && v[i].key == "description" {
				v[i].val = strings.TrimSpace(s) + " " + says
				return v
			}
		}
		return append(v, member{"description", says})
	}
	return v
}

func texts(v any) (out []string) {
	switch v := v.(type) {
	case string:
		return []string{v}
	case []any:
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

// anyKind is what x-ref says for documents of every kind.
const anyKind = "any"

var errOutside = errors.New("schemas outside of the file are not read")

// closedLoader refuses every URL, so that no $ref reads a file or the network.
type closedLoader struct{}

func (closedLoader) Load(string) (any, error) { return nil, errOutside }

const schemaURL = "kind.json"

// compile makes the validator of a schema.
func compile(doc any) (s *jsonschema.Schema, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the validator cannot read it: %v", r)
		}
	}()
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	c.AssertFormat()
	c.UseLoader(closedLoader{})
	if err := c.AddResource(schemaURL, doc); err != nil {
		return nil, err
	}
	return c.Compile(schemaURL)
}
