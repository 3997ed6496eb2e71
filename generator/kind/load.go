package kind

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"playbook/generator/diag"
	"playbook/generator/source"
)

// Files is what Load reads from: a *source.Tree of layouts.
type Files interface {
	Files() []source.File
	Read(path string) ([]byte, source.Digest, error)
}

// computed are the names every document has besides its front matter.
var computed = [...]string{"id", "kind", "sections", "tasks_done", "tasks_total", "title", "url", "words"}

// made are those of them that no front matter can set.
var made = [...]string{"sections", "tasks_done", "tasks_total", "url", "words"}

// reserved mean something else in expressions.
var reserved = [...]string{"it", "nth", "self", "today"}

// operators of the expression language that look like names.
var operators = [...]string{"and", "contains", "else", "endsWith", "false", "if", "in", "let", "matches", "nil", "not", "or", "startsWith", "true"}

// Load reads every kinds/<id>/kind.yaml of the layouts. What is wrong with them
// is in the diagnostics; a part that cannot be used (one derived value, one
// check, one relation) is left out, and a kind whose file or schema cannot be
// read at all is left out whole. Neither takes another kind with it.
func Load(layouts Files) (*Set, []diag.Diagnostic) {
	l := &loader{drafts: map[string]*draft{}, funcs: map[string]function{}}
	for _, f := range functions() {
		l.funcs[f.name] = f
	}
	l.readCommon()
	l.scan(layouts)
	l.all(l.head)
	l.all(l.schema)
	l.compile()
	// From here on it is known which kinds there are and what they declare.
	l.all(l.relate)
	l.all(l.clashes)
	l.all(l.types)
	l.all(l.body)
	set := &Set{byID: map[string]*Kind{}, common: l.common.fields(0)}
	for _, id := range l.ids {
		if d := l.drafts[id]; !d.broken {
			set.kinds = append(set.kinds, d.k)
			set.byID[id] = d.k
		}
	}
	return set, diag.Sort(l.diags)
}

// all calls step for every kind that is still of use.
func (l *loader) all(step func(d *draft)) {
	for _, id := range l.ids {
		if d := l.drafts[id]; !d.broken {
			step(d)
		}
	}
}

type loader struct {
	ids        []string // every kind there is a file for, sorted
	drafts     map[string]*draft
	funcs      map[string]function
	commonFile *yamlFile
	common     *shape
	diags      []diag.Diagnostic
}

// draft is a kind that is being read.
type draft struct {
	k        *Kind
	f        *yamlFile
	keys     map[string]*yaml.Node // of kind.yaml
	own      []string              // properties the kind declares itself
	derived  map[string]*derivation
	inverses map[string]*Inverse
	schema   any  // as the validator takes it
	clean    bool // nothing was found wrong with the schema
	broken   bool
}

// derivation is a derived value before it is compiled for good.
type derivation struct {
	node  *yaml.Node
	typ   *typ
	state int // 0 not looked at, 1 being looked at, 2 known
}

// key is one key of kind.yaml. All that kind.yaml can say is in the list keys
// returns, and read where it says.
type key struct {
	name string
	read func(l *loader, d *draft, n *yaml.Node) // nil: read by a step of its own
}

// keys lists what may stand in a kind.yaml. Those with a read are read last,
// when every name of every kind is known.
func keys() []key {
	return []key{
		{"name", nil},
		{"plural", nil},
		{"icon", nil},
		{"tint", nil},
		{"section", nil},
		{"description", nil},
		{"schema", nil},
		{"relations", nil},
		{"labels", (*loader).readLabels}, // before what shows them
		{"derived", (*loader).readDerived},
		{"checks", (*loader).readChecks},
		{"facets", func(l *loader, d *draft, n *yaml.Node) { d.k.Facets = l.nameList(d, n, false) }},
		{"list", (*loader).readList},
		{"calendar", (*loader).readCalendar},
		{"glossary", (*loader).readGlossary},
		{"search", func(l *loader, d *draft, n *yaml.Node) { d.k.Search = l.yes(d, n, "search") }},
		{"review_every", (*loader).readReview},
	}
}

func (l *loader) report(rule string, at, to diag.Pos, msg, hint string) {
	l.diags = append(l.diags, diag.Diagnostic{Rule: rule, Level: diag.Error, At: at, To: to, Msg: msg, Hint: hint})
}

func (l *loader) fault(d *draft, n *yaml.Node, rule, hint, format string, args ...any) {
	l.report(rule, d.f.pos(n), d.f.end(n), fmt.Sprintf(format, args...), hint)
}

// readCommon reads what every kind has.
func (l *loader) readCommon() {
	l.commonFile, _ = parseYAML("common", []byte(commonYAML), func(diag.Diagnostic) {})
	r := &schemaReader{f: l.commonFile, root: l.commonFile.root, report: func(*yaml.Node, string, string) {}, using: map[*yaml.Node]bool{}}
	l.common = &shape{types: []string{"object"}}
	each(l.commonFile.root, func(k, v *yaml.Node) { l.common.props = append(l.common.props, prop{k.Value, r.read(v)}) })
}

// scan finds and parses the files.
func (l *loader) scan(layouts Files) {
	files := layouts.Files()
	var others []source.File
	for _, f := range files {
		parts := strings.Split(f.Path, "/")
		if len(parts) < 3 || parts[0] != "kinds" {
			continue
		}
		id := parts[1]
		if len(parts) != 3 || parts[2] != "kind.yaml" {
			if len(parts) == 3 && (parts[2] == "kind.yml" || parts[2] == "kinds.yaml" || parts[2] == "kind.json") {
				l.report("kind-name", diag.Pos{File: f.Name}, diag.Pos{}, "this file is not read", `its name must be "kind.yaml"`)
				continue
			}
			others = append(others, f)
			continue
		}
		d := &draft{k: &Kind{ID: id, file: f.Name, Search: true, labels: map[string]string{}}, derived: map[string]*derivation{}, inverses: map[string]*Inverse{}, keys: map[string]*yaml.Node{}}
		l.ids = append(l.ids, id)
		l.drafts[id] = d
		if !idForm.MatchString(id) {
			l.report("kind-name", diag.Pos{File: f.Name}, diag.Pos{}, fmt.Sprintf("%q cannot be the id of a kind", id), "name the folder in small letters, digits and hyphens, such as question-bank")
			d.broken = true
			continue
		}
		src, _, err := layouts.Read(f.Path)
		if err != nil {
			l.report("kind-yaml", diag.Pos{File: f.Name}, diag.Pos{}, "this file cannot be read: "+err.Error(), "")
			d.broken = true
			continue
		}
		var ok bool
		if d.f, ok = parseYAML(f.Name, src, func(x diag.Diagnostic) { l.diags = append(l.diags, x) }); !ok {
			d.broken = true
		}
	}
	slices.Sort(l.ids)
	for i, f := range others {
		id := strings.Split(f.Path, "/")[1]
		if l.drafts[id] == nil && (i == 0 || strings.Split(others[i-1].Path, "/")[1] != id) {
			l.diags = append(l.diags, diag.Diagnostic{Rule: "kind-name", Level: diag.Warning, At: diag.Pos{File: f.Name},
				Msg: fmt.Sprintf("there is no kind %q, so this is never used", id), Hint: meant(id, l.ids, "known are ")})
		}
	}
}

var (
	idForm   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	pathForm = regexp.MustCompile(`^[\pL_][\pL\pN_]*(\.[\pL_][\pL\pN_]*)*$`)
)

// text reads a key that must be a text.
func (l *loader) text(d *draft, n *yaml.Node, name string) string {
	if n.Kind != yaml.ScalarNode || isNull(n) || strings.TrimSpace(n.Value) == "" {
		l.fault(d, n, "kind-value", "", "%q must be text, not %s", name, shapeOf(n))
		return ""
	}
	return n.Value
}

func (l *loader) yes(d *draft, n *yaml.Node, name string) bool {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!bool" {
		l.fault(d, n, "kind-value", "", "%q must be true or false, not %s", name, display(n.Value))
		return false
	}
	return strings.EqualFold(n.Value, "true")
}

// mapping reports whether n is one, and reports it if it is not.
func (l *loader) mapping(d *draft, n *yaml.Node, name string) bool {
	if n.Kind != yaml.MappingNode {
		l.fault(d, n, "kind-value", "", "%q must be a mapping, not %s", name, shapeOf(n))
		return false
	}
	return true
}

func (l *loader) list(d *draft, n *yaml.Node, name string) bool {
	if n.Kind != yaml.SequenceNode {
		l.fault(d, n, "kind-value", "", "%q must be a list, not %s", name, shapeOf(n))
		return false
	}
	return true
}

// only reports the keys of a mapping that are not among known.
func (l *loader) only(d *draft, n *yaml.Node, known ...string) {
	each(n, func(k, _ *yaml.Node) {
		if !slices.Contains(known, k.Value) {
			l.fault(d, k, "kind-key", meant(k.Value, known, "known are "), "unknown key %q", k.Value)
		}
	})
}

// head reads what a kind is called and where it lives.
func (l *loader) head(d *draft) {
	if d.f.root.Kind != yaml.MappingNode {
		l.fault(d, d.f.root, "kind-yaml", `begin with "name:"`, "a kind.yaml must be a mapping, not %s", shapeOf(d.f.root))
		d.broken = true
		return
	}
	var known []string
	for _, k := range keys() {
		known = append(known, k.name)
	}
	l.only(d, d.f.root, known...)
	each(d.f.root, func(k, v *yaml.Node) {
		if isNull(v) && slices.Contains(known, k.Value) {
			l.fault(d, k, "kind-value", "give it a value, or leave the key out", "%q has no value", k.Value)
			return
		}
		d.keys[k.Value] = v
	})
	k := d.k
	for name, dst := range map[string]*string{"name": &k.Name, "plural": &k.Plural, "icon": &k.Icon, "tint": &k.Tint, "section": &k.Section, "description": &k.Description} {
		if n := d.keys[name]; n != nil {
			*dst = l.text(d, n, name)
		}
	}
	if d.keys["name"] == nil {
		l.fault(d, d.f.root, "kind-value", fmt.Sprintf("such as name: %s", words(k.ID)), `missing "name"`)
	}
	if k.Name == "" {
		k.Name = words(k.ID)
	}
	if k.Plural == "" {
		k.Plural = k.Name + "s"
	}
	if s := k.Section; s != "" && (path.Clean(s) != s || strings.HasPrefix(s, "/") || strings.HasPrefix(s, "..") || s == "." || strings.ContainsAny(s, "\\\x00")) {
		l.fault(d, d.keys["section"], "kind-value", "write it as goals or playbook/goals", "%q is not a folder under content", s)
		k.Section = ""
	}
	for _, id := range l.ids {
		if o := l.drafts[id]; id < k.ID && !o.broken && k.Section != "" && o.k.Section == k.Section {
			n := d.keys["section"]
			l.diags = append(l.diags, diag.Diagnostic{Rule: "kind-clash", Level: diag.Error, At: d.f.pos(n), To: d.f.end(n),
				Msg: fmt.Sprintf("the section %q belongs to the kind %q", k.Section, id), Hint: "give each kind a folder of its own",
				Also: []diag.Note{{At: o.f.pos(o.keys["section"]), Msg: "it is given away here"}}})
			k.Section = ""
		}
	}
}

// schema reads and compiles the schema.
func (l *loader) schema(d *draft) {
	n := d.keys["schema"]
	if n == nil {
		n = &yaml.Node{Kind: yaml.MappingNode, Line: 1, Column: 1}
	}
	if !l.mapping(d, n, "schema") {
		d.broken = true
		return
	}
	before := len(l.diags)
	r := &schemaReader{f: d.f, root: n, using: map[*yaml.Node]bool{}, refs: func(n *yaml.Node) []string { return l.refKinds(d, n) },
		report: func(n *yaml.Node, msg, hint string) { l.fault(d, n, "kind-schema", hint, "%s", msg) }}
	s := r.read(n)
	if len(s.types) > 0 && !s.is("object") {
		l.fault(d, get(n, "type"), "kind-schema", "", `the type of a whole front matter is "object"`)
	}
	s.types = []string{"object"}
	d.own = s.keys()
	for _, p := range l.common.props {
		if s.prop(p.name) == nil {
			s.props = append(s.props, p)
		}
	}
	if req := get(n, "required"); req != nil && req.Kind == yaml.SequenceNode {
		r.declared(req, s.keys())
	}
	var own shape
	for _, p := range s.props {
		if slices.Contains(d.own, p.name) {
			own.props = append(own.props, p)
		}
	}
	own.required = s.required
	d.k.Fields = own.fields(0)
	d.k.shape = s
	d.k.refs = s.collectRefs(nil, nil, 0)
	doc := document(d.k.Name, n, l.commonFile.root)
	d.k.json = append(appendJSON(nil, doc, ""), '\n')
	d.schema, d.clean = simple(doc), len(l.diags) == before
}

// compile makes the validators, which is most of the work of loading, side by
// side; each goroutine writes to its own kind only.
func (l *loader) compile() {
	errs := make([]error, len(l.ids))
	var wg sync.WaitGroup
	for i, id := range l.ids {
		if d := l.drafts[id]; !d.broken {
			wg.Go(func() { d.k.schema, errs[i] = compile(d.schema) })
		}
	}
	wg.Wait()
	for i, id := range l.ids {
		if d := l.drafts[id]; errs[i] != nil {
			d.broken = true
			if d.clean {
				l.schemaError(d, d.keys["schema"], errs[i])
			}
		}
	}
}

// refKinds reads the value of an x-ref.
func (l *loader) refKinds(d *draft, n *yaml.Node) []string {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	}
	var out []string
	for _, c := range list {
		switch {
		case c.Kind != yaml.ScalarNode || isNull(c):
			l.fault(d, c, "kind-schema", "", `"x-ref" names a kind or a list of kinds, not %s`, shapeOf(c))
		case c.Value == anyKind:
			return slices.Clone(l.ids)
		case l.drafts[c.Value] == nil:
			l.fault(d, c, "kind-reference", meant(c.Value, l.ids, "known are "), "there is no kind %q", c.Value)
		default:
			out = append(out, c.Value)
		}
	}
	return out
}

// schemaError finds the place of what the validator has against a schema.
func (l *loader) schemaError(d *draft, n *yaml.Node, err error) {
	var sve *jsonschema.SchemaValidationError
	var ve *jsonschema.ValidationError
	if errors.As(err, &sve) && errors.As(sve.Err, &ve) {
		doc, _ := simple(plain(n)).(map[string]any)
		e := explainer{shape: &shape{}, front: doc, norm: doc}
		e.walk(ve)
		said := map[*yaml.Node]bool{}
		for _, v := range e.sorted() {
			if at := find(n, v.Path); !said[at] {
				said[at] = true
				l.fault(d, at, "kind-schema", v.Hint, "%s", v.Msg)
			}
		}
		if len(said) > 0 {
			return
		}
	}
	var re *jsonschema.InvalidRegexError
	if errors.As(err, &re) {
		at := n
		seek(n, func(k, v *yaml.Node) {
			if k.Value == re.Regex {
				at = k
			} else if v.Value == re.Regex && v.Kind == yaml.ScalarNode {
				at = v
			}
		})
		l.fault(d, at, "kind-schema", "", "%q is not a pattern that can be read", re.Regex)
		return
	}
	l.fault(d, n, "kind-schema", "", "this schema cannot be used: %s", firstLine(err.Error()))
}

// seek calls f for every pair below n.
func seek(n *yaml.Node, f func(k, v *yaml.Node)) {
	each(n, func(k, v *yaml.Node) {
		f(k, v)
		seek(v, f)
	})
	if n.Kind == yaml.SequenceNode {
		for _, c := range n.Content {
			seek(c, f)
		}
	}
}

// relate reads relations and gives the other side its name.
func (l *loader) relate(d *draft) {
	n := d.keys["relations"]
	if n == nil || !l.mapping(d, n, "relations") {
		return
	}
	var fields []string
	for _, p := range d.k.refs {
		fields = append(fields, p.Field())
	}
	each(n, func(k, v *yaml.Node) {
		i := slices.Index(fields, k.Value)
		if i < 0 {
			if d.k.shape.prop(k.Value) != nil {
				l.fault(d, k, "kind-relation", fmt.Sprintf("declare it as %s: {x-ref: KIND} in the schema", k.Value), "%q is no reference", k.Value)
			} else {
				l.fault(d, k, "kind-relation", meant(k.Value, fields, "references are "), "the schema has no %q", k.Value)
			}
			return
		}
		r := Relation{Field: k.Value}
		invNode := v
		switch v.Kind {
		case yaml.ScalarNode:
			r.Inverse = l.text(d, v, k.Value)
		case yaml.MappingNode:
			l.only(d, v, "inverse", "label", "inverse_label", "acyclic")
			each(v, func(key, val *yaml.Node) {
				switch key.Value {
				case "inverse":
					r.Inverse, invNode = l.text(d, val, "inverse"), val
				case "label":
					r.Label = l.text(d, val, "label")
				case "inverse_label":
					r.InverseLabel = l.text(d, val, "inverse_label")
				case "acyclic":
					r.Acyclic = l.yes(d, val, "acyclic")
				}
			})
		default:
			l.fault(d, v, "kind-relation", "such as {inverse: supported_by, label: Supports}", "a relation is a mapping or the name of its inverse, not %s", shapeOf(v))
			return
		}
		if r.Inverse != "" && !l.inverse(d, r, d.k.refs[i].Kinds, invNode) {
			r.Inverse = ""
		}
		d.k.Relations = append(d.k.Relations, r)
	})
}

// inverse makes the inverse of a relation known to the kinds referred to.
func (l *loader) inverse(d *draft, r Relation, kinds []string, at *yaml.Node) bool {
	if !l.freeName(d, at, r.Inverse) {
		return false
	}
	for _, id := range kinds {
		o := l.drafts[id]
		if o == nil || o.broken || o.k.shape == nil {
			continue
		}
		if o.k.shape.prop(r.Inverse) != nil || slices.Contains(computed[:], r.Inverse) {
			l.fault(d, at, "kind-clash", "choose another name", "every %s has a field %q already", id, r.Inverse)
			return false
		}
		if dn := get(o.keys["derived"], r.Inverse); dn != nil {
			l.diags = append(l.diags, diag.Diagnostic{Rule: "kind-clash", Level: diag.Error, At: d.f.pos(at), To: d.f.end(at),
				Msg: fmt.Sprintf("every %s has a derived value %q already", id, r.Inverse), Hint: "choose another name",
				Also: []diag.Note{{At: o.f.pos(dn), Msg: "it is worked out here"}}})
			return false
		}
	}
	for _, id := range kinds {
		o := l.drafts[id]
		if o == nil || o.broken {
			continue
		}
		inv := o.inverses[r.Inverse]
		if inv == nil {
			inv = &Inverse{Name: r.Inverse}
			o.inverses[r.Inverse] = inv
		}
		if inv.Label == "" {
			inv.Label = r.InverseLabel
		}
		inv.From = append(inv.From, InverseField{d.k.ID, r.Field})
	}
	return true
}

// freeName reports whether a name may be given to a derived value or an inverse.
func (l *loader) freeName(d *draft, n *yaml.Node, name string) bool {
	switch {
	case !nameForm.MatchString(name):
		l.fault(d, n, "kind-value", "use small letters, digits and underscores, such as supported_by", "%q cannot be a name in expressions", name)
	case slices.Contains(reserved[:], name), slices.Contains(operators[:], name):
		l.fault(d, n, "kind-clash", "choose another name", "%q means something else in expressions", name)
	default:
		return true
	}
	return false
}

// clashes reports names that mean two things in one kind.
func (l *loader) clashes(d *draft) {
	each(get(d.keys["schema"], "properties"), func(k, _ *yaml.Node) {
		switch {
		case slices.Contains(made[:], k.Value):
			l.fault(d, k, "kind-clash", "choose another name", "%q is a name that every document has", k.Value)
		case slices.Contains(reserved[:], k.Value):
			l.fault(d, k, "kind-clash", "choose another name", "%q means something else in expressions", k.Value)
		}
	})
	n := d.keys["derived"]
	if n == nil || !l.mapping(d, n, "derived") {
		return
	}
	each(n, func(k, v *yaml.Node) {
		switch {
		case !l.freeName(d, k, k.Value):
		case d.k.shape.prop(k.Value) != nil || slices.Contains(computed[:], k.Value):
			l.fault(d, k, "kind-clash", "choose another name", "%q is a field already", k.Value)
		default:
			src := v
			if v.Kind == yaml.MappingNode {
				src = get(v, "value")
			}
			if !isText(src) {
				l.fault(d, v, "kind-expression", "put it in quotes, such as 'len(supports)'", "a derived value is an expression, not %s", shapeOf(v))
				return
			}
			d.derived[k.Value] = &derivation{node: src}
		}
	})
}

// types finds the type of each derived value and collects the names of a kind.
func (l *loader) types(d *draft) {
	k := d.k
	for _, name := range sortedNames(d.inverses) {
		inv := *d.inverses[name]
		slices.SortFunc(inv.From, func(a, b InverseField) int {
			return strings.Compare(a.Kind+"\x00"+a.Field, b.Kind+"\x00"+b.Field)
		})
		k.Inverses = append(k.Inverses, inv)
	}
	k.names = slices.Concat(computed[:], k.shape.keys(), sortedNames(d.inverses), sortedNames(d.derived))
	slices.Sort(k.names)
	k.names = slices.Compact(k.names)
	for _, name := range sortedNames(d.derived) {
		l.derivedType(d, name)
	}
}

func sortedNames[T any](m map[string]T) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// nameType is the type of a name of a kind. A kind that could not be read may
// have any name.
func (l *loader) nameType(id, name string) (*typ, bool) {
	d := l.drafts[id]
	if d == nil || d.broken || d.k.shape == nil {
		return anyT(), true
	}
	if d.derived[name] != nil {
		return l.derivedType(d, name), true
	}
	if inv := d.inverses[name]; inv != nil {
		t := &typ{k: tObj}
		for _, f := range inv.From {
			if !slices.Contains(t.kinds, f.Kind) {
				t.kinds = append(t.kinds, f.Kind)
			}
		}
		return listOf(t), true
	}
	switch name {
	case "kind":
		t := textT()
		t.vals = l.ids
		return t, true
	case "id", "title", "url":
		return textT(), true
	case "words", "tasks_done", "tasks_total":
		return intT(), true
	case "sections":
		return listOf(&typ{k: tDict, fields: map[string]*typ{"id": textT(), "title": textT(), "level": intT(), "words": intT(), "tasks_done": intT(), "tasks_total": intT()}}), true
	}
	if s := d.k.shape.prop(name); s != nil {
		return typeOf(s, 0), true
	}
	return nil, false
}

func (l *loader) namesOf(id string) []string {
	if d := l.drafts[id]; d != nil && !d.broken {
		return d.k.names
	}
	return nil
}

// derivedType finds the type of a derived value; while it is being found, and
// where it cannot be, it is anything.
func (l *loader) derivedType(d *draft, name string) *typ {
	v := d.derived[name]
	switch v.state {
	case 1:
		return anyT()
	case 2:
		return v.typ
	}
	v.state = 1
	s := l.scope(d, v.node, 0, nil)
	s.report = func(_, _ diag.Pos, _, _ string) {}
	v.typ = anyT()
	if p := compileExpr(v.node.Value, s, l.funcs); p != nil {
		v.typ = p.typ
	}
	v.state = 2
	return v.typ
}

func (l *loader) scope(d *draft, n *yaml.Node, off int, it *typ) scope {
	return scope{self: d.k.ID, it: it, name: l.nameType, names: l.namesOf,
		pos:    func(i int) diag.Pos { return d.f.at(n, off+i) },
		report: func(at, to diag.Pos, msg, hint string) { l.report("kind-expression", at, to, msg, hint) }}
}

// expr compiles the expression in a scalar; nil if it cannot be.
func (l *loader) expr(d *draft, n *yaml.Node, it *typ) *program {
	if !isText(n) && !(n.Kind == yaml.ScalarNode && n.ShortTag() == "!!bool") {
		l.fault(d, n, "kind-expression", "put it in quotes, such as 'len(supports) == 0'", "an expression is a text, not %s", shapeOf(n))
		return nil
	}
	return compileExpr(n.Value, l.scope(d, n, 0, it), l.funcs)
}

// message compiles a text with holes; ok is false if it cannot be used.
func (l *loader) message(d *draft, n *yaml.Node, it *typ, name string) (m message, ok bool) {
	before := len(l.diags)
	s := l.text(d, n, name)
	m, off, closed := holes(s, func(src string, off int) *program {
		return compileExpr(src, l.scope(d, n, off, it), l.funcs)
	})
	if !closed {
		l.report("kind-expression", d.f.at(n, off), diag.Pos{}, `"{{" is not closed`, `close it with "}}"`)
	}
	return m, len(l.diags) == before
}

// body reads every key that has a reader of its own.
func (l *loader) body(d *draft) {
	for _, k := range keys() {
		if n := d.keys[k.name]; n != nil && k.read != nil {
			k.read(l, d, n)
		}
	}
}

func (l *loader) readDerived(d *draft, n *yaml.Node) {
	each(n, func(k, v *yaml.Node) {
		x := d.derived[k.Value]
		if x == nil {
			return
		}
		out := Derived{Name: k.Value, Source: x.node.Value}
		if v.Kind == yaml.MappingNode {
			l.only(d, v, "value", "label", "description")
			if c := get(v, "label"); c != nil {
				out.Label = l.text(d, c, "label")
				d.k.labels[k.Value] = out.Label
			}
			if c := get(v, "description"); c != nil {
				out.Description = l.text(d, c, "description")
			}
		}
		p := l.expr(d, x.node, nil)
		if p == nil {
			return
		}
		out.Type, out.Uses, out.Far, out.prog = p.typ.words(), p.uses, p.far, p
		if out.Label == "" {
			out.Label = d.k.Label(k.Value)
		}
		d.k.Derived = append(d.k.Derived, out)
	})
	l.selfish(d, n)
}

// selfish reports derived values that rest on themselves within one document,
// which no document can make come out.
func (l *loader) selfish(d *draft, n *yaml.Node) {
	uses := map[string][]string{}
	for _, x := range d.k.Derived {
		uses[x.Name] = x.Uses
	}
	state := map[string]int{}
	var trail []string
	var visit func(name string)
	visit = func(name string) {
		state[name] = 1
		trail = append(trail, name)
		for _, u := range uses[name] {
			if _, ok := uses[u]; !ok {
				continue
			}
			switch state[u] {
			case 0:
				visit(u)
			case 1:
				loop := append(slices.Clone(trail[slices.Index(trail, u):]), u)
				l.fault(d, d.derived[u].node, "kind-expression", "", "%q rests on itself: %s", u, strings.Join(loop, " -> "))
			}
		}
		trail = trail[:len(trail)-1]
		state[name] = 2
	}
	for _, x := range d.k.Derived {
		if state[x.Name] == 0 {
			visit(x.Name)
		}
	}
}

func (l *loader) readChecks(d *draft, n *yaml.Node) {
	if !l.list(d, n, "checks") {
		return
	}
	seen := map[string]*yaml.Node{}
	for _, c := range n.Content {
		if !l.mapping(d, c, "checks") {
			continue
		}
		l.only(d, c, "id", "for", "each", "when", "level", "message", "hint", "at")
		before := len(l.diags)
		x := Check{Level: diag.Warning}
		missing := false
		for _, key := range [...]string{"id", "when", "message"} {
			if isNull(get(c, key)) {
				l.fault(d, c, "kind-value", "", "this check lacks %q", key)
				missing = true
			}
		}
		if missing {
			continue
		}
		idNode := get(c, "id")
		x.ID = l.text(d, idNode, "id")
		if x.ID != "" && !idForm.MatchString(x.ID) {
			l.fault(d, idNode, "kind-value", "use small letters, digits and hyphens, such as goal-unmapped", "%q cannot be the id of a check", x.ID)
		}
		if first := seen[x.ID]; first != nil {
			l.diags = append(l.diags, diag.Diagnostic{Rule: "kind-clash", Level: diag.Error, At: d.f.pos(idNode), To: d.f.end(idNode), Msg: fmt.Sprintf("two checks are called %q", x.ID),
				Also: []diag.Note{{At: d.f.pos(first), Msg: "the other is this"}}})
		}
		seen[x.ID] = idNode
		if lv := get(c, "level"); lv != nil {
			level, ok := diag.ParseLevel(lv.Value)
			if !ok || lv.Kind != yaml.ScalarNode {
				l.fault(d, lv, "kind-value", meant(lv.Value, []string{"error", "info", "off", "warning"}, "known are "), "%q is no level", lv.Value)
			}
			x.Level = level
		}
		var it *typ
		x.For, it = l.over(d, c)
		when := get(c, "when")
		x.When, x.pos = when.Value, d.f.pos(when)
		if x.when = l.expr(d, when, it); x.when != nil {
			if t := x.when.typ; t.k != tBool && !t.open() {
				l.fault(d, when, "kind-expression", "compare it with something", `"when" asks for yes or no, but this is %s`, t.a())
			}
		}
		x.Message = get(c, "message").Value
		x.msg, _ = l.message(d, get(c, "message"), it, "message")
		if h := get(c, "hint"); h != nil {
			x.hint, _ = l.message(d, h, it, "hint")
		}
		if at := get(c, "at"); at != nil {
			x.At = l.place(d, at, x.For)
		} else if x.For != nil {
			x.At = append(slices.Clone(x.For), "*")
		}
		if len(l.diags) == before {
			d.k.Checks = append(d.k.Checks, x)
		}
	}
}

// over reads the list that a check or an event goes through.
func (l *loader) over(d *draft, c *yaml.Node) ([]string, *typ) {
	n := get(c, "for")
	if n == nil {
		n = get(c, "each")
	}
	if n == nil {
		return nil, nil
	}
	s := l.text(d, n, "for")
	if s == "" {
		return nil, anyT()
	}
	parts := strings.Split(strings.TrimSuffix(s, ".*"), ".")
	t, ok := l.nameType(d.k.ID, parts[0])
	if !ok {
		l.fault(d, n, "kind-value", meant(parts[0], d.k.names, ""), "%s has no %q", article(d.k.ID), parts[0])
		return parts, anyT()
	}
	for _, p := range parts[1:] {
		sub := t.fields[p]
		if t.k == tDict && t.fields != nil && sub == nil {
			l.fault(d, n, "kind-value", meant(p, sortedNames(t.fields), "it has "), "%q has no %q", parts[0], p)
			return parts, anyT()
		}
		if t = sub; t == nil {
			t = anyT()
		}
	}
	switch t.k {
	case tList:
		return parts, t.elem
	case tAny:
		return parts, anyT()
	}
	l.fault(d, n, "kind-value", "", "%q is no list but %s", s, t.a())
	return parts, anyT()
}

// place reads the path a diagnostic points at.
func (l *loader) place(d *draft, n *yaml.Node, over []string) []string {
	s := l.text(d, n, "at")
	if s == "" {
		return nil
	}
	parts := strings.Split(s, ".")
	star := slices.Index(parts, "*")
	switch {
	case star >= 0 && (over == nil || !slices.Equal(parts[:star], over)):
		l.fault(d, n, "kind-value", fmt.Sprintf("add for: %s", strings.Join(parts[:star], ".")), `"*" stands for the element of "for", which is not that list`)
		return nil
	case star >= 0 && slices.Contains(parts[star+1:], "*"):
		l.fault(d, n, "kind-value", "", `only one "*" can be filled in`)
		return nil
	}
	cur := d.k.shape
	for i, p := range parts {
		if p == "*" {
			if cur = cur.items; cur == nil {
				return parts
			}
			continue
		}
		if i == 0 && (slices.Contains(d.k.names, p) && cur.prop(p) == nil) {
			l.fault(d, n, "kind-value", `"at" names a front matter key`, "%q is worked out and stands in no file", p)
			return nil
		}
		next := cur.prop(p)
		if next == nil {
			if next = cur.rest; next == nil && (len(cur.props) > 0 || i == 0) && !cur.open {
				hint := meant(p, cur.keys(), "")
				if i == 0 && over != nil && d.k.shape.at(append(slices.Clone(over), "*")).prop(p) != nil {
					hint = fmt.Sprintf("did you mean %q?", strings.Join(over, ".")+".*."+p)
				}
				l.fault(d, n, "kind-value", hint, "the schema has no %q", strings.Join(parts[:i+1], "."))
				return nil
			}
		}
		if cur = next; cur == nil {
			return parts
		}
	}
	return parts
}

// nameList reads a list of names of values.
func (l *loader) nameList(d *draft, n *yaml.Node, signed bool) (out []string) {
	list := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		list = n.Content
	} else if n.Kind != yaml.ScalarNode {
		l.fault(d, n, "kind-value", "", "this must be a list of names, not %s", shapeOf(n))
		return nil
	}
	for _, c := range list {
		if name := l.knownName(d, c, signed); name != "" {
			if slices.Contains(out, name) {
				l.fault(d, c, "kind-value", "", "%q is named twice", name)
				continue
			}
			out = append(out, name)
		}
	}
	return out
}

// knownName reads the name of a value the kind has; "" if it is none.
func (l *loader) knownName(d *draft, n *yaml.Node, signed bool) string {
	if n.Kind != yaml.ScalarNode || isNull(n) {
		l.fault(d, n, "kind-value", "", "this must be a name, not %s", shapeOf(n))
		return ""
	}
	name := n.Value
	if signed {
		name = strings.TrimPrefix(name, "-")
	}
	if !slices.Contains(d.k.names, name) {
		l.fault(d, n, "kind-value", meant(name, d.k.names, ""), "%s has no %q", article(d.k.ID), name)
		return ""
	}
	return n.Value
}

func (l *loader) readList(d *draft, n *yaml.Node) {
	if !l.mapping(d, n, "list") {
		return
	}
	l.only(d, n, "sort", "columns", "group")
	if c := get(n, "sort"); c != nil {
		d.k.List.Sort = l.nameList(d, c, true)
	}
	if c := get(n, "columns"); c != nil {
		d.k.List.Columns = l.nameList(d, c, false)
	}
	if c := get(n, "group"); c != nil {
		d.k.List.Group = l.knownName(d, c, false)
	}
}

func (l *loader) readCalendar(d *draft, n *yaml.Node) {
	if !l.list(d, n, "calendar") {
		return
	}
	for _, c := range n.Content {
		before := len(l.diags)
		var x Calendar
		var it *typ
		date := c
		if c.Kind == yaml.MappingNode {
			l.only(d, c, "for", "each", "date", "title")
			x.For, it = l.over(d, c)
			if date = get(c, "date"); date == nil {
				l.fault(d, c, "kind-value", "", `this event lacks "date"`)
				continue
			}
		}
		if x.Date = l.text(d, date, "date"); x.Date == "" {
			continue
		}
		if c.Kind != yaml.MappingNode {
			if list, rest, ok := strings.Cut(x.Date, ".*."); ok {
				each := &yaml.Node{Kind: yaml.MappingNode, Line: c.Line, Column: c.Column, Content: []*yaml.Node{{Kind: yaml.ScalarNode, Tag: "!!str", Value: "for"}, {Kind: yaml.ScalarNode, Tag: "!!str", Value: list, Line: c.Line, Column: c.Column}}}
				x.For, it = l.over(d, each)
				x.Date = rest
			}
		}
		if !pathForm.MatchString(x.Date) {
			l.fault(d, date, "kind-value", "such as due, or actions.*.due for each of a list", "%q does not name a date", x.Date)
			continue
		}
		src, shift := x.Date, 0
		if x.For != nil {
			src, shift = "it."+x.Date, -3
			if len(date.Value) > len(x.Date) {
				shift += len([]rune(date.Value)) - len([]rune(x.Date))
			}
		}
		s := l.scope(d, date, shift, it)
		if x.date = compileExpr(src, s, l.funcs); x.date != nil && !x.date.typ.isText() && !x.date.typ.open() {
			l.fault(d, date, "kind-value", "", "%q is no date but %s", x.Date, x.date.typ.a())
		}
		x.Title = "{{title}}"
		if t := get(c, "title"); t != nil {
			x.Title = t.Value
			x.title, _ = l.message(d, t, it, "title")
		} else {
			x.title, _, _ = holes(x.Title, func(src string, off int) *program { return compileExpr(src, l.scope(d, c, 0, it), l.funcs) })
		}
		if len(l.diags) == before {
			d.k.Calendar = append(d.k.Calendar, x)
		}
	}
}

func (l *loader) readGlossary(d *draft, n *yaml.Node) {
	d.k.Terms = TermFields{Aliases: "aliases", Definition: "definition", Match: "match", Scope: "scope"}
	if n.Kind != yaml.MappingNode {
		d.k.Glossary = l.yes(d, n, "glossary")
		return
	}
	d.k.Glossary = true
	l.only(d, n, "aliases", "definition", "match", "scope")
	t := &d.k.Terms
	each(n, func(k, v *yaml.Node) {
		for name, dst := range map[string]*string{"aliases": &t.Aliases, "definition": &t.Definition, "match": &t.Match, "scope": &t.Scope} {
			if k.Value == name {
				if s := l.knownName(d, v, false); s != "" {
					*dst = s
				}
			}
		}
	})
}

func (l *loader) readReview(d *draft, n *yaml.Node) {
	days, ok := Days(n.Value)
	if !ok || n.Kind != yaml.ScalarNode {
		l.fault(d, n, "kind-value", "such as 90, 3 months or never", "%s is no span of time", display(n.Value))
		return
	}
	d.k.ReviewEvery = days
}

// Days reads how often something is to be reviewed, as kind.yaml and front
// matter write it: "90", "90 days", "12 weeks", "3 months", "1 year", or
// "never". Months count 30 days, years 365.
func Days(s string) (days int, ok bool) {
	s = strings.TrimSpace(s)
	if s == "never" {
		return Never, true
	}
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n, err := strconv.Atoi(s[:i])
	if err != nil || n <= 0 || n > 99999 {
		return 0, false
	}
	switch strings.TrimSpace(s[i:]) {
	case "", "d", "day", "days":
		return n, true
	case "w", "week", "weeks":
		return n * 7, true
	case "m", "month", "months":
		return n * 30, true
	case "y", "year", "years":
		return n * 365, true
	}
	return 0, false
}

func (l *loader) readLabels(d *draft, n *yaml.Node) {
	if !l.mapping(d, n, "labels") {
		return
	}
	each(n, func(k, v *yaml.Node) {
		if l.knownName(d, k, false) != "" {
			d.k.labels[k.Value] = l.text(d, v, k.Value)
		}
	})
}
