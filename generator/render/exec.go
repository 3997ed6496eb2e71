package render

import (
	"bytes"
	"html/template"
	"io"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"text/template/parse"
)

// This file and the other exec files run layouts. html/template parses them and
// decides how each value must be escaped where it stands; what comes out of it,
// trees with the escapers written in, is compiled here once into functions, and
// these run without reflection over the values that layouts meet all the time.
//
// There is one rule that keeps this right: whatever the compiled form is not
// sure of it does not do. A set that uses something it does not know stays with
// html/template, and an execution that meets an odd value or any error gives
// up, throws away what it wrote, and html/template runs the layout from the
// start. So every error message, and everything rare, is html/template's own.
// Running twice is harmless since layouts only ask.

// executor is what a Theme keeps of its compiled layouts.
type executor struct {
	standard bool     // use html/template alone
	programs sync.Map // layout path -> *compiled
	mu       sync.Mutex
	inlined  map[callSite]bool // calls that stand inside a tag, an attribute or the like
	gaveUp   atomic.Int64      // executions that html/template had to do over
}

type compiled struct {
	once sync.Once
	prog *program // nil: html/template executes this layout
	why  string   // why it does
}

// run executes the entry of a set. Nothing else may execute tmpl before, since
// a set that was executed cannot be cloned.
func (x *executor) run(w *bytes.Buffer, p string, tmpl *template.Template, name string, data any) error {
	if x.standard {
		return tmpl.ExecuteTemplate(w, name, data)
	}
	v, ok := x.programs.Load(p)
	if !ok {
		v, _ = x.programs.LoadOrStore(p, &compiled{})
	}
	c := v.(*compiled)
	c.once.Do(func() { c.prog, c.why = x.compile(tmpl, name) })
	if c.prog != nil {
		start := w.Len()
		if c.prog.run(w, data) {
			return nil
		}
		w.Truncate(start)
		x.gaveUp.Add(1)
	}
	return tmpl.ExecuteTemplate(w, name, data)
}

// callSite is a {{template}} action: the template it stands in and where.
type callSite struct {
	in string
	at parse.Pos
}

// compile escapes a copy of the set and compiles what the entry reaches.
//
// html/template makes another copy of a template for each context it is called
// in, and keeps the copies that are called in other places than plain text to
// itself. So those calls are replaced by the body of what they call before the
// escaper sees them; which calls they are, a first try tells.
func (x *executor) compile(tmpl *template.Template, name string) (prog *program, why string) {
	x.mu.Lock()
	known := maps.Clone(x.inlined)
	x.mu.Unlock()
	if known == nil {
		known = map[callSite]bool{}
	}
	for range 4 {
		set, err := tmpl.Clone()
		if err != nil {
			return nil, err.Error()
		}
		c := &compiler{from: tmpl, set: set, funcs: funcs(), bodies: map[*parse.ListNode]*inlinedCall{}, progs: map[string]*routine{}}
		if why := c.inline(known); why != "" {
			return nil, why
		}
		if err := escapeSet(set, name); err != nil {
			return nil, err.Error()
		}
		found := derivedCalls(set)
		if len(found) == 0 {
			return c.program(name)
		}
		for s := range found {
			known[s] = true
		}
		x.mu.Lock()
		if x.inlined == nil {
			x.inlined = map[callSite]bool{}
		}
		maps.Copy(x.inlined, known)
		x.mu.Unlock()
	}
	return nil, "templates are called in too many contexts"
}

// escapeSet makes html/template escape all that the entry reaches, without
// executing any of it.
func escapeSet(set *template.Template, name string) error {
	const probe = "\x00escape"
	t, err := set.New(probe).Parse(`{{if false}}{{template ` + quoted(name) + ` .}}{{end}}`)
	if err != nil {
		return err
	}
	return t.Execute(io.Discard, nil)
}

// derivedMark stands in the names of the copies html/template makes.
const derivedMark = "$htmltemplate_"

// derivedCalls returns the calls of such copies.
func derivedCalls(set *template.Template) map[callSite]bool {
	out := map[callSite]bool{}
	for _, t := range set.Templates() {
		if t.Tree == nil || t.Tree.Root == nil {
			continue
		}
		name := t.Name()
		eachCall(t.Tree.Root, func(n *parse.TemplateNode) parse.Node {
			if strings.Contains(n.Name, derivedMark) {
				out[callSite{name, n.Pos}] = true
			}
			return n
		})
	}
	return out
}

// eachCall replaces each {{template}} below list by what f returns for it.
func eachCall(list *parse.ListNode, f func(*parse.TemplateNode) parse.Node) {
	if list == nil {
		return
	}
	branch := func(b *parse.BranchNode) {
		eachCall(b.List, f)
		eachCall(b.ElseList, f)
	}
	for i, n := range list.Nodes {
		switch n := n.(type) {
		case *parse.TemplateNode:
			list.Nodes[i] = f(n)
		case *parse.ListNode:
			eachCall(n, f)
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		case *parse.RangeNode:
			branch(&n.BranchNode)
		}
	}
}

// inlinedCall is a call that was replaced by the body of what it calls.
type inlinedCall struct {
	pipe *parse.PipeNode
	name string
}

// maxInline bounds how deep calls are replaced: a template that calls itself
// inside an attribute is left to html/template.
const maxInline = 8

// inline replaces the known calls, and all calls within what it puts in their
// place. It returns why that cannot be done.
func (c *compiler) inline(known map[callSite]bool) (why string) {
	if len(known) == 0 {
		return ""
	}
	var put func(n *parse.TemplateNode, depth int) parse.Node
	put = func(n *parse.TemplateNode, depth int) parse.Node {
		t := c.from.Lookup(n.Name)
		if t == nil || t.Tree == nil || t.Tree.Root == nil || depth > maxInline {
			why = "calls " + n.Name + " inside an attribute or the like"
			return n
		}
		body := t.Tree.Root.CopyList()
		eachCall(body, func(n *parse.TemplateNode) parse.Node { return put(n, depth+1) })
		c.bodies[body] = &inlinedCall{n.Pipe, n.Name}
		return body
	}
	for _, t := range c.set.Templates() {
		if t.Tree == nil || t.Tree.Root == nil {
			continue
		}
		name := t.Name()
		eachCall(t.Tree.Root, func(n *parse.TemplateNode) parse.Node {
			if known[callSite{name, n.Pos}] {
				return put(n, 0)
			}
			return n
		})
	}
	return why
}

// program is a compiled set.
type program struct {
	entry *routine
	pool  sync.Pool // of *machine
}

// routine is a compiled template: its code and how many variables it has,
// besides "$" which is the first.
type routine struct {
	code []stmt
	vars int
}

// machine is the state of one execution. Variables stand on one stack; those of
// the routine that runs begin at base.
type machine struct {
	b     *bytes.Buffer
	stack []any
	base  int
	depth int
	dicts []map[string]any // arguments of templates, of which lent are in use
	lent  int
}

// lend returns an empty dict, which is given back by counting lent down.
func (m *machine) lend() map[string]any {
	if m.lent == len(m.dicts) {
		m.dicts = append(m.dicts, map[string]any{})
	}
	d := m.dicts[m.lent]
	m.lent++
	clear(d)
	return d
}

// maxDepth is how deep templates may call each other here; html/template goes
// on from there, in its own way.
const maxDepth = 2000

type (
	stmt func(m *machine, dot any) flow
	expr func(m *machine, dot any) any
)

// flow tells what a loop does after a statement.
type flow uint8

const (
	next flow = iota
	stopLoop
	nextRound
)

// null stands for an interface value that is nil, where that is not the same as
// a value that is missing: a field of the one is an error, of the other missing.
type null struct{}

// unsure is what an execution panics with to give up.
type unsure struct{}

func giveUp() { panic(unsure{}) }

// run executes the program; false means that it gave up, whatever the reason.
// A panic in a function is a reason too: html/template makes an error of it.
func (p *program) run(w *bytes.Buffer, data any) (ok bool) {
	m, _ := p.pool.Get().(*machine)
	if m == nil {
		m = &machine{}
	}
	m.b, m.base, m.depth, m.lent = w, 0, 0, 0
	defer func() {
		if !ok {
			_ = recover()
		}
		clear(m.stack[:cap(m.stack)])
		for _, d := range m.dicts {
			clear(d)
		}
		m.stack, m.b = m.stack[:0], nil
		p.pool.Put(m)
	}()
	m.call(p.entry, data)
	return true
}

// call runs a routine with its own variables.
func (m *machine) call(r *routine, dot any) {
	if m.depth++; m.depth > maxDepth {
		giveUp()
	}
	base := m.base
	m.base = len(m.stack)
	for range r.vars + 1 {
		m.stack = append(m.stack, nil)
	}
	m.stack[m.base] = dot
	for _, s := range r.code {
		s(m, dot)
	}
	m.stack = m.stack[:m.base]
	m.base = base
	m.depth--
}
