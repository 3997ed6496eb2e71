package kind

import (
	"slices"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"playbook/generator/diag"
)

// Kind is one kind of document, read from its kind.yaml. It is frozen once Load
// returns it.
type Kind struct {
	ID          string // the folder's name: "question-bank"
	Name        string // of one: "Question bank"
	Plural      string // of many; Name with an "s" if kind.yaml is silent
	Icon        string // name of an icon of the theme
	Tint        string // hue of its colour, in degrees or as a name of the theme
	Section     string // folder its documents live in by default, "" for none
	Description string

	Fields    []Field // the schema's own properties in declared order; Common holds the rest
	Relations []Relation
	Inverses  []Inverse // the names by which documents of this kind see who refers to them
	Derived   []Derived
	Checks    []Check
	Facets    []string
	List      ListSpec
	Calendar  []Calendar
	Next      *Next         // how a document is carried into its next period, nil if kind.yaml does not say
	Dated     []string      // fields whose latest date is the day on which a document last said something new
	Outline   []OutlinePart // the sections (H2) that a document should have, in order

	Glossary    bool       // its documents are terms of the shared vocabulary
	Terms       TermFields // where a term keeps what the vocabulary needs
	Search      bool       // its documents are found by search; true unless switched off
	ReviewEvery int        // days between reviews; 0 leaves it to the site, Never to nobody

	file   string // as diagnostics show it
	labels map[string]string
	shape  *shape // of a whole front matter, common keys included
	names  []string
	refs   []RefPath
	json   []byte
	schema *jsonschema.Schema
	quick  *quick // of schema
}

// Never is the ReviewEvery of documents that need no review.
const Never = -1

// Field is one declared front matter value.
type Field struct {
	Name        string
	Type        string // in words: "text", "date", "number", "choice", "goal or plan", "list of goal", "list of mappings"
	Required    bool
	Enum        []string // what may be written, if that is a fixed set of texts
	Refs        []string // the kinds a reference may name, nil if it is none
	Many        bool     // a list
	Description string
	Default     any
	Fields      []Field // of a mapping, or of the mappings in a list
}

// RefPath leads to values that name documents: "*" stands for every element of
// a list or value of a mapping, so "objectives", "*", "goal".
type RefPath struct {
	Path  []string
	Kinds []string
}

// Field returns the path as relations write it, without the stars:
// "objectives.goal".
func (p RefPath) Field() string {
	var b strings.Builder
	for _, s := range p.Path {
		if s != "*" {
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(s)
		}
	}
	return b.String()
}

// Relation names both directions of a reference.
type Relation struct {
	Field        string // "supports", or "objectives.goal" below the top
	Inverse      string // what the documents referred to call it, "" if nothing
	Label        string
	InverseLabel string
	Acyclic      bool // following it must never lead back
}

// Inverse is a name by which documents of a kind see what refers to them. One
// name may gather several kinds and fields: a plan and a goal that both rest on
// an assumption are both among what it carries.
type Inverse struct {
	Name, Label string
	From        []InverseField // sorted
}

// InverseField is a field of a kind whose references an Inverse gathers.
type InverseField struct{ Kind, Field string }

// OutlinePart is a section that documents of a kind should have.
type OutlinePart struct {
	ID       string // its anchor where the title does not give it, "" else
	Title    string
	Also     []string // other titles it may have
	Guidance string   // what to write there
	Optional bool
}

// ListSpec says how documents of a kind are listed.
type ListSpec struct {
	Sort    []string // names, the first weighs most; "-due" sorts downwards
	Columns []string
	Group   string // name by whose value a list is cut into parts, "" for none
}

// TermFields names the front matter keys in which a glossary kind keeps what
// the vocabulary needs.
type TermFields struct {
	Aliases, Definition, Match, Scope string
	Retired                           string // the status of a term that should no longer be used
	Successor                         string // what to say instead
}

// Set is all kinds of a site.
type Set struct {
	kinds  []*Kind // by ID
	byID   map[string]*Kind
	common []Field
}

// Get returns the kind of that id, nil if there is none. A nil Set has none.
func (s *Set) Get(id string) *Kind {
	if s == nil {
		return nil
	}
	return s.byID[id]
}

// All returns the kinds sorted by ID. The slice is not the caller's to change.
func (s *Set) All() []*Kind {
	if s == nil {
		return nil
	}
	return s.kinds
}

// Names returns the ids of all kinds, sorted.
func (s *Set) Names() []string {
	out := make([]string, 0, len(s.All()))
	for _, k := range s.All() {
		out = append(out, k.ID)
	}
	return out
}

// Fallback is the id of the kind of documents that belong to no other.
const Fallback = "guide"

// ForPath returns the kind of a document by the section folder it lies in, the
// deepest folder first; the Fallback kind (nil where there is none) for any
// other. The path is relative to content, "plans/emea.md".
func (s *Set) ForPath(path string) *Kind {
	var best *Kind
	for _, k := range s.All() {
		if k.Section != "" && strings.HasPrefix(path, k.Section+"/") && (best == nil || len(k.Section) > len(best.Section)) {
			best = k
		}
	}
	if best == nil {
		return s.Get(Fallback)
	}
	return best
}

// Common returns the front matter fields that every kind has.
func (s *Set) Common() []Field {
	if s == nil {
		return nil
	}
	return s.common
}

// Field returns the declared field of that name.
func (k *Kind) Field(name string) (Field, bool) {
	if i := slices.IndexFunc(k.Fields, func(f Field) bool { return f.Name == name }); i >= 0 {
		return k.Fields[i], true
	}
	return Field{}, false
}

// Label returns what readers see for a name: what kind.yaml says under labels
// or relations, else the name itself as words ("review_by" is "Review by").
func (k *Kind) Label(name string) string {
	if s := k.labels[name]; s != "" {
		return s
	}
	for _, r := range k.Relations {
		if r.Field == name && r.Label != "" {
			return r.Label
		}
	}
	for _, v := range k.Inverses {
		if v.Name == name && v.Label != "" {
			return v.Label
		}
	}
	if s := k.shape.prop(name); s != nil && s.title != "" {
		return s.title
	}
	return words(name)
}

// words turns a name into what a reader would write.
func words(name string) string {
	s := strings.TrimSpace(apart.Replace(name))
	if s == "" {
		return name
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

var apart = strings.NewReplacer("_", " ", "-", " ", ".", " ")

// RefPaths returns where in the front matter documents are named, in declared
// order, common keys included. The slice is not the caller's to change.
func (k *Kind) RefPaths() []RefPath { return k.refs }

// Names returns every name an expression of the kind may use for a value of a
// document, sorted: fields, inverses, derived values, standard names.
func (k *Kind) Names() []string { return k.names }

// Schema returns the JSON Schema (2020-12) of the kind's front matter, for
// editors. It is the very schema Validate uses, and the same bytes each time.
func (k *Kind) Schema() []byte { return k.json }

// Object is one document as expressions see it.
//
// Get returns the value of a name: a front matter field, the inverse of a
// relation, a derived value, or a standard name. Values are nil (there is
// none), bool, int64, float64, string, Object, and lists ([]any, []Object) and
// mappings (map[string]any) of these. Wherever the schema says x-ref, at any
// depth, the value is the Object named and not its id; a name that leads
// nowhere is left out of lists and nil elsewhere. An unknown name is nil.
//
// An error of Get ends the evaluation, which returns it unchanged.
type Object interface {
	Get(name string) (any, error)
}

// Collection is an Object that knows the other documents. Where one is not, as
// in tests of a kind, documents("goal") is empty.
type Collection interface {
	Object
	// Documents returns all documents of a kind, each an Object, by id.
	Documents(kind string) []any
}

// CycleError is what an Object returns when a derived value rests on itself.
// Path names values on the way that leads back, one and what it needs, each as
// "id.name".
type CycleError struct{ Path []string }

func (e *CycleError) Error() string {
	return "derived values rest on each other: " + strings.Join(e.Path, " -> ")
}

// EvalError is an expression that met values it cannot work with, such as a
// text where a number is needed, in a place where no schema promised better.
type EvalError struct {
	At  diag.Pos // in kind.yaml
	Msg string
}

func (e *EvalError) Error() string {
	return e.Msg
}
