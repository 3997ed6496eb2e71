package kind

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"

	"playbook/generator/diag"
)

// Expressions are written in the language of github.com/expr-lang/expr, whose
// parser is used. What a parsed expression means is decided here, because two
// things the library's own machine does not know are the point of kinds: values
// that are fetched from other documents when they are asked for, with the types
// of kinds that refer to each other; and "unknown", which flows through
// arithmetic instead of ending it.

// evalFn is a compiled piece of an expression.
type evalFn func(f *frame) (any, error)

// frame is one evaluation.
type frame struct {
	self  Object
	today string
	it    any
	nth   int64
	slots []any // of let and of the elements that any, map, ... go through
}

// program is a compiled expression.
type program struct {
	run   evalFn
	slots int
	typ   *typ
	uses  []string // names of the document itself that it reads, sorted
	far   []string // names of other documents that it reads, sorted
}

func (p *program) eval(self Object, today string, it any, nth int) (any, error) {
	if p.slots == 0 {
		return p.run(&frame{self: self, today: today, it: it, nth: int64(nth)})
	}
	roomy := struct { // most expressions have one loop or two: both in one piece
		frame
		room [4]any
	}{frame: frame{self: self, today: today, it: it, nth: int64(nth)}}
	if p.slots <= len(roomy.room) {
		roomy.slots = roomy.room[:p.slots]
	} else {
		roomy.slots = make([]any, p.slots)
	}
	return p.run(&roomy.frame)
}

// scope says what names mean in an expression.
type scope struct {
	self   string // id of the kind
	once   bool   // it is about the kind as a whole, so that "all" is known and no document
	it     *typ   // type of "it", nil where there is none
	name   func(kind, name string) (*typ, bool)
	names  func(kind string) []string
	kinds  func() []string
	pos    func(off int) diag.Pos // off counts characters of the source
	report func(at, to diag.Pos, msg, hint string)
}

// compiler turns the tree of one expression into a program.
type compiler struct {
	scope
	funcs map[string]function
	preds map[string]bool
	slots int
	lets  []local
	items []local
	uses  map[string]bool
	far   map[string]bool
	bad   bool
}

type local struct {
	name string
	slot int // of the value; of an element's index: slot+1
	typ  *typ
}

// compileExpr compiles src; nil if something is wrong with it, which is then
// reported.
func compileExpr(src string, s scope, funcs map[string]function) *program {
	c := &compiler{scope: s, funcs: funcs, preds: predicates(), uses: map[string]bool{}, far: map[string]bool{}}
	tree, err := parser.Parse(src)
	if err != nil {
		c.syntax(src, err)
		return nil
	}
	run, t := c.node(tree.Node)
	if c.bad {
		return nil
	}
	return &program{run: run, slots: c.slots, typ: t, uses: slices.Sorted(maps.Keys(c.uses)), far: slices.Sorted(maps.Keys(c.far))}
}

func (c *compiler) fail(n ast.Node, msg, hint string) (evalFn, *typ) {
	c.bad = true
	at := c.pos(n.Location().From)
	var to diag.Pos
	switch n := n.(type) {
	case *ast.IdentifierNode:
		to = c.pos(n.Location().From + utf8.RuneCountInString(n.Value))
	case *ast.CallNode:
		if id, ok := n.Callee.(*ast.IdentifierNode); ok {
			to = c.pos(n.Location().From + utf8.RuneCountInString(id.Value))
		}
	case *ast.BuiltinNode:
		to = c.pos(n.Location().From + utf8.RuneCountInString(n.Name))
	case *ast.MemberNode:
		if s, ok := n.Property.(*ast.StringNode); ok && n.Location() == s.Location() {
			to = c.pos(n.Location().From + utf8.RuneCountInString(s.Value))
		}
	}
	if to.Line != at.Line || to.Col <= at.Col {
		to = diag.Pos{}
	}
	c.report(at, to, msg, hint)
	return nothing, anyT()
}

func nothing(*frame) (any, error) { return nil, nil }

// syntax puts a parse error into our words.
func (c *compiler) syntax(src string, err error) {
	var fe *file.Error
	off, msg := 0, err.Error()
	if errors.As(err, &fe) {
		off, msg = fe.From, fe.Message
	}
	n := utf8.RuneCountInString(src)
	hint := ""
	switch {
	case strings.HasPrefix(msg, "unexpected token EOF"), strings.HasPrefix(msg, "unexpected end"):
		off, msg, hint = n, "the expression ends too early", "look for an unclosed bracket or quote"
	case strings.Contains(msg, `Operator(".")`), strings.Contains(msg, `Operator("#")`):
		msg, hint = "there is no element here for this to be a part of", "write mean(map(list, .x)) for mean(list, .x)"
		switch runes := []rune(src); lastCall(string(runes[:min(off, n)])) {
		case "group":
			hint = "write groupBy(list, .key)"
		case "spread", "evenness":
			hint = "write evenness(map(list, .key))"
		}
	case strings.Contains(msg, `Operator("=")`):
		msg, hint = `"=" is no comparison`, `write "=="`
	case strings.HasPrefix(msg, "unexpected token "):
		msg = "unexpected " + strings.TrimPrefix(msg, "unexpected token ")
		if _, quoted, ok := strings.Cut(msg, "("); ok {
			msg = "unexpected " + strings.TrimSuffix(quoted, ")")
		}
	case strings.Contains(msg, "literal not terminated"):
		msg, hint = "a text is not closed", ""
	}
	if strings.TrimSpace(src) == "" {
		off, msg, hint = 0, "an expression is missing", ""
	}
	c.report(c.pos(min(off, n)), diag.Pos{}, strings.TrimSuffix(msg, "."), hint)
}

// lastCall names the function among whose arguments the end of src stands, "" if
// it stands in none.
func lastCall(src string) string {
	depth := 0
	for i := len(src) - 1; i >= 0; i-- {
		switch src[i] {
		case ')', ']', '}':
			depth++
		case '(', '[', '{':
			if depth--; depth < 0 {
				end := i
				for i > 0 && (src[i-1] == '_' || src[i-1] >= 'a' && src[i-1] <= 'z' || src[i-1] >= 'A' && src[i-1] <= 'Z') {
					i--
				}
				return src[i:end]
			}
		}
	}
	return ""
}

// broken makes the error of a value that only shows to be wrong when a document
// is looked at.
func (c *compiler) broken(n ast.Node) func(msg string) error {
	off := n.Location().From
	pos := c.pos
	return func(msg string) error { return &EvalError{At: pos(off), Msg: msg} }
}

func constant(v any) evalFn { return func(*frame) (any, error) { return v, nil } }

func (c *compiler) node(n ast.Node) (evalFn, *typ) {
	switch n := n.(type) {
	case *ast.NilNode:
		return nothing, nilT()
	case *ast.BoolNode:
		return constant(n.Value), boolT()
	case *ast.IntegerNode:
		return constant(int64(n.Value)), intT()
	case *ast.FloatNode:
		return constant(n.Value), numT()
	case *ast.StringNode:
		t := textT()
		t.vals = []string{n.Value}
		return constant(n.Value), t
	case *ast.IdentifierNode:
		return c.ident(n)
	case *ast.PointerNode:
		return c.pointer(n)
	case *ast.ChainNode:
		return c.node(n.Node)
	case *ast.MemberNode:
		return c.memberNode(n)
	case *ast.SliceNode:
		return c.slice(n)
	case *ast.UnaryNode:
		return c.unary(n)
	case *ast.BinaryNode:
		return c.binary(n)
	case *ast.ConditionalNode:
		return c.conditional(n)
	case *ast.CallNode:
		id, ok := n.Callee.(*ast.IdentifierNode)
		if !ok {
			return c.fail(n, "only functions can be called", "")
		}
		return c.call(n, id.Value, n.Arguments)
	case *ast.BuiltinNode:
		if _, ok := c.preds[n.Name]; ok {
			return c.predicate(n)
		}
		return c.call(n, n.Name, n.Arguments)
	case *ast.VariableDeclaratorNode:
		return c.let(n)
	case *ast.ArrayNode:
		return c.array(n)
	case *ast.MapNode:
		return c.mapping(n)
	}
	return c.fail(n, "this cannot stand in an expression", "")
}

func (c *compiler) ident(n *ast.IdentifierNode) (evalFn, *typ) {
	name := n.Value
	for i := len(c.lets) - 1; i >= 0; i-- {
		if l := c.lets[i]; l.name == name {
			return func(f *frame) (any, error) { return f.slots[l.slot], nil }, l.typ
		}
	}
	if c.once && name != "today" && name != "it" && name != "nth" {
		if name == "all" {
			return collected(c.self), listOf(&typ{k: tObj, kinds: []string{c.self}})
		}
		return c.fail(n, fmt.Sprintf("a check with \"once\" is about no single %s, so it has no %q", c.self, name), `known are all, today, documents("...")`)
	}
	switch name {
	case "today":
		return func(f *frame) (any, error) { return f.today, nil }, dateT()
	case "self":
		return func(f *frame) (any, error) { return f.self, nil }, &typ{k: tObj, kinds: []string{c.self}}
	case "it", "nth":
		if c.it == nil {
			return c.fail(n, fmt.Sprintf("%q is known only in a check with \"for\"", name), "")
		}
		if name == "nth" {
			return func(f *frame) (any, error) { return f.nth, nil }, intT()
		}
		return func(f *frame) (any, error) { return f.it, nil }, c.it
	}
	t, ok := c.name(c.self, name)
	if !ok {
		names := slices.Concat(c.names(c.self), []string{"today", "self"})
		for _, l := range c.lets {
			names = append(names, l.name)
		}
		hint := meant(name, names, "")
		if _, isFunc := c.funcs[name]; isFunc && hint == "" {
			hint = "a function needs its arguments in parentheses"
		}
		return c.fail(n, fmt.Sprintf("%s has no %q", article(c.self), name), hint)
	}
	c.uses[name] = true
	return func(f *frame) (any, error) {
		v, err := f.self.Get(name)
		return known(v), err
	}, t
}

// collected gives all documents of a kind.
func collected(kind string) evalFn {
	return func(f *frame) (any, error) {
		lib, ok := f.self.(Collection)
		if !ok {
			return []any{}, nil
		}
		return lib.Documents(kind), nil
	}
}

// documents compiles documents("goal"). The kind must be written out, so that
// what the documents have is known when the expression is read.
func (c *compiler) documents(n ast.Node, args []ast.Node) (evalFn, *typ) {
	if len(args) != 1 {
		return c.fail(n, "documents needs one argument, the kind", `such as documents("goal")`)
	}
	lit, ok := args[0].(*ast.StringNode)
	if !ok {
		return c.fail(args[0], "the kind must be written out, in quotes", `such as documents("goal")`)
	}
	if kinds := c.kinds(); !slices.Contains(kinds, lit.Value) {
		return c.fail(lit, fmt.Sprintf("there is no kind %q", lit.Value), meant(lit.Value, kinds, "the kinds are "))
	}
	return collected(lit.Value), listOf(&typ{k: tObj, kinds: []string{lit.Value}})
}

func (c *compiler) pointer(n *ast.PointerNode) (evalFn, *typ) {
	if len(c.items) == 0 {
		return c.fail(n, "there is no element here", "")
	}
	it := c.items[len(c.items)-1]
	switch n.Name {
	case "":
		return func(f *frame) (any, error) { return f.slots[it.slot], nil }, it.typ
	case "index":
		return func(f *frame) (any, error) { return f.slots[it.slot+1], nil }, intT()
	}
	return c.fail(n, fmt.Sprintf("there is no \"#%s\"", n.Name), `known are # and #index`)
}

func (c *compiler) memberNode(n *ast.MemberNode) (evalFn, *typ) {
	base, bt := c.node(n.Node)
	if n.Method {
		return c.fail(n, "values have no functions of their own", "write lower(x) for x.lower()")
	}
	bad := c.broken(n)
	if s, ok := n.Property.(*ast.StringNode); ok {
		key := s.Value
		t := c.memberType(n, bt, key)
		if id, ok := n.Node.(*ast.IdentifierNode); ok && id.Value == "self" {
			c.uses[key] = true
		}
		return func(f *frame) (any, error) {
			b, err := base(f)
			if err != nil || b == nil {
				return nil, err
			}
			v, wrong, err := memberOf(b, key)
			if wrong != "" {
				return nil, bad(wrong)
			}
			return v, err
		}, t
	}
	key, kt := c.node(n.Property)
	t := anyT()
	switch bt.k {
	case tList:
		if !kt.isNum() && !kt.open() {
			return c.fail(n, "an entry of a list is named by its number, not "+kt.a(), "")
		}
		t = bt.elem
	case tDict:
		if len(bt.fields) > 0 {
			t = nilT()
			for _, k := range slices.Sorted(maps.Keys(bt.fields)) {
				t = unify(t, bt.fields[k])
			}
		}
	case tAny, tNil, tObj:
		c.far[anyName] = true
	default:
		return c.fail(n, bt.a()+" has no entries", "")
	}
	return func(f *frame) (any, error) {
		b, err := base(f)
		if err != nil || b == nil {
			return nil, err
		}
		k, err := key(f)
		if err != nil {
			return nil, err
		}
		v, wrong, err := memberOf(b, k)
		if wrong != "" {
			return nil, bad(wrong)
		}
		return v, err
	}, t
}

// anyName stands among the far names of an expression that works out which name
// it reads.
const anyName = "*"

// memberType is the type of base.key, as far as kinds tell.
func (c *compiler) memberType(n ast.Node, base *typ, key string) *typ {
	switch base.k {
	case tObj:
		c.far[key] = true
		if base.kinds == nil {
			return anyT()
		}
		out := nilT()
		found := false
		var names []string
		for _, k := range base.kinds {
			if t, ok := c.name(k, key); ok {
				out, found = unify(out, t), true
			}
			names = append(names, c.names(k)...)
		}
		if !found {
			slices.Sort(names)
			c.fail(n, fmt.Sprintf("%s has no %q", article(oneOf(base.kinds)), key), meant(key, slices.Compact(names), ""))
			return anyT()
		}
		return out
	case tDict:
		if base.fields == nil {
			return anyT()
		}
		t := base.fields[key]
		if t == nil {
			c.fail(n, fmt.Sprintf("this mapping has no %q", key), meant(key, slices.Sorted(maps.Keys(base.fields)), "it has "))
			return anyT()
		}
		return t
	case tList:
		c.fail(n, fmt.Sprintf("this is a list, which has no %q", key), fmt.Sprintf("write map(list, .%s) for the values of all, first(list).%s for one", key, key))
	case tAny, tNil:
		c.far[key] = true // it may turn out to be a document
	default:
		c.fail(n, fmt.Sprintf("%s has no %q", base.a(), key), "")
	}
	return anyT()
}

func (c *compiler) slice(n *ast.SliceNode) (evalFn, *typ) {
	base, bt := c.node(n.Node)
	if bt.k != tList && !bt.open() {
		return c.fail(n, "only lists have parts, not "+bt.a(), "")
	}
	bound := func(n ast.Node) evalFn {
		if n == nil {
			return nil
		}
		f, t := c.node(n)
		if !t.isNum() && !t.open() {
			c.fail(n, "a part of a list is named by numbers, not "+t.a(), "")
		}
		return f
	}
	from, to := bound(n.From), bound(n.To)
	bad := c.broken(n)
	return func(f *frame) (any, error) {
		v, err := base(f)
		if err != nil || v == nil {
			return nil, err
		}
		l, ok := v.([]any)
		if !ok {
			return nil, bad("only lists have parts, not " + wordOf(v))
		}
		at := func(g evalFn, def int) (int, error) {
			if g == nil {
				return def, nil
			}
			v, err := g(f)
			x, ok := number(v)
			if err != nil || !ok {
				return def, err
			}
			i := clamp(x)
			if i < 0 {
				i += len(l)
			}
			return min(max(i, 0), len(l)), nil
		}
		i, err := at(from, 0)
		if err != nil {
			return nil, err
		}
		j, err := at(to, len(l))
		if err != nil {
			return nil, err
		}
		return l[min(i, j):j], nil
	}, bt
}

// truth compiles a condition: what is unknown is no.
func (c *compiler) truth(n ast.Node, what string) func(f *frame) (bool, error) {
	run, t := c.node(n)
	if t.k != tBool && !t.open() {
		hint := ""
		switch {
		case t.k == tList:
			hint = "write len(x) > 0 to ask whether there are any"
		default:
			hint = "write x != nil to ask whether there is one"
		}
		c.fail(n, fmt.Sprintf("%s needs yes or no, not %s", what, t.a()), hint)
	}
	bad := c.broken(n)
	return func(f *frame) (bool, error) {
		v, err := run(f)
		if err != nil {
			return false, err
		}
		switch v := v.(type) {
		case bool:
			return v, nil
		case nil:
			return false, nil
		}
		return false, bad(fmt.Sprintf("%s needs yes or no, not %s", what, wordOf(v)))
	}
}

func (c *compiler) unary(n *ast.UnaryNode) (evalFn, *typ) {
	switch n.Operator {
	case "!", "not":
		t := c.truth(n.Node, `"not"`)
		return func(f *frame) (any, error) {
			b, err := t(f)
			return !b, err
		}, boolT()
	case "-", "+":
		run, t := c.node(n.Node)
		if !t.isNum() && !t.open() {
			return c.fail(n, fmt.Sprintf("%q needs a number, not %s", n.Operator, t.a()), "")
		}
		bad, minus := c.broken(n), n.Operator == "-"
		return func(f *frame) (any, error) {
			v, err := run(f)
			if err != nil || v == nil {
				return nil, err
			}
			if _, ok := number(v); !ok {
				return nil, bad("a number is needed here, not " + wordOf(v))
			}
			if minus {
				v, _ = arith("-", int64(0), v)
			}
			return v, nil
		}, t
	}
	return c.fail(n, fmt.Sprintf("there is no operator %q here", n.Operator), "")
}

func (c *compiler) conditional(n *ast.ConditionalNode) (evalFn, *typ) {
	cond := c.truth(n.Cond, "a condition")
	a, ta := c.node(n.Exp1)
	b, tb := c.node(n.Exp2)
	return func(f *frame) (any, error) {
		yes, err := cond(f)
		if err != nil {
			return nil, err
		}
		if yes {
			return a(f)
		}
		return b(f)
	}, unify(ta, tb)
}

func (c *compiler) binary(n *ast.BinaryNode) (evalFn, *typ) {
	op := n.Operator
	switch op {
	case "and", "&&", "or", "||":
		a, b := c.truth(n.Left, quoteOp(op)), c.truth(n.Right, quoteOp(op))
		and := op == "and" || op == "&&"
		return func(f *frame) (any, error) {
			x, err := a(f)
			if err != nil || x != and {
				return x, err
			}
			return b(f)
		}, boolT()
	}
	a, ta := c.node(n.Left)
	b, tb := c.node(n.Right)
	bad := c.broken(n)
	// both evaluates the operands; f does the work on two known values.
	both := func(f func(x, y any) (any, error)) evalFn {
		return func(fr *frame) (any, error) {
			x, err := a(fr)
			if err != nil || x == nil {
				return nil, err
			}
			y, err := b(fr)
			if err != nil || y == nil {
				return nil, err
			}
			return f(x, y)
		}
	}
	switch op {
	case "??":
		return func(f *frame) (any, error) {
			if v, err := a(f); err != nil || v != nil {
				return v, err
			}
			return b(f)
		}, unify(ta, tb)
	case "==", "!=":
		c.comparable(n, ta, tb)
		want := op == "=="
		return func(f *frame) (any, error) {
			x, err := a(f)
			if err != nil {
				return nil, err
			}
			y, err := b(f)
			if err != nil {
				return nil, err
			}
			eq, err := equal(x, y)
			return eq == want, err
		}, boolT()
	case "in":
		switch tb.k {
		case tList:
			c.comparable(n, ta, tb.elem)
		case tDict, tAny, tNil:
		default:
			return c.fail(n, `"in" looks in a list or a mapping, not in `+tb.a(), "")
		}
		return func(f *frame) (any, error) {
			x, err := a(f)
			if err != nil {
				return nil, err
			}
			y, err := b(f)
			if err != nil {
				return nil, err
			}
			switch y := y.(type) {
			case nil:
				return false, nil
			case []any:
				for _, e := range y {
					if eq, err := equal(x, known(e)); eq || err != nil {
						return eq, err
					}
				}
				return false, nil
			case map[string]any:
				s, ok := x.(string)
				_, there := y[s]
				return ok && there, nil
			}
			return nil, bad(`"in" looks in a list or a mapping, not in ` + wordOf(y))
		}, boolT()
	case "<", "<=", ">", ">=":
		if !ta.open() && !tb.open() && !(ta.isNum() && tb.isNum() || ta.isText() && tb.isText()) {
			return c.fail(n, fmt.Sprintf("cannot compare %s with %s", ta.a(), tb.a()), "")
		}
		return both(func(x, y any) (any, error) {
			o, ok := order(x, y)
			if !ok {
				return nil, bad(fmt.Sprintf("cannot compare %s with %s", wordOf(x), wordOf(y)))
			}
			switch op {
			case "<":
				return o < 0, nil
			case "<=":
				return o <= 0, nil
			case ">":
				return o > 0, nil
			}
			return o >= 0, nil
		}), boolT()
	case "contains", "startsWith", "endsWith":
		if !textual(ta) || !textual(tb) {
			hint := ""
			if ta.k == tList {
				hint = "write x in list"
			}
			return c.fail(n, fmt.Sprintf("%q works on texts, not on %s and %s", op, ta.a(), tb.a()), hint)
		}
		return both(func(x, y any) (any, error) {
			s, ok1 := x.(string)
			t, ok2 := y.(string)
			if !ok1 || !ok2 {
				return nil, bad(fmt.Sprintf("%q works on texts, not on %s and %s", op, wordOf(x), wordOf(y)))
			}
			switch op {
			case "contains":
				return strings.Contains(s, t), nil
			case "startsWith":
				return strings.HasPrefix(s, t), nil
			}
			return strings.HasSuffix(s, t), nil
		}), boolT()
	case "matches":
		lit, ok := n.Right.(*ast.StringNode)
		if !ok {
			return c.fail(n.Right, "a pattern must be written out, in quotes", "")
		}
		re, err := regexp.Compile(lit.Value)
		if err != nil {
			return c.fail(lit, "this pattern cannot be read: "+strings.TrimPrefix(err.Error(), "error parsing regexp: "), "")
		}
		if !textual(ta) {
			return c.fail(n, `"matches" works on texts, not on `+ta.a(), "")
		}
		return both(func(x, _ any) (any, error) {
			s, ok := x.(string)
			if !ok {
				return nil, bad(`"matches" works on texts, not on ` + wordOf(x))
			}
			return re.MatchString(s), nil
		}), boolT()
	case "+", "-", "*", "/", "%", "**", "^":
		if op == "+" && ta.isText() && tb.isText() || op == "+" && (ta.isText() && tb.open() || ta.open() && tb.isText()) {
			return both(c.plus(bad)), textT()
		}
		for _, t := range []*typ{ta, tb} {
			if !t.isNum() && !t.open() {
				hint := ""
				switch {
				case t.k == tDate:
					hint = "write days(a, b) for the days between two dates, add_days(d, n) for a later one"
				case op == "+" && t.k == tText:
					hint = "write text(x) to make a text of a number"
				case t.k == tList && op == "+":
					hint = "write concat(a, b)"
				case t.k == tBool:
					hint = "write (x ? 1 : 0) to count"
				}
				return c.fail(n, fmt.Sprintf("%q needs numbers, not %s", op, t.a()), hint)
			}
		}
		t := numT()
		if ta.k == tInt && tb.k == tInt && op != "/" && op != "**" && op != "^" {
			t = intT()
		} else if op == "+" && ta.open() && tb.open() {
			t = anyT()
		}
		if op == "+" {
			return both(c.plus(bad)), t
		}
		return both(func(x, y any) (any, error) {
			v, ok := arith(op, x, y)
			if !ok {
				return nil, bad(fmt.Sprintf("%q needs numbers, not %s and %s", op, wordOf(x), wordOf(y)))
			}
			return v, nil
		}), t
	case "..":
		return c.fail(n, "there are no ranges", "")
	}
	return c.fail(n, fmt.Sprintf("there is no operator %q", op), "")
}

func quoteOp(op string) string {
	switch op {
	case "&&":
		return `"and"`
	case "||":
		return `"or"`
	}
	return `"` + op + `"`
}

func textual(t *typ) bool { return t.isText() || t.open() }

func (c *compiler) plus(bad func(string) error) func(x, y any) (any, error) {
	return func(x, y any) (any, error) {
		if v, ok := arith("+", x, y); ok {
			return v, nil
		}
		s, ok1 := x.(string)
		t, ok2 := y.(string)
		if !ok1 || !ok2 {
			return nil, bad(fmt.Sprintf(`"+" needs two numbers or two texts, not %s and %s`, wordOf(x), wordOf(y)))
		}
		return s + t, nil
	}
}

// comparable reports comparisons that can never be true: of different types,
// or with a text that is none of those a field may hold.
func (c *compiler) comparable(n *ast.BinaryNode, a, b *typ) {
	same := a.open() || b.open() || a.k == b.k || a.isNum() && b.isNum() || a.isText() && b.isText() ||
		a.k == tObj && b.isText() || a.isText() && b.k == tObj
	if !same {
		c.fail(n, fmt.Sprintf("%s never equals %s", a.a(), b.a()), "")
		return
	}
	if a.k != tText || b.k != tText || a.vals == nil || b.vals == nil {
		return
	}
	// The literal side is the one to blame.
	lit, vals, where := b, a, n.Right
	if _, ok := n.Left.(*ast.StringNode); ok {
		lit, vals, where = a, b, n.Left
	}
	for i, v := range lit.vals {
		if !slices.Contains(vals.vals, v) {
			if list, ok := where.(*ast.ArrayNode); ok && i < len(list.Nodes) {
				for _, e := range list.Nodes {
					if s, ok := e.(*ast.StringNode); ok && s.Value == v {
						where = s
					}
				}
			}
			if isLiteral(where) {
				c.fail(where, fmt.Sprintf("this is never %q", v), meant(v, vals.vals, "it can be "))
				return
			}
		}
	}
}

func isLiteral(n ast.Node) bool {
	_, ok := n.(*ast.StringNode)
	return ok
}

func (c *compiler) let(n *ast.VariableDeclaratorNode) (evalFn, *typ) {
	v, vt := c.node(n.Value)
	l := local{n.Name, c.slots, vt}
	c.slots++
	c.lets = append(c.lets, l)
	body, t := c.node(n.Expr)
	c.lets = c.lets[:len(c.lets)-1]
	return func(f *frame) (any, error) {
		x, err := v(f)
		if err != nil {
			return nil, err
		}
		f.slots[l.slot] = x
		return body(f)
	}, t
}

func (c *compiler) array(n *ast.ArrayNode) (evalFn, *typ) {
	elem := nilT()
	fs := make([]evalFn, len(n.Nodes))
	consts := make([]any, len(n.Nodes))
	fixed := true
	for i, e := range n.Nodes {
		f, t := c.node(e)
		fs[i], elem = f, unify(elem, t)
		switch e.(type) {
		case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
			consts[i], _ = f(nil)
		default:
			fixed = false
		}
	}
	if fixed {
		return constant(consts), listOf(elem)
	}
	return func(f *frame) (any, error) {
		out := make([]any, len(fs))
		for i, g := range fs {
			v, err := g(f)
			if err != nil {
				return nil, err
			}
			out[i] = v
		}
		return out, nil
	}, listOf(elem)
}

func (c *compiler) mapping(n *ast.MapNode) (evalFn, *typ) {
	type entry struct {
		key string
		run evalFn
	}
	var es []entry
	t := &typ{k: tDict, fields: map[string]*typ{}}
	for _, p := range n.Pairs {
		pair, ok := p.(*ast.PairNode)
		if !ok {
			return c.fail(p, "this cannot stand in a mapping", "")
		}
		key, ok := pair.Key.(*ast.StringNode)
		if !ok {
			return c.fail(pair, "the key of a mapping must be written out", "")
		}
		f, ft := c.node(pair.Value)
		es = append(es, entry{key.Value, f})
		t.fields[key.Value] = ft
	}
	return func(f *frame) (any, error) {
		out := make(map[string]any, len(es))
		for _, e := range es {
			v, err := e.run(f)
			if err != nil {
				return nil, err
			}
			if v != nil {
				out[e.key] = v
			}
		}
		return out, nil
	}, t
}

func (c *compiler) call(n ast.Node, name string, args []ast.Node) (evalFn, *typ) {
	if name == "documents" {
		return c.documents(n, args)
	}
	fn, ok := c.funcs[name]
	if !ok {
		names := slices.Concat(slices.Collect(maps.Keys(c.funcs)), slices.Collect(maps.Keys(c.preds)))
		slices.Sort(names)
		hint := meant(name, names, "")
		switch name {
		case "length", "size":
			hint = "write len(x)"
		case "now", "date":
			hint = `the day is called "today"`
		case "string", "toJSON":
			hint = "write text(x)"
		case "average", "avg":
			hint = "write mean(x)"
		case "float":
			hint = "write number(x)"
		case "reduce":
			hint = "write sum, min, max or mean"
		case "group":
			hint = "write groupBy(list, .key)"
		case "spread":
			hint = "write evenness(map(list, .key))"
		case "docs", "pages", "all_of":
			hint = `write documents("goal")`
		}
		return c.fail(n, fmt.Sprintf("there is no function %q", name), hint)
	}
	fs := make([]evalFn, len(args))
	ts := make([]*typ, len(args))
	for i, a := range args {
		fs[i], ts[i] = c.node(a)
	}
	switch {
	case len(args) < fn.min:
		return c.fail(n, fmt.Sprintf("%s needs %s, not %d", name, count(fn.min, "argument", "arguments"), len(args)), "")
	case fn.max >= 0 && len(args) > fn.max:
		return c.fail(n, fmt.Sprintf("%s takes %s at most, not %d", name, count(fn.max, "argument", "arguments"), len(args)), "")
	}
	classes := make([]class, len(args))
	for i, t := range ts {
		classes[i] = fn.args[min(i, len(fn.args)-1)]
		if !t.fits(classes[i]) {
			return c.fail(args[i], fmt.Sprintf("%s needs %s here, not %s", name, classes[i].words(), t.a()), "")
		}
	}
	if name == "period" {
		for _, v := range ts[1].vals {
			if !slices.Contains(periods[:], v) {
				return c.fail(args[1], fmt.Sprintf("there is no period of a %q", v), meant(v, periods[:], "known are "))
			}
		}
	}
	bad := c.broken(n)
	run := fn.call
	return func(f *frame) (any, error) {
		var buf [3]any
		vs := buf[:0]
		for i, g := range fs {
			v, err := g(f)
			if err != nil {
				return nil, err
			}
			v, lacking, wrong := classes[i].accept(v)
			if wrong != "" {
				return nil, bad(name + " needs " + wrong)
			}
			if lacking {
				return nil, nil
			}
			vs = append(vs, v)
		}
		if run == nil {
			return unique(vs[0].([]any))
		}
		v, wrong := run(vs)
		if wrong != "" {
			return nil, bad(wrong)
		}
		return v, nil
	}, fn.result(ts)
}

// fits reports whether a value of the type can be such an argument.
func (t *typ) fits(c class) bool {
	if t.open() {
		return true
	}
	switch c {
	case numArg:
		return t.isNum()
	case textArg, dateArg:
		return t.isText()
	case listArg:
		return t.k == tList
	case dictArg:
		return t.k == tDict
	}
	return true
}

// accept checks a value against the class, see there.
func (c class) accept(v any) (out any, lacking bool, wrong string) {
	if v == nil {
		switch c {
		case anyArg:
			return nil, false, ""
		case listArg:
			return []any{}, false, ""
		case dictArg:
			return map[string]any{}, false, ""
		}
		return nil, true, ""
	}
	ok := true
	switch c {
	case numArg:
		_, ok = number(v)
	case textArg, dateArg:
		var s string
		if s, ok = v.(string); ok && c == dateArg {
			// The schema tells the writer that it is no date; here it is unknown.
			if _, isDay := day(s); !isDay {
				return nil, true, ""
			}
		}
	case listArg:
		_, ok = v.([]any)
	case dictArg:
		_, ok = v.(map[string]any)
	}
	if !ok {
		return nil, false, c.words() + ", not " + wordOf(v)
	}
	return v, false, ""
}

// predicate compiles any, map, ... : what tries something for each element.
func (c *compiler) predicate(n *ast.BuiltinNode) (evalFn, *typ) {
	list, lt := c.node(n.Arguments[0])
	elem := anyT()
	if lt.k == tList {
		elem = lt.elem
	} else if !lt.open() {
		c.fail(n.Arguments[0], fmt.Sprintf("%s goes through a list, not %s", n.Name, lt.a()), "")
	}
	bad := c.broken(n)
	elems := func(f *frame) ([]any, error) {
		v, err := list(f)
		if err != nil || v == nil {
			return nil, err
		}
		l, ok := v.([]any)
		if !ok {
			return nil, bad(fmt.Sprintf("%s goes through a list, not %s", n.Name, wordOf(v)))
		}
		return l, nil
	}
	if len(n.Arguments) == 1 {
		if n.Name == "count" {
			return func(f *frame) (any, error) {
				l, err := elems(f)
				return int64(len(l)), err
			}, intT()
		}
		if !elem.isNum() && !elem.open() {
			c.fail(n.Arguments[0], "sum adds numbers, not "+elem.a(), "")
		}
		return func(f *frame) (any, error) {
			l, err := elems(f)
			if err != nil {
				return nil, err
			}
			v, wrong := sumOf([]any{l})
			if wrong != "" {
				return nil, bad(wrong)
			}
			return v, nil
		}, elem
	}
	pn, ok := n.Arguments[1].(*ast.PredicateNode)
	if !ok {
		return c.fail(n, "this needs something to try for each element", "")
	}
	it := local{"", c.slots, elem}
	c.slots += 2
	c.items = append(c.items, it)
	defer func() { c.items = c.items[:len(c.items)-1] }()
	// each calls do for every element until it says stop.
	loop := func(f *frame, do func(e any) (stop bool, err error)) error {
		l, err := elems(f)
		if err != nil {
			return err
		}
		for i, e := range l {
			e = known(e)
			f.slots[it.slot], f.slots[it.slot+1] = e, int64(i)
			if stop, err := do(e); err != nil || stop {
				return err
			}
		}
		return nil
	}
	switch n.Name {
	case "map", "sum", "sortBy", "groupBy":
		run, t := c.node(pn.Node)
		// values gives what is worked out for each element, and the elements if
		// the caller needs both.
		values := func(f *frame, both bool) (list, out []any, err error) {
			l, err := elems(f)
			if err != nil {
				return nil, nil, err
			}
			out = make([]any, len(l))
			if both {
				list = make([]any, len(l))
			}
			for i, e := range l {
				e = known(e)
				f.slots[it.slot], f.slots[it.slot+1] = e, int64(i)
				if out[i], err = run(f); err != nil {
					return nil, nil, err
				}
				if both {
					list[i] = e
				}
			}
			return list, out, nil
		}
		switch n.Name {
		case "groupBy":
			return func(f *frame) (any, error) {
				list, keys, err := values(f, true)
				if err != nil {
					return nil, err
				}
				out, wrong, err := grouped(list, keys)
				if wrong != "" {
					return nil, bad(wrong)
				}
				return out, err
			}, listOf(&typ{k: tDict, fields: map[string]*typ{"key": t, "items": listOf(elem)}})
		case "map":
			return func(f *frame) (any, error) {
				_, out, err := values(f, false)
				return out, err
			}, listOf(t)
		case "sum":
			if !t.isNum() && !t.open() {
				c.fail(pn.Node, "sum adds numbers, not "+t.a(), "")
			}
			return func(f *frame) (any, error) {
				_, out, err := values(f, false)
				if err != nil {
					return nil, err
				}
				v, wrong := sumOf([]any{out})
				if wrong != "" {
					return nil, bad(wrong)
				}
				return v, nil
			}, t
		}
		var dir evalFn
		if len(n.Arguments) > 2 {
			dir, _ = c.node(n.Arguments[2])
		}
		return func(f *frame) (any, error) {
			list, keys, err := values(f, true)
			if err != nil {
				return nil, err
			}
			var d []any
			if dir != nil {
				v, err := dir(f)
				if err != nil {
					return nil, err
				}
				d = []any{v}
			}
			v, wrong := sorted(list, keys, d)
			if wrong != "" {
				return nil, bad(wrong)
			}
			return v, nil
		}, listOf(elem)
	}
	test := c.truth(pn.Node, n.Name)
	switch n.Name {
	case "any", "all", "none":
		// any is settled by the first yes, all by the first no.
		stopAt, found := n.Name != "all", n.Name == "any"
		return func(f *frame) (any, error) {
			out := !found
			err := loop(f, func(any) (bool, error) {
				yes, err := test(f)
				if yes == stopAt {
					out = found
				}
				return yes == stopAt, err
			})
			return out, err
		}, boolT()
	case "one", "count":
		return func(f *frame) (any, error) {
			var n64 int64
			err := loop(f, func(any) (bool, error) {
				yes, err := test(f)
				if yes {
					n64++
				}
				return false, err
			})
			if n.Name == "one" {
				return n64 == 1, err
			}
			return n64, err
		}, map[bool]*typ{true: boolT(), false: intT()}[n.Name == "one"]
	case "filter":
		return func(f *frame) (any, error) {
			out := []any{}
			err := loop(f, func(e any) (bool, error) {
				yes, err := test(f)
				if yes {
					out = append(out, e)
				}
				return false, err
			})
			return out, err
		}, listOf(elem)
	}
	return func(f *frame) (any, error) { // find
		var out any
		err := loop(f, func(e any) (bool, error) {
			yes, err := test(f)
			if yes {
				out = e
			}
			return yes, err
		})
		return out, err
	}, elem
}
