package cli

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"playbook/generator/book"
	"playbook/generator/build"
	"playbook/generator/diag"
	"playbook/generator/document"
	"playbook/generator/kind"
)

func (a *app) glossaryCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "glossary COMMAND",
		Short: "the vocabulary as a table, out and in",
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return wrong("it is export or import", "there is no command %q", "glossary "+args[0])
			}
			c.SetOut(a.Err)
			if err := c.Help(); err != nil {
				return err
			}
			return told(exitUsage)
		},
	}
	c.AddCommand(a.glossaryExport(), a.glossaryImport())
	return c
}

func (a *app) glossaryExport() *cobra.Command {
	var f siteFlags
	var bom bool
	c := &cobra.Command{
		Use:   "export [FILE]",
		Short: "write the vocabulary as CSV",
		Long: `Write all terms as CSV (RFC 4180, UTF-8), one row for each, to FILE or to
standard output: id, title, and a column for every simple value that terms may
have or have. Lists are written as "one; two"; a cell that a spreadsheet would
take for a formula begins with an apostrophe, which import takes away again.`,
		Args: arguments(0, "a FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.vocabulary(c, f)
			if err != nil {
				return err
			}
			var b bytes.Buffer
			if bom {
				b.WriteString("\ufeff")
			}
			w := csv.NewWriter(&b)
			w.UseCRLF = true
			columns := v.columns()
			if err := w.Write(columns); err != nil {
				return err
			}
			for _, t := range v.terms {
				row := make([]string, len(columns))
				for i, col := range columns {
					row[i] = guard(t.cell(col))
				}
				if err := w.Write(row); err != nil {
					return err
				}
			}
			if w.Flush(); w.Error() != nil {
				return w.Error()
			}
			if len(args) == 0 {
				_, err := a.Out.Write(b.Bytes())
				return err
			}
			root, err := os.OpenRoot(filepath.Dir(args[0]))
			if err != nil {
				return err
			}
			defer root.Close()
			if err := replaceFile(root, filepath.Base(args[0]), b.Bytes()); err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.Err, "%s in %s\n", counted(len(v.terms), "term"), seen(args[0]))
			return err
		},
	}
	f.add(c.Flags())
	c.Flags().BoolVar(&bom, "bom", false, "begin with a byte order mark, by which Excel knows UTF-8")
	return c
}

func (a *app) glossaryImport() *cobra.Command {
	var f siteFlags
	var o importOptions
	c := &cobra.Command{
		Use:   "import FILE",
		Short: "take changes of the vocabulary from CSV",
		Long: `Take what has changed in a table of terms into their files, and print it. A row
is found by its id, else by its title; one that is found nowhere becomes a new
file. Only what differs is changed, in its place: comments, order and form of all
the rest stay. A term without a row stays as it is, and so does a value whose
column is missing; an empty cell takes a value out only with --clear. Nothing is
written when a row cannot be taken, unless --keep-going leaves such rows out.`,
		Args: arguments(1, "a FILE"),
		RunE: func(c *cobra.Command, args []string) error {
			v, err := a.vocabulary(c, f)
			if err != nil {
				return err
			}
			today, err := a.today(f.asOf)
			if err != nil {
				return err
			}
			o.today = today
			return a.importTerms(v, args[0], o)
		},
	}
	f.add(c.Flags())
	f.addAsOf(c.Flags())
	c.Flags().BoolVarP(&o.dry, "dry-run", "n", false, "tell the changes and write nothing")
	c.Flags().BoolVar(&o.clear, "clear", false, "let empty cells take values out")
	c.Flags().BoolVarP(&o.keepGoing, "keep-going", "k", false, "take the other rows when some cannot be taken")
	return c
}

type importOptions struct {
	dry, clear, keepGoing bool
	today                 string
}

// vocabulary is the terms of a site as a table.
type vocabulary struct {
	site  *build.Site
	kinds []*kind.Kind // those whose documents are terms
	terms []*termRow
	c     *document.Compiler
}

// termRow is one term: its file, and the row it makes.
type termRow struct {
	id   string
	kind *kind.Kind
	file string // below content
	page *page
	site *build.Site
}

// vocabulary reads the terms, drafts included.
func (a *app) vocabulary(c *cobra.Command, f siteFlags) (*vocabulary, error) {
	o, err := f.options(a)
	if err != nil {
		return nil, err
	}
	o.Drafts, o.Future = true, true
	site, err := a.openWith(c, f, o)
	if err != nil {
		return nil, err
	}
	v := &vocabulary{site: site, c: document.NewCompiler(site.Config.Markup)}
	for _, k := range site.Kinds.All() {
		if k.Glossary {
			v.kinds = append(v.kinds, k)
		}
	}
	if len(v.kinds) == 0 {
		return nil, wrong(`a kind.yaml says "glossary: true" for such a kind`, "no kind of this site is a term of the vocabulary")
	}
	for _, t := range site.Book.Terms() {
		card, _ := site.Book.Answer(book.Question{Op: book.OpCard, Arg: t.Page}).Value.(*book.Card)
		d := site.Book.Document(t.Page)
		if card == nil || d == nil {
			continue
		}
		src, _, err := site.Content.Read(d.Path)
		if err != nil {
			return nil, err
		}
		p, err := openPage(v.c, d.Name, src)
		if err != nil {
			return nil, &failure{code: exitContent, msg: fmt.Sprintf("%s cannot be read: %v", d.Name, err), hint: "playbook check tells more"}
		}
		v.terms = append(v.terms, &termRow{id: t.Page, kind: site.Kinds.Get(card.Kind), file: d.Path, page: p, site: site})
	}
	return v, nil
}

// The columns that are no fields of front matter.
const (
	columnID   = "id"
	columnKind = "of kind"
)

// columns are the names of all columns: what a person looks for first stands
// first, the rest as the kinds declare it, then what else terms hold.
func (v *vocabulary) columns() []string {
	out := []string{columnID}
	if len(v.kinds) > 1 {
		out = append(out, columnKind)
	}
	add := func(name string) {
		if !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	inside := map[string][]string{} // keys of mappings, by the mapping's key
	var found []string
	for _, t := range v.terms {
		for _, f := range t.page.doc.Front.Fields {
			if f.Key == columnID {
				continue // an id of its own is the id
			}
			if f.Value.Kind == document.Dict {
				for _, g := range f.Value.Map.Fields {
					if simple(g.Value) && !slices.Contains(inside[f.Key], g.Key) {
						inside[f.Key] = append(inside[f.Key], g.Key)
					}
				}
			}
			if (simple(f.Value) || f.Value.Kind == document.Dict) && !slices.Contains(found, f.Key) {
				found = append(found, f.Key)
			}
		}
	}
	slices.Sort(found)
	all := func(key string, declared []kind.Field) {
		if len(declared) == 0 && len(inside[key]) == 0 {
			add(key)
			return
		}
		for _, g := range declared {
			add(key + "." + g.Name)
		}
		slices.Sort(inside[key])
		for _, g := range inside[key] {
			add(key + "." + g)
		}
	}
	add("title")
	for _, k := range v.kinds {
		add(k.Terms.Aliases)
		if f, ok := k.Field("status"); ok {
			add(f.Name)
		}
		add(k.Terms.Definition)
	}
	rules := func(k *kind.Kind, f kind.Field) bool { return f.Name == k.Terms.Match || f.Name == k.Terms.Scope }
	for _, k := range v.kinds {
		fields := slices.Clone(k.Fields) // how words are matched comes last
		slices.SortStableFunc(fields, func(a, b kind.Field) int {
			switch {
			case rules(k, a) == rules(k, b):
				return 0
			case rules(k, a):
				return 1
			}
			return -1
		})
		for _, f := range fields {
			if f.Type == "mapping" || isSimple(f) {
				if f.Type == "mapping" && len(f.Fields) == 0 && len(inside[f.Name]) == 0 {
					continue
				}
				all(f.Name, f.Fields)
			}
		}
	}
	for _, key := range found {
		if len(inside[key]) > 0 {
			all(key, nil)
		} else {
			add(key)
		}
	}
	// A mapping without a key has no column; one with both forms has those of its keys.
	return slices.DeleteFunc(out, func(c string) bool { return len(inside[c]) > 0 })
}

// isSimple tells whether a declared field fits a cell.
func isSimple(f kind.Field) bool {
	return len(f.Fields) == 0 && !strings.Contains(f.Type, "mapping") && !strings.Contains(f.Type, "list of list")
}

// simple tells whether a value fits a cell.
func simple(v document.Value) bool {
	switch v.Kind {
	case document.List:
		for _, e := range v.List() {
			if e.Kind == document.List || e.Kind == document.Dict || e.Kind == document.Null {
				return false
			}
		}
		return true
	case document.Dict:
		return false
	}
	return true
}

// value returns the value of a column in the front matter.
func (t *termRow) value(column string) (document.Value, bool) {
	m := t.page.doc.Front
	if f, ok := m.Get(column); ok {
		return f.Value, true
	}
	key, sub, ok := strings.Cut(column, ".")
	if f, found := m.Get(key); ok && found && f.Value.Kind == document.Dict {
		g, found := f.Value.Map.Get(sub)
		return g.Value, found
	}
	return document.Value{}, false
}

// cell is what the row has in a column.
func (t *termRow) cell(column string) string {
	switch column {
	case columnID:
		return t.id
	case columnKind:
		return t.kind.ID
	}
	v, ok := t.value(column)
	switch {
	case !ok && column == t.kind.Terms.Definition:
		text, _ := t.page.definition()
		return text
	case !ok && column == "title":
		return t.page.doc.Title
	case v.Kind == document.List && simple(v):
		parts := make([]string, len(v.List()))
		for i, e := range v.List() {
			parts[i] = escapeItem(cellOf(e))
		}
		return strings.Join(parts, "; ")
	}
	return cellOf(v)
}

// Elements of a list stand in one cell, divided by semicolons; one in an element
// has a backslash before it.
func escapeItem(s string) string { return strings.NewReplacer(`\`, `\\`, ";", `\;`).Replace(s) }

func items(cell string) []string {
	out := []string{}
	var b strings.Builder
	put := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			out = append(out, s)
		}
		b.Reset()
	}
	for i := 0; i < len(cell); i++ {
		switch {
		case cell[i] == '\\' && i+1 < len(cell):
			i++
			b.WriteByte(cell[i])
		case cell[i] == ';', cell[i] == '\n':
			put()
		default:
			b.WriteByte(cell[i])
		}
	}
	put()
	return out
}

// guard keeps spreadsheets from reading a text as a formula, and unguard takes
// the apostrophe away again. A text that begins like a guarded one gets one more.
func guard(s string) string {
	if formula(s) {
		return "'" + s
	}
	return s
}

func unguard(s string) string {
	if strings.HasPrefix(s, "'") && formula(s) {
		return s[1:]
	}
	return s
}

func formula(s string) bool {
	s = strings.TrimLeft(s, "'")
	return s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0
}

// csvTable is a CSV file as it was read.
type csvTable struct {
	name   string
	header []string
	rows   []tableRow
}

type tableRow struct {
	line  int
	cells []string
	err   error
}

// readTable reads CSV that a spreadsheet may have written: with or without a
// byte order mark, in UTF-8 or UTF-16, divided by commas, semicolons or tabs.
func readTable(name string, src []byte) (*csvTable, error) {
	switch {
	case bytes.HasPrefix(src, []byte("\xff\xfe")), bytes.HasPrefix(src, []byte("\xfe\xff")):
		big := src[0] == 0xfe
		var u []uint16
		for i := 2; i+1 < len(src); i += 2 {
			lo, hi := src[i], src[i+1]
			if big {
				lo, hi = hi, lo
			}
			u = append(u, uint16(hi)<<8|uint16(lo))
		}
		src = []byte(string(utf16.Decode(u)))
	default:
		src = bytes.TrimPrefix(src, []byte("\ufeff"))
	}
	if !utf8.Valid(src) {
		return nil, &failure{code: exitContent, msg: fmt.Sprintf("%q is not UTF-8", name), hint: `save it as "CSV UTF-8"`}
	}
	skipped := 0
	comma := rune(0)
	if first, rest, ok := bytes.Cut(src, []byte("\n")); ok && bytes.HasPrefix(bytes.ToLower(first), []byte("sep=")) {
		if s := strings.TrimSpace(string(first[4:])); s != "" {
			comma = rune(s[0])
		} else {
			comma = '\t'
		}
		src, skipped = rest, 1
	}
	if comma == 0 {
		comma = divider(src)
	}
	r := csv.NewReader(bytes.NewReader(src))
	r.Comma, r.FieldsPerRecord = comma, -1
	t := &csvTable{name: name}
	for {
		rec, err := r.Read()
		if err == io.EOF {
			break
		}
		var bad *csv.ParseError
		if errors.As(err, &bad) {
			t.rows = append(t.rows, tableRow{line: bad.StartLine + skipped, err: errors.New("the row cannot be read: " + strings.TrimPrefix(bad.Err.Error(), "csv: "))})
			if t.header == nil {
				break
			}
			continue
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		for i := range rec {
			rec[i] = unguard(rec[i])
		}
		if t.header == nil {
			for i := range rec {
				rec[i] = strings.TrimSpace(rec[i])
			}
			t.header = rec
			continue
		}
		if strings.TrimSpace(strings.Join(rec, "")) == "" {
			continue
		}
		t.rows = append(t.rows, tableRow{line: line + skipped, cells: rec})
	}
	if t.header == nil && len(t.rows) == 0 {
		return nil, &failure{code: exitContent, msg: fmt.Sprintf("%q is empty", name), hint: "its first row names the columns"}
	}
	return t, nil
}

// divider is the sign that stands most often between the names of the first row.
func divider(src []byte) rune {
	counts := map[rune]int{}
	quoted := false
	for _, c := range string(src) {
		if c == '"' {
			quoted = !quoted
		}
		if c == '\n' && !quoted {
			break
		}
		if !quoted {
			counts[c]++
		}
	}
	best := ','
	for _, c := range ";\t" {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}

// importTerms plans all changes, tells them, and writes them.
func (a *app) importTerms(v *vocabulary, name string, o importOptions) error {
	src, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return wrong("write the table with playbook glossary export", "there is no file %q", name)
	}
	if err != nil {
		return err
	}
	t, err := readTable(seen(name), src)
	if err != nil {
		return err
	}
	m := &merge{v: v, o: o, t: t, taken: map[*termRow]int{}, before: map[*termRow][]byte{}}
	for _, r := range v.terms {
		m.before[r] = r.page.src
	}
	m.run()
	bad := diag.Sort(m.bad)
	if err := diag.Write(a.Err, bad, diag.PrintOptions{Source: func(string) []byte { return src }, Color: a.screenOf(a.Err).color}); err != nil {
		return err
	}
	errs, _ := diag.Count(bad)
	for _, line := range m.said {
		if _, err := fmt.Fprintln(a.Out, line); err != nil {
			return err
		}
	}
	stop := errs > 0 && !o.keepGoing
	changed, added := 0, len(m.fresh)
	for _, r := range v.terms {
		if !bytes.Equal(m.before[r], r.page.src) {
			changed++
		}
	}
	if !o.dry && !stop {
		if err := m.write(); err != nil {
			return err
		}
	}
	sum := fmt.Sprintf("%s changed, %d new, %d as they were", counted(changed, "term"), added, len(v.terms)-changed)
	switch {
	case stop:
		sum = fmt.Sprintf("nothing was written: %s", counted(errs, "fault"))
	case o.dry:
		sum += "; nothing was written"
	}
	if m.emptied > 0 && !o.clear {
		sum += fmt.Sprintf("; %s left as they were, --clear takes them out", counted(m.emptied, "emptied value"))
	}
	if _, err := fmt.Fprintln(a.Err, sum); err != nil {
		return err
	}
	if errs > 0 {
		return told(exitContent)
	}
	return nil
}

// merge brings a table into a vocabulary.
type merge struct {
	v       *vocabulary
	o       importOptions
	t       *csvTable
	taken   map[*termRow]int // rows that were found, with their line
	before  map[*termRow][]byte
	fresh   []*termRow
	said    []string
	emptied int
	bad     []diag.Diagnostic
}

func (m *merge) fault(line int, level diag.Level, hint, format string, args ...any) {
	m.bad = append(m.bad, diag.Diagnostic{Level: level, At: diag.Pos{File: m.t.name, Line: line, Col: 1}, Msg: fmt.Sprintf(format, args...), Hint: hint})
}

func (m *merge) run() {
	known := m.v.columns()
	used := make([]bool, len(m.t.header))
	byName := map[string]int{}
	for i, h := range m.t.header {
		if h == "" {
			continue
		}
		if _, twice := byName[h]; twice {
			m.fault(1, diag.Error, "keep one of them", "the column %q stands twice", h)
			continue
		}
		byName[h] = i
		used[i] = slices.Contains(known, h) || m.mapping(h)
		if !used[i] {
			hint := "terms have " + strings.Join(known, ", ")
			if near := diag.Nearest(h, known); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			m.fault(1, diag.Error, hint, "terms have no column %q", h)
		}
	}
	if _, ok := byName["title"]; !ok {
		if _, ok := byName[columnID]; !ok && len(m.t.header) > 0 {
			m.fault(1, diag.Error, "add one", "there is neither a column \"id\" nor a column \"title\"")
			return
		}
	}
	for _, r := range m.t.rows {
		if r.err != nil {
			m.fault(r.line, diag.Error, "", "%v", r.err)
			continue
		}
		get := func(col string) string {
			if i, ok := byName[col]; ok && i < len(r.cells) {
				return r.cells[i]
			}
			return ""
		}
		if len(r.cells) != len(m.t.header) {
			m.fault(r.line, diag.Error, "a comma in a cell wants quotes round the cell", "the row has %d cells, and there are %d columns", len(r.cells), len(m.t.header))
			continue
		}
		m.row(r, get, used)
	}
}

// mapping tells whether a column names a key of a declared mapping, such as the
// wording of a department that had none before.
func (m *merge) mapping(column string) bool {
	key, sub, ok := strings.Cut(column, ".")
	for _, k := range m.v.kinds {
		if f, found := k.Field(key); ok && found && sub != "" && f.Type == "mapping" && len(f.Fields) == 0 {
			return true
		}
	}
	return false
}

// find returns the term that a row is about, nil if it is a new one.
func (m *merge) find(line int, id, title string) (t *termRow, ok bool) {
	if id != "" {
		var tails []*termRow
		for _, x := range m.v.terms {
			if x.id == id {
				return x, true
			}
			if strings.HasSuffix(x.id, "/"+id) {
				tails = append(tails, x)
			}
		}
		if len(tails) > 1 {
			m.fault(line, diag.Error, "write the whole id, such as "+tails[0].id, "the id %q fits %s", id, counted(len(tails), "term"))
			return nil, false
		}
		if len(tails) == 1 {
			return tails[0], true
		}
		return nil, true
	}
	var same []*termRow
	for _, x := range m.v.terms {
		if strings.EqualFold(x.page.doc.Title, title) {
			same = append(same, x)
		}
	}
	if len(same) > 1 {
		m.fault(line, diag.Error, "add the id, such as "+same[0].id, "the title %q is that of %s", title, counted(len(same), "term"))
		return nil, false
	}
	if len(same) == 1 {
		return same[0], true
	}
	return nil, true
}

func (m *merge) row(r tableRow, get func(string) string, used []bool) {
	id, title := strings.TrimSpace(get(columnID)), strings.TrimSpace(get("title"))
	if id == "" && title == "" {
		m.fault(r.line, diag.Error, "", "the row has neither id nor title")
		return
	}
	t, ok := m.find(r.line, id, title)
	if !ok {
		return
	}
	isNew := t == nil
	if isNew {
		if t = m.begin(r.line, id, title, get(columnKind)); t == nil {
			return
		}
	}
	if first, twice := m.taken[t]; twice {
		m.fault(r.line, diag.Error, "", "the term %q has a row already, on line %d", t.id, first)
		return
	}
	m.taken[t] = r.line
	was := *t.page
	var said []string
	fail := func(format string, args ...any) {
		*t.page = was
		m.fault(r.line, diag.Error, "", format, args...)
	}
	emptied := 0
	for i, col := range m.t.header {
		if !used[i] || col == columnID || col == columnKind {
			continue
		}
		old, now := t.cell(col), strings.ReplaceAll(r.cells[i], "\r\n", "\n")
		if now == old || strings.TrimSpace(now) == "" && old == "" {
			continue
		}
		if strings.TrimSpace(now) == "" {
			if isNew {
				continue
			}
			if emptied++; !m.o.clear {
				m.fault(r.line, diag.Warning, "--clear takes it out", "%s of %q is empty here, and is %q in %s", col, t.id, short(old), t.page.name)
				continue
			}
		}
		if err := t.put(col, now); err != nil {
			fail("%s of %q cannot become %q: %v", col, t.id, short(now), err)
			return
		}
		if isNew {
			said = append(said, fmt.Sprintf("%s: %s: %q", t.page.name, col, short(now)))
			continue
		}
		said = append(said, fmt.Sprintf("%s: %s: %q -> %q", t.page.name, col, short(old), short(now)))
	}
	had := map[string]bool{}
	if !isNew {
		for _, x := range t.kind.Validate(was.doc.Front.Plain()) {
			had[x.Rule+strings.Join(x.Path, "/")+x.Msg] = true
		}
	}
	for _, x := range t.kind.Validate(t.page.doc.Front.Plain()) {
		if !had[x.Rule+strings.Join(x.Path, "/")+x.Msg] && x.Rule != "schema-unknown-key" {
			fail("%q: %s", t.id, strings.TrimSpace(strings.Join(x.Path, ".")+" "+x.Msg))
			return
		}
	}
	m.emptied += emptied
	if isNew {
		m.fresh = append(m.fresh, t)
		said = append([]string{t.page.name + ": new"}, said...)
	}
	m.said = append(m.said, said...)
}

func short(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:79]) + "…"
	}
	return s
}

// begin makes the page of a new term, from the archetype of its kind.
func (m *merge) begin(line int, id, title, ofKind string) *termRow {
	k := m.v.kinds[0]
	if len(m.v.kinds) > 1 {
		i := slices.IndexFunc(m.v.kinds, func(k *kind.Kind) bool { return k.ID == ofKind })
		if i < 0 {
			var names []string
			for _, k := range m.v.kinds {
				names = append(names, k.ID)
			}
			m.fault(line, diag.Error, "it is one of "+strings.Join(names, ", "), "a new term needs its kind in the column %q", columnKind)
			return nil
		}
		k = m.v.kinds[i]
	}
	if title == "" {
		m.fault(line, diag.Error, "", "no term has the id %q, and a new one needs a title", id)
		return nil
	}
	file, err := pagePath(k, cmp.Or(id, strings.ReplaceAll(title, "/", " ")))
	if err != nil {
		m.fault(line, diag.Error, "", "%v", err)
		return nil
	}
	if _, there := m.v.site.Content.Lookup(file); there || slices.ContainsFunc(m.fresh, func(t *termRow) bool { return t.file == file }) {
		m.fault(line, diag.Error, "give the row the id of that page, or another one", "%q is there already", file)
		return nil
	}
	text, err := archetype(m.v.site, k)
	if err == nil {
		var p *page
		name := path.Join(filepath.ToSlash(m.v.site.Config.Content), file)
		if p, err = openPage(m.v.c, name, []byte(fill(text, map[string]string{"title": title, "date": m.o.today, "owner": "", "kind": k.ID}))); err == nil {
			return &termRow{id: strings.TrimSuffix(file, ".md"), kind: k, file: file, page: p, site: m.v.site}
		}
	}
	m.fault(line, diag.Error, "", "the archetype of %q cannot be used: %v", k.ID, err)
	return nil
}

// put gives a column a new value, in the type that it has or should have.
func (t *termRow) put(column, cell string) error {
	old, had := t.value(column)
	if !had && column == t.kind.Terms.Definition {
		return t.page.define(cell)
	}
	path := []string{column}
	if key, sub, ok := strings.Cut(column, "."); ok {
		if _, whole := t.page.doc.Front.Get(column); !whole {
			path = []string{key, sub}
		}
	}
	if strings.TrimSpace(cell) == "" {
		return t.page.set(path, nil)
	}
	field, declared := t.kind.Field(path[0])
	if len(path) > 1 && declared {
		i := slices.IndexFunc(field.Fields, func(f kind.Field) bool { return f.Name == path[1] })
		if declared = i >= 0; declared {
			field = field.Fields[i]
		}
	}
	if !declared {
		for _, f := range t.site.Kinds.Common() {
			if len(path) == 1 && f.Name == path[0] {
				field, declared = f, true
			}
		}
	}
	isList := had && old.Kind == document.List || declared && (field.Many || strings.HasPrefix(field.Type, "list of"))
	switch {
	case isList:
		list := items(cell)
		if had && old.Kind == document.List {
			for _, e := range old.List() {
				if e.Kind != document.String {
					return errByHand // numbers or yes and no in a list
				}
			}
		}
		return t.page.set(path, list)
	case had && old.Kind == document.Bool || !had && declared && field.Type == "yes or no":
		b, err := strconv.ParseBool(strings.ToLower(strings.TrimSpace(cell)))
		if err != nil {
			return errors.New("it is true or false")
		}
		return t.page.set(path, b)
	case had && (old.Kind == document.Int || old.Kind == document.Float) || !had && declared && strings.HasSuffix(field.Type, "number"):
		if n, err := strconv.ParseInt(strings.TrimSpace(cell), 10, 64); err == nil {
			return t.page.set(path, n)
		}
		if x, err := strconv.ParseFloat(strings.TrimSpace(cell), 64); err == nil {
			return t.page.set(path, x)
		}
		if declared && strings.HasSuffix(field.Type, "number") && !strings.Contains(field.Type, " or ") {
			return errors.New("it is a number")
		}
	}
	return t.page.set(path, cell)
}

// write puts all changed files in place, each at once, and adds the new ones. A
// file that changed under our hands stops it.
func (m *merge) write() error {
	dir := contentDir(m.v.site)
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, t := range m.v.terms {
		old := m.before[t]
		if bytes.Equal(old, t.page.src) {
			continue
		}
		now, err := root.ReadFile(filepath.FromSlash(t.file))
		if err != nil {
			return err
		}
		if !bytes.Equal(now, old) {
			return &failure{code: exitMachine, msg: fmt.Sprintf("%s was changed by somebody else just now", t.page.name), hint: "run the import again; what it wrote is not written twice"}
		}
		if err := replaceFile(root, filepath.FromSlash(t.file), t.page.src); err != nil {
			return err
		}
	}
	for _, t := range m.fresh {
		if _, err := create(dir, t.file, string(t.page.src)); err != nil {
			return err
		}
	}
	return nil
}

// replaceFile writes a file beside its place and moves it there, so that nobody
// ever sees half of it. A link is refused: moving would replace it.
func replaceFile(root *os.Root, name string, data []byte) error {
	mode := os.FileMode(0o666)
	if info, err := root.Lstat(name); err == nil {
		if !info.Mode().IsRegular() {
			return fmt.Errorf("%s is no plain file", filepath.ToSlash(name))
		}
		mode = info.Mode().Perm()
	}
	temp := filepath.Join(filepath.Dir(name), ".playbook-new-"+filepath.Base(name))
	if err := root.Remove(temp); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	f, err := root.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = root.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, root.Remove(temp))
	}
	return nil
}
