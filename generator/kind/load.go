package kind

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"
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
var computed = [...]string{"id", "kind", "outline", "sections", "tasks_done", "tasks_total", "title", "url", "words"}

// made are those of them that no front matter can set.
var made = [...]string{"outline", "sections", "tasks_done", "tasks_total", "url", "words"}

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
	icons      []string // what can be shown beside a name; none if the layouts hold none
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
	once     bool // what is being read is about all documents of the kind
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
		{"outline", (*loader).readOutline},
		{"checks", (*loader).readChecks},
		{"facets", func(l *loader, d *draft, n *yaml.Node) { d.k.Facets = l.nameList(d, n, false) }},
		{"list", (*loader).readList},
		{"calendar", (*loader).readCalendar},
		{"next", (*loader).readNext},
		{"dated", func(l *loader, d *draft, n *yaml.Node) { d.k.Dated = l.nameList(d, n, false) }},
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
		if name, ok := strings.CutSuffix(parts[len(parts)-1], ".svg"); ok && len(parts) == 2 && parts[0] == "icons" {
			l.icons = append(l.icons, name)
			continue
		}
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
	if k.Icon != "" && len(l.icons) > 0 && !slices.Contains(l.icons, k.Icon) {
		l.fault(d, d.keys["icon"], "kind-value", cmp.Or(meant(k.Icon, l.icons, ""), "icons are the files of layouts/icons/"), "there is no icon %q", k.Icon)
		k.Icon = ""
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
			wg.Go(func() {
				d.k.schema, errs[i] = compile(d.schema)
				d.k.quick = quickOf(d.k.schema)
			})
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
	if name == "outline" {
		return listOf(&typ{k: tDict, fields: map[string]*typ{"id": textT(), "title": textT(), "guidance": textT(), "optional": boolT(), "present": boolT(), "words": intT(),
			"tasks_done": intT(), "tasks_total": intT(), "complete": numT()}}), true
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
	return scope{self: d.k.ID, once: d.once, it: it, name: l.nameType, names: l.namesOf, kinds: func() []string { return l.ids },
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
