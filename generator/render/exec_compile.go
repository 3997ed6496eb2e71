package render

import (
	"html/template"
	"reflect"
	"strconv"
	"strings"
	"text/template/parse"

	"playbook/generator/book"
)

// compiler turns the escaped trees of one set into routines.
type compiler struct {
	from   *template.Template // as parsed
	set    *template.Template // the copy that was escaped
	funcs  template.FuncMap
	bodies map[*parse.ListNode]*inlinedCall
	progs  map[string]*routine

	scope []variable // of the routine that is compiled, innermost last
	r     *routine
}

type variable struct {
	name string
	slot int
}

// unsupported is what the compiler panics with when a set is not for it.
type unsupported struct{ why string }

func refuse(why string) { panic(unsupported{why}) }

func quoted(s string) string { return strconv.Quote(s) }

func (c *compiler) program(name string) (p *program, why string) {
	defer func() {
		if r := recover(); r != nil {
			u, ok := r.(unsupported)
			if !ok {
				panic(r)
			}
			p, why = nil, u.why
		}
	}()
	r := c.routine(name)
	if r == nil {
		return nil, "there is no template " + name
	}
	return &program{entry: r}, ""
}

// routine returns the routine of a template, nil if there is no such template.
// It may be one whose code is still being compiled, when templates call each
// other in a circle.
func (c *compiler) routine(name string) *routine {
	if r, ok := c.progs[name]; ok {
		return r
	}
	t := c.set.Lookup(name)
	if t == nil || t.Tree == nil || t.Tree.Root == nil {
		return nil
	}
	r := &routine{}
	c.progs[name] = r
	c.body(r, t.Tree.Root)
	return r
}

func (c *compiler) body(r *routine, list *parse.ListNode) {
	scope, outer := c.scope, c.r
	c.scope, c.r = []variable{{"$", 0}}, r
	r.code = c.list(list)
	c.scope, c.r = scope, outer
}

func (c *compiler) declare(name string) int {
	c.r.vars++
	c.scope = append(c.scope, variable{name, c.r.vars})
	return c.r.vars
}

func (c *compiler) lookup(name string) int {
	for i := len(c.scope) - 1; i >= 0; i-- {
		if c.scope[i].name == name {
			return c.scope[i].slot
		}
	}
	refuse("undefined variable " + name)
	return 0
}

// list compiles a list in the scope it stands in.
func (c *compiler) list(list *parse.ListNode) []stmt {
	if list == nil {
		return nil
	}
	var out []stmt
	for _, n := range list.Nodes {
		if s := c.stmt(n); s != nil {
			out = append(out, s)
		}
	}
	return out
}

// block compiles a list whose variables end with it.
func (c *compiler) block(list *parse.ListNode) []stmt {
	mark := len(c.scope)
	out := c.list(list)
	c.scope = c.scope[:mark]
	return out
}

func perform(m *machine, code []stmt, dot any) flow {
	for _, s := range code {
		if f := s(m, dot); f != next {
			return f
		}
	}
	return next
}

func (c *compiler) stmt(n parse.Node) stmt {
	switch n := n.(type) {
	case *parse.TextNode:
		if len(n.Text) == 0 {
			return nil
		}
		text := n.Text
		return func(m *machine, _ any) flow { m.b.Write(text); return next }
	case *parse.CommentNode:
		return nil
	case *parse.ActionNode:
		return c.action(n)
	case *parse.BreakNode:
		return func(*machine, any) flow { return stopLoop }
	case *parse.ContinueNode:
		return func(*machine, any) flow { return nextRound }
	case *parse.IfNode:
		return c.branch(&n.BranchNode, false)
	case *parse.WithNode:
		return c.branch(&n.BranchNode, true)
	case *parse.RangeNode:
		return c.loop(n)
	case *parse.TemplateNode:
		return c.template(n.Pipe, c.routine(n.Name))
	case *parse.ListNode:
		in := c.bodies[n]
		if in == nil {
			refuse("a list within a list")
		}
		r := &routine{}
		c.body(r, n)
		return c.template(in.pipe, r)
	}
	refuse("an action of an unknown kind")
	return nil
}

func (c *compiler) template(pipe *parse.PipeNode, r *routine) stmt {
	if r == nil {
		return func(*machine, any) flow { giveUp(); return next }
	}
	if pipe == nil {
		return func(m *machine, _ any) flow { m.call(r, nil); return next }
	}
	if keys, vals := c.constantDict(pipe); keys != nil {
		return func(m *machine, dot any) flow {
			d := m.lend()
			for i, k := range keys {
				d[k] = argAny(vals[i](m, dot))
			}
			m.call(r, d)
			m.lent--
			return next
		}
	}
	arg := c.declaring(pipe)
	return func(m *machine, dot any) flow { m.call(r, arg(m, dot)); return next }
}

// constantDict returns the keys and values of a pipeline that is a dict whose keys
// are constants, nil for any other. A template's argument mostly is one, and when
// the template has ended nobody has it any more: templates give nothing but text.
func (c *compiler) constantDict(pipe *parse.PipeNode) (keys []string, vals []expr) {
	for len(pipe.Cmds) == 1 && len(pipe.Decl) == 0 && len(pipe.Cmds[0].Args) == 1 {
		inner, ok := pipe.Cmds[0].Args[0].(*parse.PipeNode)
		if !ok {
			return nil, nil
		}
		pipe = inner
	}
	if len(pipe.Cmds) != 1 || len(pipe.Decl) > 0 {
		return nil, nil
	}
	args := pipe.Cmds[0].Args
	name, ok := args[0].(*parse.IdentifierNode)
	if _, ours := c.funcs["dict"]; !ok || !ours || name.Ident != "dict" || len(args)%2 == 0 {
		return nil, nil
	}
	for i := 1; i < len(args); i += 2 {
		k, ok := args[i].(*parse.StringNode)
		if !ok {
			return nil, nil
		}
		keys = append(keys, k.Text)
		vals = append(vals, c.arg(args[i+1], anyType))
	}
	return keys, vals
}

// action compiles an action. Its pipeline ends with the escapers html/template
// put there; these write straight into the output.
func (c *compiler) action(n *parse.ActionNode) stmt {
	if len(n.Pipe.Decl) > 0 {
		val := c.declaring(n.Pipe)
		return func(m *machine, dot any) flow { val(m, dot); return next }
	}
	cmds := n.Pipe.Cmds
	k := len(cmds)
	for k > 0 && isEscaper(cmds[k-1]) {
		k--
	}
	if k == 0 {
		refuse("an action of escapers alone")
	}
	names := make([]string, 0, len(cmds)-k)
	for _, e := range cmds[k:] {
		names = append(names, strings.TrimPrefix(e.Args[0].(*parse.IdentifierNode).Ident, escaperMark))
	}
	write := writer(names)
	if write == nil {
		refuse("escapers " + strings.Join(names, ", "))
	}
	val := c.commands(cmds[:k])
	return func(m *machine, dot any) flow { write(m.b, val(m, dot)); return next }
}

const escaperMark = "_html_template_"

func isEscaper(cmd *parse.CommandNode) bool {
	id, ok := cmd.Args[0].(*parse.IdentifierNode)
	return ok && len(cmd.Args) == 1 && strings.HasPrefix(id.Ident, escaperMark)
}

// declaring compiles a pipeline that may declare or set variables.
func (c *compiler) declaring(p *parse.PipeNode) expr {
	val := c.commands(p.Cmds)
	if len(p.Decl) == 0 {
		return val
	}
	slots := make([]int, len(p.Decl))
	for i, v := range p.Decl {
		if p.IsAssign {
			slots[i] = c.lookup(v.Ident[0])
		} else {
			slots[i] = c.declare(v.Ident[0])
		}
	}
	if len(slots) == 1 {
		slot := slots[0]
		return func(m *machine, dot any) any {
			v := val(m, dot)
			m.stack[m.base+slot] = v
			return v
		}
	}
	return func(m *machine, dot any) any {
		v := val(m, dot)
		for _, s := range slots {
			m.stack[m.base+s] = v
		}
		return v
	}
}

// pipe compiles a pipeline in parentheses.
func (c *compiler) pipe(p *parse.PipeNode) expr {
	if len(p.Decl) > 0 {
		refuse("a variable declared within parentheses")
	}
	return c.commands(p.Cmds)
}

func (c *compiler) commands(cmds []*parse.CommandNode) expr {
	var val expr
	for _, cmd := range cmds {
		val = c.command(cmd, val)
	}
	if val == nil {
		refuse("an empty pipeline")
	}
	return val
}

// plain makes an expression give nil for an interface that is nil: that is what
// each step of a pipeline does.
func plain(e expr) expr {
	return func(m *machine, dot any) any {
		v := e(m, dot)
		if _, ok := v.(null); ok {
			return nil
		}
		return v
	}
}

func unknown(*machine, any) any { giveUp(); return nil }

func constant(v any) expr { return func(*machine, any) any { return v } }

// command compiles one command of a pipeline; final is the value that comes
// from the one before it, nil for the first.
func (c *compiler) command(cmd *parse.CommandNode, final expr) expr {
	args := cmd.Args[1:]
	switch n := cmd.Args[0].(type) {
	case *parse.FieldNode:
		return plain(c.fields(currentDot, n.Ident, args, final))
	case *parse.ChainNode:
		return plain(c.chain(n, args, final))
	case *parse.VariableNode:
		return plain(c.variable(n, args, final))
	case *parse.IdentifierNode:
		return plain(c.function(n.Ident, args, final))
	}
	if len(args) > 0 || final != nil {
		return unknown
	}
	switch n := cmd.Args[0].(type) {
	case *parse.PipeNode:
		return c.pipe(n)
	case *parse.DotNode:
		return plain(currentDot)
	case *parse.BoolNode, *parse.NumberNode, *parse.StringNode:
		return c.literal(n, anyType)
	}
	return unknown
}

func currentDot(_ *machine, dot any) any { return dot }

func (c *compiler) chain(n *parse.ChainNode, args []parse.Node, final expr) expr {
	if len(n.Field) == 0 {
		refuse("a chain without fields")
	}
	switch n.Node.(type) {
	case *parse.PipeNode, *parse.DotNode, *parse.FieldNode, *parse.VariableNode, *parse.IdentifierNode, *parse.ChainNode:
		return c.fields(c.arg(n.Node, anyType), n.Field, args, final)
	}
	refuse("a field of a constant")
	return nil
}

func (c *compiler) variable(n *parse.VariableNode, args []parse.Node, final expr) expr {
	slot := c.lookup(n.Ident[0])
	get := func(m *machine, _ any) any { return m.stack[m.base+slot] }
	if len(n.Ident) == 1 {
		if len(args) > 0 || final != nil {
			return unknown
		}
		return get
	}
	return c.fields(get, n.Ident[1:], args, final)
}

// fields compiles a chain of fields, keys and methods; the last gets the
// arguments.
func (c *compiler) fields(from expr, names []string, args []parse.Node, final expr) expr {
	for _, name := range names[:len(names)-1] {
		from = c.field(from, name, nil, nil)
	}
	return c.field(from, names[len(names)-1], args, final)
}

func (c *compiler) field(from expr, name string, args []parse.Node, final expr) expr {
	f := newField(name)
	if len(args) == 0 && final == nil {
		return func(m *machine, dot any) any { return f.get(from(m, dot), nil) }
	}
	in := make([]expr, 0, len(args)+1)
	for _, a := range args {
		in = append(in, c.arg(a, anyType))
	}
	if final != nil {
		in = append(in, final)
	}
	if len(in) == 1 {
		one := in[0]
		return func(m *machine, dot any) any {
			recv := from(m, dot)
			if v, ok := recv.(*View); ok && f.one != nil {
				return f.one(v, one(m, dot))
			}
			return f.get(recv, []any{one(m, dot)})
		}
	}
	return func(m *machine, dot any) any {
		recv := from(m, dot)
		vals := make([]any, len(in))
		for i, e := range in {
			vals[i] = e(m, dot)
		}
		return f.get(recv, vals)
	}
}

var anyType = reflect.TypeFor[any]()

// arg compiles an argument for a parameter of a type. A value found only when
// the layout runs is checked then.
func (c *compiler) arg(n parse.Node, typ reflect.Type) expr {
	switch n := n.(type) {
	case *parse.DotNode:
		return currentDot
	case *parse.FieldNode:
		return c.fields(currentDot, n.Ident, nil, nil)
	case *parse.VariableNode:
		return c.variable(n, nil, nil)
	case *parse.PipeNode:
		return c.pipe(n)
	case *parse.IdentifierNode:
		return c.function(n.Ident, nil, nil)
	case *parse.ChainNode:
		return c.chain(n, nil, nil)
	case *parse.NilNode:
		return constant(nil)
	}
	return c.literal(n, typ)
}

// literal compiles a constant, whose type follows from where it stands.
func (c *compiler) literal(n parse.Node, typ reflect.Type) expr {
	v := reflect.New(typ).Elem()
	switch n := n.(type) {
	case *parse.BoolNode:
		switch {
		case typ == anyType:
			return constant(n.True)
		case typ.Kind() == reflect.Bool:
			v.SetBool(n.True)
			return constant(v.Interface())
		}
	case *parse.StringNode:
		switch {
		case typ == anyType:
			return constant(n.Text)
		case typ.Kind() == reflect.String:
			v.SetString(n.Text)
			return constant(v.Interface())
		}
	case *parse.NumberNode:
		switch {
		case typ == anyType:
			return ideal(n)
		case v.CanInt() && n.IsInt:
			v.SetInt(n.Int64)
			return constant(v.Interface())
		case v.CanUint() && n.IsUint:
			v.SetUint(n.Uint64)
			return constant(v.Interface())
		case v.CanFloat() && n.IsFloat:
			v.SetFloat(n.Float64)
			return constant(v.Interface())
		}
	}
	return unknown
}

// ideal gives a number the type that its spelling asks for.
func ideal(n *parse.NumberNode) expr {
	hex := len(n.Text) > 2 && n.Text[0] == '0' && (n.Text[1] == 'x' || n.Text[1] == 'X') && !strings.ContainsAny(n.Text, "pP")
	char := len(n.Text) > 0 && n.Text[0] == '\''
	switch {
	case n.IsComplex:
		return unknown
	case n.IsFloat && !hex && !char && strings.ContainsAny(n.Text, ".eEpP"):
		return constant(n.Float64)
	case n.IsInt && int64(int(n.Int64)) == n.Int64:
		return constant(int(n.Int64))
	}
	return unknown
}

func (c *compiler) branch(b *parse.BranchNode, with bool) stmt {
	mark := len(c.scope)
	cond := c.declaring(b.Pipe)
	yes := c.block(b.List)
	no := c.block(b.ElseList)
	c.scope = c.scope[:mark]
	if with {
		return func(m *machine, dot any) flow {
			if v := cond(m, dot); truth(v) {
				return perform(m, yes, v)
			}
			return perform(m, no, dot)
		}
	}
	return func(m *machine, dot any) flow {
		if truth(cond(m, dot)) {
			return perform(m, yes, dot)
		}
		return perform(m, no, dot)
	}
}

// round runs a loop's body for one element; false ends the loop.
type round func(m *machine, i int, key, elem any) bool

func (c *compiler) loop(n *parse.RangeNode) stmt {
	mark := len(c.scope)
	list := c.declaring(n.Pipe)
	index, elem := -1, -1
	decl := n.Pipe.Decl
	slot := func(i int) int { return c.lookup(decl[i].Ident[0]) }
	switch {
	case len(decl) == 1:
		elem = slot(0)
	case len(decl) == 2 && decl[0].Ident[0] == decl[1].Ident[0]:
		refuse("a loop with one name for two variables")
	case len(decl) == 2:
		index, elem = slot(0), slot(1)
	case len(decl) > 2:
		refuse("a loop with more than two variables")
	}
	body := c.block(n.List)
	no := c.block(n.ElseList)
	c.scope = c.scope[:mark]

	// each runs the body; key is nil when the index is i
	each := func(m *machine, i int, key, v any) bool {
		if elem >= 0 {
			m.stack[m.base+elem] = v
			if index >= 0 {
				if key == nil {
					key = i
				}
				m.stack[m.base+index] = key
			}
		}
		for _, s := range body {
			if f := s(m, v); f != next {
				return f == nextRound
			}
		}
		return true
	}
	return func(m *machine, dot any) flow {
		if iterate(m, list(m, dot), index >= 0, each) == 0 {
			return perform(m, no, dot)
		}
		return next
	}
}

// iterate runs each over a list and returns how many elements it has.
func iterate(m *machine, list any, two bool, each round) int {
	switch l := list.(type) {
	case nil:
		return 0
	case []*book.Card:
		for i, v := range l {
			if !each(m, i, nil, v) {
				break
			}
		}
		return len(l)
	case []any:
		for i, v := range l {
			if v == nil {
				v = null{}
			}
			if !each(m, i, nil, v) {
				break
			}
		}
		return len(l)
	case []string:
		for i, v := range l {
			if !each(m, i, nil, v) {
				break
			}
		}
		return len(l)
	case []int:
		for i, v := range l {
			if !each(m, i, nil, v) {
				break
			}
		}
		return len(l)
	case map[string]any:
		for i, k := range sortedKeys(l) {
			v := l[k]
			if v == nil {
				v = null{}
			}
			if !each(m, i, k, v) {
				break
			}
		}
		return len(l)
	case int:
		if two {
			giveUp()
		}
		for i := range l {
			if !each(m, i, nil, i) {
				break
			}
		}
		return max(l, 0)
	}
	rv, isNil := indirect(reflect.ValueOf(list))
	switch {
	case isNil:
		giveUp()
	case rv.Kind() == reflect.Slice || rv.Kind() == reflect.Array:
		for i := range rv.Len() {
			if !each(m, i, nil, held(rv.Index(i))) {
				break
			}
		}
		return rv.Len()
	case rv.Kind() == reflect.Map && rv.Type().Key().Kind() == reflect.String:
		for i, k := range sortedValues(rv) {
			if !each(m, i, k.Interface(), held(rv.MapIndex(k))) {
				break
			}
		}
		return rv.Len()
	default:
		giveUp()
	}
	return 0
}
