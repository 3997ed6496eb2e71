package torture

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
)

// input is something hostile that the small site is given.
type input struct {
	name    string
	files   map[string]string
	prepare func(t *testing.T, b box) // for what files cannot say
	want    []int                     // the statuses that are right; nil: 0 or 1
	says    string                    // what the report must have in it
	args    []string                  // more arguments
	own     bool                      // it costs: not in a quick run, and in a process of its own, as all are in a whole one
}

var (
	done    = []int{0}
	content = []int{1}
	usage   = []int{2}
)

// TestHostile builds the small site with each hostile input.
func TestHostile(t *testing.T) {
	all := inputs()
	names := map[string]bool{}
	for _, in := range all {
		if names[in.name] {
			t.Fatalf("two inputs are called %q", in.name)
		}
		names[in.name] = true
	}
	t.Logf("%d inputs, and %d payloads", len(all), len(payloads))
	if !*whole { // each run tries the same few of each sort
		var few []input
		for i, in := range all {
			if !in.own && (i+*seed)%23 == 0 {
				few = append(few, in)
			}
		}
		all = few
	}
	theme()
	smallBuilt()
	sorts := map[string][]input{}
	for _, in := range all {
		sort := strings.TrimRight(strings.SplitN(in.name, ":", 2)[0], " 0123456789")
		sorts[sort] = append(sorts[sort], in)
	}
	for _, sort := range slices.Sorted(maps.Keys(sorts)) {
		t.Run(sort, func(t *testing.T) {
			each(t, len(sorts[sort]), func(i int) { try(t, sorts[sort][i]) })
		})
	}
}

// each calls f for 0 to n-1, two at a time.
func each(t *testing.T, n int, f func(i int)) {
	var wg sync.WaitGroup
	next := make(chan int)
	for range 2 {
		wg.Go(func() {
			for i := range next {
				f(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	wg.Wait()
}

// most is how much memory a build of one hostile input may take.
const most = 700 << 20

// try builds the small site with a hostile input: status, report, what is
// changed, and what the outputs have in them.
func try(t *testing.T, in input) {
	table.inputs.add(1)
	b := builtBox(t)
	defer release(b.dir)
	b.write(t, in.files)
	if in.prepare != nil {
		in.prepare(t, b)
	}
	was := snapshotQuick(t, b)
	run := func(args ...string) outcome {
		var more []string
		for _, a := range in.args {
			more = append(more, strings.ReplaceAll(a, "CONTENT", filepath.Join(b.site(), "content", "x")))
		}
		args = append(append([]string{"build", "-s", b.site(), "--as-of", asOf, "--format", "json", "-q"}, args...), more...)
		if !in.own && !*whole {
			return here(args...)
		}
		p := process{env: []string{"HOME=" + filepath.Join(b.dir, "home"), "TMPDIR=" + b.outside(), "PATH=" + os.Getenv("PATH")}}
		if runtime.GOOS == "linux" {
			p.shim = &shimOrder{CPU: 90, Umask: -1}
		}
		return p.run(args...)
	}
	o := run()
	judge(t, in, b, o)
	is := snapshotQuick(t, b)
	if d := difference(was, is, "site/public", "site/.playbook"); d != "" {
		bad(t, &table.outside, "%s: %s", in.name, d)
	}
	if d := difference(was, is); o.code != 0 && within1(d, "site/public") {
		bad(t, &table.touched, "%s: %s", in.name, d)
	}
	out := b.public()
	if o.code == 1 { // what can be made in spite of errors carries nothing active either
		out = filepath.Join(b.site(), "some")
		if k := run("-k", "-d", out); k.code != 1 && !slices.Contains(in.want, k.code) {
			bad(t, &table.codes, "%s: with -k the status is %d: %s", in.name, k.code, k.brief())
		}
		if d := difference(was, snapshotQuick(t, b), "site/some", "site/public", "site/.playbook"); d != "" {
			bad(t, &table.outside, "%s: with -k %s", in.name, d)
		}
	}
	for _, f := range theme().inspect(contents(t, out)) {
		bad(t, &table.active, "%s: %s", in.name, f)
	}
}

// snapshotQuick is a snapshot that knows huge files and such that cannot be
// read by their size.
func snapshotQuick(t *testing.T, b box) map[string]string {
	t.Helper()
	return snapshot(t, b.dir)
}

func within1(d, folder string) bool {
	return strings.Contains(d, folder+"/") || strings.Contains(d, folder+" ")
}

// fault finds what a report must not have in it.
var fault = regexp.MustCompile(`internal fault|panic: |goroutine \d+ \[|"rule": ?"internal"|fatal error: |runtime error: `)

// judge looks at status and report.
func judge(t *testing.T, in input, b box, o outcome) {
	t.Helper()
	told, short := o.out+o.err, o.brief()
	if fault.MatchString(told) || o.signal != "" && !o.hung {
		bad(t, &table.crashes, "%s: status %d %s: %s", in.name, o.code, o.signal, brief(told, 3000))
		return
	}
	if o.hung || o.signal != "" {
		bad(t, &table.hangs, "%s", in.name)
		return
	}
	if o.peak > most {
		bad(t, &table.memory, "%s: %d MB", in.name, o.peak>>20)
	}
	want := in.want
	if want == nil {
		want = []int{0, 1}
	}
	if !slices.Contains(want, o.code) {
		bad(t, &table.codes, "%s: the status is %d, and should be %v: %s", in.name, o.code, want, short)
	}
	if in.says != "" && !strings.Contains(told, in.says) {
		bad(t, &table.codes, "%s: the report has no %q: %s", in.name, in.says, short)
	}
	if strings.ContainsAny(o.err, "\x00\x07\x1b\u009b") || strings.ContainsRune(o.err, '\u202e') {
		bad(t, &table.codes, "%s: the report moves the terminal: %q", in.name, brief(o.err, 500))
	}
	if strings.Contains(told, secret) {
		bad(t, &table.leaks, "%s: the report shows a file from outside", in.name)
	}
	fs, err := o.findings()
	if err != nil {
		bad(t, &table.codes, "%s: the report is no JSON: %v: %s", in.name, err, brief(o.out, 500))
	}
	failed := false
	for _, f := range fs {
		if f.Level == "error" {
			failed = true
			if f.File == "" || f.Line < 1 && strings.HasSuffix(f.File, ".md") && f.Rule != "file-name" && f.Rule != "path-name" && f.Rule != "page-size" { // these are of the whole file
				bad(t, &table.places, "%s: %+v", in.name, f)
			}
		}
	}
	if o.code == 1 && !failed {
		bad(t, &table.places, "%s: it fails and names no place: %s", in.name, short)
	}
}

// TestPayloads writes what should run in a browser into pages of several kinds,
// many to a site, and reads every output.
func TestPayloads(t *testing.T) {
	tr := theme()
	step := 24
	var groups [][]int
	for i := 0; i < len(payloads); i += step {
		var g []int
		for n := i; n < min(i+step, len(payloads)); n++ {
			g = append(g, n)
		}
		groups = append(groups, g)
	}
	if !*whole {
		var g []int
		for n := *seed % 11; n < len(payloads); n += 11 {
			g = append(g, n)
		}
		groups = [][]int{g}
	}
	modes := []string{"sanitize", "escape"}
	each(t, len(groups)*len(modes), func(i int) {
		g, mode := groups[i/2], modes[i%2]
		if !*whole && mode == "escape" {
			return
		}
		b := newBox(t)
		defer release(b.dir)
		for _, n := range g {
			b.write(t, pages(n))
		}
		b.write(t, map[string]string{"playbook.toml": small["playbook.toml"] + "[markup]\nhtml = \"" + mode + "\"\n"})
		o := here("build", "-s", b.site(), "--as-of", asOf, "--format", "json", "-q", "-k")
		judge(t, input{name: fmt.Sprint("payloads ", g, " ", mode)}, b, o)
		tree := contents(t, b.public())
		for _, f := range tr.inspect(tree) {
			bad(t, &table.active, "payloads %v, %s: %s", g, mode, f)
		}
		var all bytes.Buffer
		for _, p := range slices.Sorted(maps.Keys(tree)) {
			all.Write(tree[p])
		}
		low := bytes.ToLower(all.Bytes())
		fs, _ := o.findings()
		for _, n := range g {
			if mode == "sanitize" {
				table.inputs.add(1)
			}
			page := fmt.Sprintf("guides/p%d.md", n)
			about := slices.ContainsFunc(fs, func(f finding) bool { return strings.HasSuffix(f.File, page) })
			out := tree[fmt.Sprintf("guides/p%d/index.html", n)]
			switch {
			case out == nil && !about:
				bad(t, &table.codes, "payload %d (%q): its page is not there, and nothing is told of it", n, payloads[n])
			case !bytes.Contains(low, []byte(canary(n))) && !about:
				bad(t, &table.codes, "payload %d (%q) is neither shown as text nor told of", n, payloads[n])
			case !bytes.Contains(bytes.ToLower(textsOf(out)), []byte(canary(n))):
				table.dropped.add(1)
			}
			if out != nil && !bytes.Contains(out, fmt.Appendf(nil, "p%dend", n)) && !about {
				bad(t, &table.codes, "payload %d (%q) takes the rest of its page with it", n, payloads[n])
			}
		}
	})
}

func textsOf(page []byte) []byte { return []byte(textOf(parse(page, true))) }

// inputs lists what TestHostile tries.
func inputs() []input {
	var all []input
	add := func(in ...input) { all = append(all, in...) }
	page := func(name, text string, want []int, says string) {
		add(input{name: name, files: map[string]string{"content/guides/x.md": text}, want: want, says: says})
	}
	front := func(name, text string, want []int, says string) {
		page("front matter: "+name, "---\n"+text+"\n---\nBody.\n", want, says)
	}
	rep := strings.Repeat
	var keys, deepMap strings.Builder
	for i := range 1100 {
		fmt.Fprintf(&keys, "k%d: 1\n", i)
	}
	for i := range 150 {
		deepMap.WriteString(rep(" ", i) + "a:\n")
	}

	// Front matter, YAML.
	front("nothing", "", nil, "")
	front("only a comment", "# x", nil, "")
	front("a list", "- a\n- b", done, "") // a body between two rules
	front("a text", "just words", done, "")
	front("a number", "42", done, "")
	front("two documents", "title: A\n--- \ntitle: B", nil, "")
	front("a document's end", "title: A\n...\nx: y", nil, "")
	front("a directive", "%YAML 9.9", nil, "")
	front("a tag directive", "%TAG ! tag:e,2000:\ntitle: A", nil, "")
	front("a tab for indentation", "a:\n\tb: 1", content, "")
	front("a key twice", "title: A\ntitle: B", content, "")
	front("a key twice, deep", "x: {a: 1, a: 2}", nil, "")
	front("an alias", "title: &a A\ndescription: *a", content, "")
	front("an anchor that nobody uses", "title: &a A", nil, "")
	front("an alias to itself", "x: &a [*a]", content, "")
	front("a bomb of aliases", "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]", content, "")
	front("a merge key", "<<: {title: A}", nil, "")
	front("a merge key by alias", "x: &a {title: A}\n<<: *a", content, "")
	front("a tag of Python", "title: !!python/object/apply:os.system [id]", content, "")
	front("a tag of a class", "title: !ruby/object:Gem A", content, "")
	front("binary", "title: !!binary aGk=", nil, "")
	front("a set", "tags: !!set {a, b}", nil, "")
	front("a complex key", "? [a, b]\n: c", content, "")
	front("a map for a key", "? {a: b}\n: c", content, "")
	front("an empty key", "\"\": x", nil, "")
	front("null for a key", "~: x", nil, "")
	front("a number for a key", "1: x", nil, "")
	front("a key with markup", "\"<script>\": x", nil, "")
	front("a key of 60 kB", rep("k", 60000)+": 1", nil, "")
	front("a key with line ends", "\"a\\nb\\u2028c\": 1", nil, "")
	front("a key with NUL", "\"a\\0b\": 1", nil, "")
	front("a key named __proto__", "__proto__: {x: 1}\nconstructor: 2", nil, "")
	front("many keys", keys.String(), content, "")
	front("many items", "tags: ["+rep("a,", 20000)+"a]", nil, "")
	front("brackets without end", rep("[", 60000), content, "")
	front("braces without end", rep("{", 60000), content, "")
	front("braces and brackets", rep("[{a: ", 10000), content, "")
	front("dashes", rep("- ", 20000)+"a", content, "")
	front("questions", rep("? ", 20000)+"a", nil, "")
	front("a deep map", deepMap.String(), content, "")
	front("a deep list", "x: "+rep("[", 150)+rep("]", 150), content, "")
	front("quotes without end", "title: \"abc", content, "")
	front("a single quote without end", "title: 'abc\nx: y", content, "")
	front("a block text without end", "title: |\n  abc", nil, "")
	front("a block text with a wrong indicator", "title: |99\n abc", content, "")
	front("escapes that are none", "title: \"\\q\\x\"", content, "")
	front("a surrogate", "title: \"\\ud800\"", nil, "")
	front("a code point too high", "title: \"\\Uffffffff\"", content, "")
	front("NUL", "title: a\x00b", content, "")
	front("a control", "title: a\x01b", content, "")
	front("bytes that are no text", "title: a\xff\xfeb", content, "")
	front("a surrogate in bytes", "title: a\xed\xa0\x80b", content, "")
	front("a byte order mark inside", "title: \ufeffa", nil, "")
	front("marks of direction", "title: \"\u202egnp.exe\u2066\"", nil, "")
	front("no-break spaces", "title:\u00a0A", content, "")
	front("line ends of others", "title: a\u2028b\u0085c", nil, "")
	front("numbers beyond", "weight: 999999999999999999999999999999", nil, "")
	front("a negative weight", "weight: -9223372036854775808", nil, "")
	front("not a number", "weight: .nan", content, "")
	front("infinite", "weight: .inf", content, "")
	front("hexadecimal", "weight: 0xff", nil, "")
	front("sexagesimal", "weight: 190:20:30", content, "")
	front("a norwegian", "draft: no", nil, "")
	front("a draft that is a list", "draft: [false]", nil, "")
	front("a draft that is a map", "draft: {x: y}", nil, "")
	front("a title that is a list", "title: [a, b]", content, "")
	front("a title that is a map", "title: {a: b}", content, "")
	front("a title that is a number", "title: 12", nil, "")
	front("a title that is a date", "title: 2026-01-01", nil, "")
	front("a title that is nothing", "title:", nil, "")
	front("a title of blanks", "title: '   '", nil, "")
	front("a title of 60 kB", "title: "+rep("x", 60000), nil, "")
	front("tags that are maps", "tags: [{a: b}, [c]]", content, "")
	front("tags of markup", "tags: ['<script>', '\"', '../..', '%2e%2e', '.', '..', '']", nil, "")
	front("a tag of nothing but dots", "tags: ['...', '/', '//', '\\']", nil, "")
	front("tags that differ by case", "tags: [Sales, sales, SALES]", nil, "")
	front("dates that are none", "publish_on: 2026-13-45", nil, "")
	front("a date that is a map", "expires_on: {a: b}", nil, "")
	front("a date with markup", "verified_on: '2026-01-01<script>'", content, "")
	front("a year of five digits", "verified_on: 12026-01-01", content, "")
	front("a review of ages", "verified_on: 2026-01-01\nreview_every: 999999999 years", nil, "")
	front("a review of nothing", "review_every: -5", content, "")
	front("a kind with a path", "kind: ../../x", content, "kind")
	front("a kind of markup", "kind: '<script>'", content, "kind")
	front("a layout with a path", "layout: ../../../etc/passwd", done, "layout-missing")
	front("a layout that is absolute", "layout: /etc/passwd", done, "layout-missing")
	front("a layout of the frame", "layout: base", nil, "")
	front("a layout with NUL", "layout: \"a\\0b\"", done, "layout-missing")
	front("a language of markup", "lang: '\"><script>'", nil, "")
	front("a language of 60 kB", "lang: "+rep("x", 60000), nil, "")
	front("an owner of markup", "owner: '<img src=x onerror=a>'", nil, "")
	front("an owner that is itself", "owner: x", nil, "")
	front("checks of markup", "checks: {'<script>': '<script>'}", nil, "")
	front("checks that are a list", "checks: [a]", nil, "")
	front("a key nobody knows", "colour: red", nil, "")
	front("a toc that is a list", "toc: [a]", nil, "")
	front("windows line ends", "title: A\r\nslug: b\r", nil, "")
	page("front matter: all with windows line ends", "---\r\ntitle: A\r\ntags: [b]\r\n---\r\nBody.\r\n", done, "")
	page("front matter: old line ends", "---\rtitle: A\r---\rBody.\r", nil, "")
	page("front matter: a byte order mark before it", "\ufeff---\ntitle: A\n---\nBody.\n", done, "")
	page("front matter: two byte order marks", "\ufeff\ufeff---\ntitle: A\n---\nBody.\n", nil, "")
	page("front matter: UTF-16", "\xff\xfe-\x00-\x00-\x00\n\x00", nil, "")
	page("front matter: not ended", "---\ntitle: A\nBody.\n", nil, "")
	page("front matter: not ended, and long", "---\n"+rep("a: b\n", 20000), nil, "")
	page("front matter: a rule only", "---\n", nil, "")
	page("front matter: two rules", "---\n---\n", nil, "")
	page("front matter: four dashes", "----\ntitle: A\n----\n", nil, "")
	page("front matter: blanks behind the rule", "--- \ntitle: A\n---  \nBody.\n", nil, "")
	page("front matter: 70 kB", "---\n"+rep("# xxxxxxxxxxxxxxxxxxxxxxxxx\n", 2600)+"title: A\n---\nBody.\n", content, "")
	page("front matter: nothing at all", "", nil, "")
	page("front matter: NUL only", "\x00", nil, "")
	page("front matter: 900 kB of NUL", rep("\x00", 900000), nil, "")
	page("front matter: 900 kB of 0xff", rep("\xff", 900000), nil, "")
	// TOML and JSON.
	toml := func(name, text string, want []int) { page("TOML: "+name, "+++\n"+text+"\n+++\nBody.\n", want, "") }
	toml("empty", "", nil)
	toml("a key twice", "title = \"A\"\ntitle = \"B\"", content)
	toml("a table twice", "[a]\nb = 1\n[a]\nc = 2", content)
	toml("a table over a value", "a = 1\n[a.b]\nc = 2", content)
	toml("a deep key", rep("a.", 5000)+"a = 1", content)
	toml("a key of all parts that fit", rep("a.", 30000)+"a = 1", content)
	toml("deep lists", "a = "+rep("[", 3000)+rep("]", 3000), content)
	toml("brackets without end", "a = "+rep("[", 30000), content)
	toml("deep inline tables", "a = "+rep("{a=", 3000)+"1"+rep("}", 3000), content)
	toml("a text without end", "title = \"abc", content)
	toml("a long text without end", "title = \"\"\"abc", content)
	toml("a date that is none", "publish_on = 2026-99-99", content)
	toml("a time", "publish_on = 2026-01-01T00:00:00Z", nil)
	toml("a number beyond", "weight = 99999999999999999999999", content)
	toml("NUL", "title = \"a\x00\"", content)
	toml("bytes that are no text", "title = \"a\xff\"", content)
	toml("a table of arrays", rep("[[a]]\n", 2000), nil)
	toml("many tables", func() string {
		var b strings.Builder
		for i := range 2000 {
			fmt.Fprintf(&b, "[t%d]\nx=1\n", i)
		}
		return b.String()
	}(), content)
	toml("not a number", "weight = nan", content)
	page("TOML: not ended", "+++\ntitle = \"A\"\n", nil, "")
	json := func(name, text string, want []int) { page("JSON: "+name, text+"\n\nBody.\n", want, "") }
	json("empty", "{}", nil)
	json("a key twice", "{\n\"title\": \"A\",\n\"title\": \"B\"\n}", content)
	json("not ended", "{\n\"title\": \"A\"", nil)
	json("deep", "{\n\"a\": "+rep("[", 3000)+rep("]", 3000)+"\n}", content)
	json("deep objects", "{\n\"a\":"+rep("{\"a\":", 3000)+"1"+rep("}", 3000)+"\n}", content)
	json("brackets without end", "{\n\"a\": "+rep("[", 60000)+"\n}", nil)
	json("a number beyond", "{\n\"weight\": 1e999\n}", content)
	json("a surrogate", "{\n\"title\": \"\\ud800\"\n}", nil)
	json("NUL", "{\n\"title\": \"a\\u0000b\"\n}", nil)
	json("a comment", "{\n// x\n\"title\": \"A\"\n}", nil)
	json("a comma too many", "{\n\"title\": \"A\",\n}", content)
	json("single quotes", "{\n'title': 'A'\n}", nil)
	json("proto", "{\n\"__proto__\": {\"x\": 1}, \"title\": \"A\"\n}", nil)
	json("semicolons", ";;;\n\"title\": \"A\"\n;;;", nil)

	// Markdown that costs, at full size, in a process of its own.
	big := func(name, text string, want []int, says string) {
		add(input{name: "size: " + name, files: map[string]string{"content/guides/x.md": text}, want: want, says: says, own: true})
	}
	fill := func(s string) string { return rep(s, (1<<20-5000)/len(s)) }
	lines := func(s string) string { return fill(rep(s, 60000/len(s)) + "\n") }
	big("over 1 MiB", rep("text\n", 250000), content, "")
	big("a line over 64 KiB", rep("x", 70000), content, "")
	big("a page of one line just under", rep("x", 65000)+"\n", nil, "")
	big("a table of 200 columns", rep("|a", 200)+"|\n"+rep("|-", 200)+"|\n"+rep("|b", 200)+"|\n", content, "")
	big("a table of 128 columns and 6,000 rows", rep("|a", 128)+"|\n"+rep("|-", 128)+"|\n"+rep("|b|\n", 6000), nil, "")
	big("rows of a wide table that hold nothing", rep("|a", 120)+"|\n"+rep("|-", 120)+"|\n"+fill("|\n"), nil, "")
	big("lists 150 deep", func() string {
		var b strings.Builder
		for i := range 150 {
			b.WriteString(rep(" ", 2*i) + "- a\n")
		}
		return b.String()
	}(), content, "")
	big("quotes 150 deep", rep("> ", 150)+"a\n", content, "")
	big("quotes 30,000 deep", rep(">", 30000)+"a\n", content, "")
	big("lists that go in and out", func() string {
		var b strings.Builder
		for i := 0; b.Len() < 900000; i++ {
			b.WriteString(rep(" ", 2*(i%90)) + "- a\n")
		}
		return b.String()
	}(), nil, "")
	for _, s := range []string{"[", "![", "[a](", "[a](<b", "[[", "![[", "[^a]", "*a ", "**a _b ", "a**b", "~~a ", "`a``b", "<", "<a ", "<b>", "<!--", "<svg>", "&", "\\", "www.a ", "a@b.c ", "[a]{.b}", "[a]{", "\"a ", ":::", "]", "<a href='", "$"} {
		big("lines of "+s, lines(s), nil, "")
	}
	for _, s := range []string{"[^1]: x\n\n", "[a]: b\n", "# a\n", "- \n", "1. a\n", "> a\n", "a\n: b\n", "```\n", "<div>\n\n", "<details>\n\n", "</div>\n\n", "|a|\n|-|\n", ":::a\n\n", "> [!NOTE]\n", "![[one]]\n\n", "[[one]]\n\n", "[one](one.md)\n\n", "\n", "\r", "lead ", "<p>\n", "- [ ] a\n", "***\n", "## a\n\nlead\n\n"} {
		text := fill(s)
		if s == "lead " {
			text = fill(rep(s, 1000) + "\n")
		}
		big("over and over "+s, text, nil, "")
	}
	big("footnotes that are all used", func() string {
		var b strings.Builder
		for i := 0; b.Len() < 1000000; i++ {
			fmt.Fprintf(&b, "a[^%d]\n\n[^%[1]d]: x\n\n", i)
		}
		return b.String()
	}(), nil, "")
	big("code that is hard to colour", "```python\n"+fill("\"\"\"' \\\n")+"```\n", nil, "")
	big("one footnote of many uses", "[^1]: x\n\n"+fill("a[^1]\n\n"), nil, "")
	big("one address used often", "[a]: "+rep("b", 60000)+"\n\n"+rep("[a]\n\n", 100000), nil, "")
	big("10,000 aliases", "---\naliases: ["+func() string {
		var b strings.Builder
		for i := range 10000 {
			fmt.Fprintf(&b, "o%d,", i)
		}
		return b.String()
	}()+"z]\n---\nBody.\n", nil, "")
	big("a title that is 1,000 links", "---\ntitle: "+rep("lead ", 1000)+"\n---\nBody.\n", nil, "")
	add(input{name: "size: 10,000 aliases on ten pages", own: true, files: func() map[string]string {
		m := map[string]string{}
		for p := range 10 {
			var b strings.Builder
			for i := range 1000 {
				fmt.Fprintf(&b, "/o/%d/%d/,", p, i)
			}
			m[fmt.Sprintf("content/guides/a%d.md", p)] = "---\naliases: [" + b.String() + "]\n---\nBody.\n"
		}
		return m
	}()})
	add(input{name: "size: 3,000 pages of one link each to all", own: true, files: func() map[string]string {
		m := map[string]string{}
		for p := range 3000 {
			m[fmt.Sprintf("content/guides/a%d.md", p)] = fmt.Sprintf("[[a%d]] lead\n", (p+1)%3000)
		}
		return m
	}(), want: done})
	add(input{name: "size: transclusion doubled forty times", own: true, files: func() map[string]string {
		m := map[string]string{}
		for p := range 40 {
			m[fmt.Sprintf("content/guides/a%d.md", p)] = fmt.Sprintf("![[a%d]]\n\n![[a%[1]d]]\n\nx\n", p+1)
		}
		m["content/guides/a40.md"] = rep("text ", 100) + "\n"
		return m
	}()})
	add(input{name: "size: transclusion ten wide and six deep", own: true, files: func() map[string]string {
		m := map[string]string{}
		for p := range 7 {
			m[fmt.Sprintf("content/guides/a%d.md", p)] = rep(fmt.Sprintf("![[a%d]]\n\n", p+1), 10) + "x\n"
		}
		m["content/guides/a7.md"] = rep("text ", 10000) + "\n"
		return m
	}()})
	add(input{name: "size: folders 200 deep", own: true, files: map[string]string{"content/" + rep("d/", 200) + "x.md": "# Deep\n"}})
	add(input{name: "size: folders with names of 200 letters", own: true, files: map[string]string{"content/" + rep(rep("d", 200)+"/", 6) + "x.md": "# Deep\n"}})
	add(input{name: "size: 2,000 words for one term", own: true, files: map[string]string{"content/glossary/t.md": "---\ntitle: T\nstatus: agreed\ndefinition: x\naliases: [" + func() string {
		var b strings.Builder
		for i := range 2000 {
			fmt.Fprintf(&b, "word%d thing,", i)
		}
		return b.String()
	}() + "]\n---\n" + rep("word1 thing word2 thing ", 2000) + "\n"}})
	add(input{name: "size: a picture of 100 MB", own: true, want: done, prepare: func(t *testing.T, b box) { sparse(t, filepath.Join(b.site(), "content", "guides", "big.png"), 100<<20) }})
	add(input{name: "size: a page of 3 GB", own: true, want: content, prepare: func(t *testing.T, b box) { sparse(t, filepath.Join(b.site(), "content", "guides", "big.md"), 1<<20+1) }})
	add(input{name: "size: a configuration of 10 MB", own: true, files: map[string]string{"playbook.toml": rep("# x\n", 2500000)}, want: []int{0, 2}})
	add(input{name: "size: a picture that claims to be huge", own: true, files: map[string]string{"content/guides/x.png": hugePNG, "content/guides/x.md": "![a](x.png)\n"}})
	add(input{name: "size: an SVG of 3 MB", own: true, files: map[string]string{"content/guides/x.svg": "<svg xmlns='http://www.w3.org/2000/svg'>" + rep("<g>", 1000000) + "</svg>", "content/guides/x.md": "![a](x.svg)\n"}})

	// Transclusion and references in circles.
	cycle := func(name string, want []int, files map[string]string) {
		add(input{name: "circle: " + name, files: files, want: want})
	}
	cycle("a page in itself", nil, map[string]string{"content/guides/x.md": "![[x]]\n"})
	cycle("a part in itself", nil, map[string]string{"content/guides/x.md": "## A\n\n![[x#A]]\n"})
	cycle("two pages", nil, map[string]string{"content/guides/x.md": "![[y]]\n", "content/guides/y.md": "![[x]]\n"})
	cycle("three pages by parts", nil, map[string]string{"content/guides/x.md": "## A\n\n![[y#A]]\n", "content/guides/y.md": "## A\n\n![[z#A]]\n", "content/guides/z.md": "## A\n\n![[x#A]]\n"})
	cycle("goals", nil, map[string]string{"content/goals/x.md": "---\ntitle: X\nlevel: team\nowner: boss\nsupports: [y]\n---\n", "content/goals/y.md": "---\ntitle: Y\nlevel: team\nowner: boss\nsupports: [x]\n---\n"})
	cycle("a goal by itself", nil, map[string]string{"content/goals/x.md": "---\ntitle: X\nlevel: team\nowner: boss\nsupports: [x]\n---\n"})
	cycle("roles", nil, map[string]string{"content/roles/x.md": "---\ntitle: X\nreports_to: y\n---\n", "content/roles/y.md": "---\ntitle: Y\nreports_to: x\n---\n"})
	cycle("terms in terms", nil, map[string]string{"content/glossary/x.md": "---\ntitle: Xword\nstatus: agreed\ndefinition: \"[[y]] yword\"\n---\n![[y]]\n", "content/glossary/y.md": "---\ntitle: Yword\nstatus: agreed\ndefinition: \"[[x]] xword\"\n---\n![[x]]\n"})
	cycle("an alias of itself", nil, map[string]string{"content/guides/x.md": "---\naliases: [/guides/x/, x, ./x, ../guides/x]\n---\n"})
	cycle("aliases of each other", nil, map[string]string{"content/guides/x.md": "---\naliases: [/guides/y/]\n---\n", "content/guides/y.md": "---\naliases: [/guides/x/]\n---\n"})
	cycle("a value of itself", nil, map[string]string{"content/glossary/x.md": "---\ntitle: X\nstatus: agreed\ndefinition: d\nvalues: {a: '[[x.values.a]]'}\n---\n[[x.values.a]]\n"})

	// Names: what leads out, what some system cannot store, what is the same.
	for i, s := range []string{"../out", "../../outside/x", "..", ".", "/", "//", "a/../../b", "..\\..\\b", "C:\\x", "c:/x", "\\\\host\\share", "%2e%2e%2fb", "%00", "a\\0b", "con", "NUL", "aux.txt", "com1", "LPT9", "a:b", "a*b?", "<script>", "\\\"x", ".playbook-manifest", ".playbook-stage", ".htaccess", "_headers", ".git/config", "index.html", "assets/style.css", "search/head.js", "book.json", rep("x", 5000), rep("ä", 300), "\\u202egnp", "\\u200b", "  ", "a\\nb", "\\u0000", "ﬁ", "İ", "ß", "e\\u0301", "😀", "~", "-", "...", "a.", "a ", "$HOME", "`id`", "{path}", "{{.}}"} {
		q := `"` + strings.ReplaceAll(s, "\\\\", "\\") + `"`
		if strings.Contains(s, "\\") && !strings.Contains(s, "\\u") && !strings.Contains(s, "\\0") && !strings.Contains(s, "\\n") && !strings.Contains(s, "\\\"") {
			q = "'" + s + "'"
		}
		add(input{name: fmt.Sprintf("name %d: %.20s in slug, id, tags, aliases", i, s), files: map[string]string{
			"content/guides/x.md": "---\ntitle: X\nslug: " + q + "\n---\nBody.\n", "content/guides/y.md": "---\ntitle: Y\nid: " + q + "\ntags: [" + q + "]\n---\nBody. [[" + strings.NewReplacer("\n", "", "\\n", "").Replace(s) + "]]\n",
			"content/guides/z.md": "---\ntitle: Z\naliases: [" + q + "]\n---\n[a](<" + s + ">) ![b](<" + s + ">) ![[" + s + "]]\n"}})
	}
	for i, s := range []string{"a b.md", "a%2e%2e.md", "con.md", "NUL.md", "a:b.md", "a*b.md", "a<script>.md", "a\"b.md", "a'b.md", "a\\b.md", "..\\x.md", "...md", ". .md", " .md", "-.md", "--help.md", "a\nb.md", "a\x01b.md", "a\x7fb.md", "a\xffb.md", "a\u202ebm.md", "e\u0301.md", "ﬁ.md", rep("n", 240) + ".md", rep("ä", 120) + ".md", "x.MD", "x.md.md", "x.markdown", "index.MD", "README.markdown", "a|b.md", "a#b.md", "a?b.md", "a&b.md", "a;b.md", "`id`.md", "$(id).md", "{{.}}.md", "a\u2028b.md", "com1.txt.md", "x..md", "x .md", "assets/style.css.md", "search/x.md", "tags/x.md", "reports/index.md", "404.md", "feed.xml.md", "book.json.md"} {
		add(input{name: fmt.Sprintf("file name %d: %.20q", i, s), files: map[string]string{"content/" + s: "---\ntitle: A\ntags: [t]\n---\nBody.\n", "content/guides/l.md": "[a](<../" + strings.NewReplacer("\n", "", ">", "", "<", "").Replace(s) + ">)\n"}})
	}
	for i, s := range []string{"a.html", "a.HTM", "a.js", "a.svg", "a.svgz", "a.css", "a.xml", "a.php", "a.wasm", "a.swf", "a.pdf", "a.exe", "a.png.html", "a.html.png", "a", "a.", ".htaccess", ".env", "a~", "#a#", "_a.txt", "CON", "con.txt", "a\nb.txt", "a\xffb.txt", "a:b.txt", "a<b>.txt", rep("f", 250) + ".txt", "a.xhtml", "a.mht", "index.html", "guides/one/index.html", "assets/x.txt", ".playbook-manifest", "a.ics", "a.json", "feed.xml", "robots.txt", "a.webmanifest", "a.htc", "a.svg ", "a.SVG", "calendar.ics", "guides/calendar.ics", "preview.png", "guides/one", "guides/ONE", "assets", "search", "book.json/x.txt", "GUIDES/one.txt"} {
		add(input{name: fmt.Sprintf("file beside %d: %.20q", i, s), files: map[string]string{"content/" + s: "<svg xmlns='http://www.w3.org/2000/svg' onload='a()'><script>zqx</script></svg>", "content/guides/l.md": "[a](<../" + strings.NewReplacer("\n", "", ">", "", "<", "").Replace(s) + ">)\n"}})
	}
	svg := func(i int, inner string) {
		add(input{name: fmt.Sprintf("picture %d: %.30s", i, inner), files: map[string]string{"content/guides/a.svg": `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">` + inner + `</svg>`, "content/guides/x.md": "![a](a.svg)\n"}})
	}
	for i, s := range []string{"<script>a</script>", "<SCRIPT>a</SCRIPT>", "<x:script xmlns:x='http://www.w3.org/2000/svg'>a</x:script>", "<a xlink:href='javascript:a'><text>x</text></a>", "<a href='java&#115;cript:a'><text>x</text></a>", "<a href='&#106;avascript:a'><text>x</text></a>", "<a href='java\nscript:a'><text>x</text></a>", "<g onclick='a()'/>", "<g\nonload\n=\n'a()'/>", "<g onclick&#61;'a()'/>", "<animate attributeName='href' values='javascript:a'/>", "<set attributeName='onload' to='a'/>", "<foreignObject><body xmlns='http://www.w3.org/1999/xhtml' onload='a'/></foreignObject>", "<use href='data:image/svg+xml;base64,x'/>", "<image href='data:image/svg+xml,%3Csvg onload=a%3E'/>", "<style>@import url(//e.example/)</style>", "<h:iframe xmlns:h='http://www.w3.org/1999/xhtml' src='//e'/>", "<h:embed xmlns:h='http://www.w3.org/1999/xhtml' src='//e'/>", "<h:img xmlns:h='http://www.w3.org/1999/xhtml' src='x' onerror='a'/>", "<handler>a</handler>", "<script/>", "<animateTransform onbegin='a'/>"} {
		svg(i, s)
	}
	add(input{name: "picture: entities", files: map[string]string{"content/guides/a.svg": `<!DOCTYPE svg [<!ENTITY s "&#60;script>a()&#60;/script>"><!ENTITY a "onload"><!ENTITY j "javascript:a">]><svg xmlns="http://www.w3.org/2000/svg">&s;<a href="&j;"/></svg>`}})
	add(input{name: "picture: a style sheet of its own", files: map[string]string{"content/guides/a.svg": `<?xml-stylesheet href="data:text/xsl,x" type="text/xsl"?><svg xmlns="http://www.w3.org/2000/svg"/>`}})
	add(input{name: "picture: UTF-16", files: map[string]string{"content/guides/a.svg": utf16(`<svg xmlns="http://www.w3.org/2000/svg" onload="a()"><script>a()</script></svg>`)}})
	add(input{name: "picture: UTF-7", files: map[string]string{"content/guides/a.svg": `<?xml version="1.0" encoding="UTF-7"?>+ADw-svg xmlns+AD0AIg-http://www.w3.org/2000/svg+ACI- onload+AD0AIg-a()+ACIAPgA8-/svg+AD4-`}})
	add(input{name: "picture: script behind 2 MiB", files: map[string]string{"content/guides/a.svg": `<svg xmlns="http://www.w3.org/2000/svg"><!--` + rep("x", 2<<20) + `--><script>a</script></svg>`}})

	// Two that would be one.
	two := func(name string, want []int, a, b string) {
		add(input{name: "the same: " + name, files: map[string]string{a: "# A\n", b: "# B\n"}, want: want})
	}
	two("but for case", content, "content/guides/Same.md", "content/guides/same.md")
	two("but for the Unicode form", nil, "content/guides/caf\u00e9.md", "content/guides/cafe\u0301.md")
	two("but for the ending", content, "content/guides/same.md", "content/guides/same.markdown")
	two("page and folder", nil, "content/guides/same.md", "content/guides/same/index.md")
	two("folders but for case", nil, "content/Guides/a.md", "content/guides/b.md")
	two("but for blanks", content, "content/guides/a b.md", "content/guides/a-b.md")
	two("but for dashes", content, "content/guides/a--b.md", "content/guides/a-b.md")
	two("index twice", nil, "content/guides/index.md", "content/guides/_index.md")
	two("a page and a file", nil, "content/guides/same.md", "content/guides/same/index.html")
	two("dotless i", nil, "content/guides/\u0131.md", "content/guides/i.md")
	two("kelvin", nil, "content/guides/\u212a.md", "content/guides/k.md")
	two("sharp s", nil, "content/guides/\u00df.md", "content/guides/ss.md")
	two("ligature", nil, "content/guides/\ufb01.md", "content/guides/fi.md")

	// Configuration.
	conf := func(name, text string, want []int) {
		add(input{name: "configuration: " + name, files: map[string]string{"playbook.toml": text}, want: want})
	}
	conf("nothing", "", done)
	conf("no TOML", "<html>", usage)
	conf("NUL", "title = \"a\x00b\"", usage)
	conf("bytes that are no text", "title = \"\xff\"", usage)
	conf("a key twice", "title = \"a\"\ntitle = \"b\"", usage)
	conf("an unknown key", "titel = \"a\"", usage)
	conf("a wrong type", "title = 3", usage)
	conf("brackets", "ignore = "+rep("[", 20000), usage)
	conf("deep keys", rep("a.", 20000)+"b=1", usage)
	conf("content outside", "content = \"../outside\"", usage)
	conf("content at the root", "content = \"/\"", usage)
	conf("content with NUL", "content = \"a\\u0000b\"", usage)
	conf("content that is the site", "content = \".\"", nil2(0, 1, 2, 3))
	conf("content that is public", "content = \"public\"", nil2(0, 1, 2, 3))
	conf("layouts outside", "layouts = \"../outside\"", usage)
	conf("layouts at the root", "layouts = \"/\"", usage)
	conf("an accent of styles", "accent = \"red;}body{background:url(//e.example)}\"", usage)
	conf("an accent of markup", "accent = \"</style><script>a</script>\"", usage)
	conf("an address of script", "base_url = \"javascript:a\"", usage)
	conf("an address of data", "base_url = \"data:text/html,x\"", usage)
	conf("an address with a user", "base_url = \"https://u:p@e.example/\"", usage)
	conf("an edit address of script", "edit_url = \"javascript:a//{path}\"", usage)
	conf("a page address of script", "new_url = \"javascript:{text}\"", usage)
	conf("a title of markup", "title = \"</title><script>zq()</script>\"\nfooter = \"<script>zq()</script>\"\ndescription = '\"><script>zq()</script>'", done)
	conf("a language of markup", "language = '\"><script>'", usage)
	conf("a logo outside", "logo = \"../../outside/secret.txt\"", nil2(0, 1, 2))
	conf("sections of dots", "sections.order = [\"../..\", \"/\", \"\\\\\"]", nil2(0, 1, 2))
	conf("labels of markup", "sections.labels.guides = \"<script>zq()</script>\"", done)
	conf("blocks with paths", "home.blocks = [\"../../x\"]", nil2(1, 2))
	conf("a pattern without end", "ignore = [\""+rep("*a", 2000)+"\"]", nil2(0, 1, 2))
	conf("a pattern of all", "ignore = [\"*\"]", nil2(0, 1, 2))
	conf("limits of nothing", "limits.page = 0\nlimits.depth = 0\nlimits.keys = 0", nil2(0, 1, 2))
	conf("limits below nothing", "limits.page = -1", usage)
	conf("limits beyond", "limits.page = 9223372036854775807\nlimits.nesting = 9223372036854775807", nil2(0, 1, 2))
	conf("lists of nothing", "lists.per_page = 0", nil2(0, 2))
	conf("lists below nothing", "lists.per_page = -3", usage)
	conf("a secret", "[targets.a]\nssh = \"a@b\"\ndirectory = \"/x\"\npassword = \"p\"", usage)
	conf("a target with a command", "[targets.a]\nssh = \"-oProxyCommand=id\"\ndirectory = \"/x\"", nil2(0, 2))
	conf("kinds with paths", "[kinds]\n\"../../x\" = \"../y\"", usage)
	conf("languages of markup", "[languages]\nfr = '<script>'", nil2(0, 2))
	conf("checks of markup", "[checks]\n'<script>' = \"off\"", nil2(0, 2))
	conf("known words of markup", "glossary.known = [\"<script>\", \"\"]", nil2(0, 2))
	conf("an audience of markup", "audience = [\"<script>\"]", done)

	// Kinds.
	kind := func(name, text string, want []int) {
		add(input{name: "kind: " + name, own: strings.Contains(name, "expression"), files: map[string]string{"layouts/kinds/evil/kind.yaml": text, "content/evil/a.md": "---\ntitle: A\n---\nBody.\n"}, want: want})
	}
	const head = "name: Evil\nsection: evil\n"
	kind("empty", "", nil)
	kind("a list", "- a", content)
	kind("brackets", rep("[", 60000), content)
	kind("aliases", "a: &a [x]\nb: *a", content)
	kind("NUL", "name: \"\x00\"", content)
	kind("a section outside", "name: Evil\nsection: ../../x", nil)
	kind("an icon outside", head+"icon: ../../../etc/passwd\n", content)
	kind("names of markup", "name: <script>zq()</script>\nplural: '\"><script>'\nsection: evil\ndescription: '<script>'\n", nil)
	kind("a schema that refers to a file", head+"schema: {$ref: 'file:///etc/passwd'}\n", content)
	kind("a schema that refers to the net", head+"schema: {$ref: 'https://e.example/x'}\n", content)
	kind("a schema of itself", head+"schema: {$ref: '#'}\n", nil)
	kind("a pattern that costs", head+"schema: {type: object, properties: {title: {type: string, pattern: '^(a+)+$'}}}\n", nil)
	kind("a pattern that is none", head+"schema: {type: object, properties: {title: {type: string, pattern: '['}}}\n", content)
	kind("an expression without end", head+"derived: {x: '"+rep("(", 5000)+"'}\n", content)
	kind("an expression that costs", head+"derived: {x: 'len(filter(1..1000000, # in 1..1000000))'}\n", nil)
	kind("an expression that is large", head+"derived: {x: '1..1000000000'}\n", nil)
	kind("an expression that grows", head+"derived: {x: 'map(1..10000, map(1..10000, \"xxxxxxxxxxxxxxxxxxxx\"))'}\n", nil)
	kind("an expression of texts", head+"derived: {x: 'repeat(\"x\", 1000000000)'}\n", nil)
	kind("values of each other", head+"derived: {x: 'y', y: 'x'}\n", nil)
	kind("a division by nothing", head+"derived: {x: '1 / 0', y: '1 % 0', z: '[1][5]'}\n", nil)
	kind("a check that fails", head+"checks: [{id: evil-x, when: 'title[9999] == \"a\"', message: '{{title.x.y}}'}]\n", nil)
	kind("a check of markup", head+"checks: [{id: evil-x, when: 'true', message: '<script>zq()</script>', level: warning}]\n", nil)
	kind("a rule's id with a path", head+"checks: [{id: '../../x', when: 'true', message: 'a'}]\n", nil)
	kind("calendars of nothing", head+"calendar: [{date: title, title: \"a\\r\\nATTACH:x\"}]\n", nil)
	kind("labels of markup", head+"labels: {title: '<script>'}\nfacets: ['<script>']\n", nil)
	add(input{name: "kind: a folder with a name of markup", files: map[string]string{"layouts/kinds/<b>/kind.yaml": head}})
	add(input{name: "kind: a layout that never ends", files: map[string]string{"layouts/kinds/evil/kind.yaml": head, "layouts/kinds/evil/page.html": `{{template "kinds/evil/page.html" .}}`, "content/evil/a.md": "# A\n"}, own: true})
	add(input{name: "kind: a layout that is none", files: map[string]string{"layouts/kinds/evil/kind.yaml": head, "layouts/kinds/evil/page.html": `{{range}`, "content/evil/a.md": "# A\n"}, want: content})

	// What is no file.
	special := func(name string, want []int, prepare func(t *testing.T, b box)) {
		add(input{name: "special: " + name, want: want, prepare: prepare})
	}
	link := func(to, at string) func(t *testing.T, b box) {
		return func(t *testing.T, b box) {
			must(t, os.MkdirAll(filepath.Dir(filepath.Join(b.site(), at)), 0o755))
			must(t, os.Symlink(strings.ReplaceAll(to, "BOX", b.dir), filepath.Join(b.site(), at)))
		}
	}
	if runtime.GOOS != "windows" {
		special("a link to a page outside", nil, link("../../../outside/secret.md", "content/guides/s.md"))
		special("a link to a page outside, absolute", nil, link("BOX/outside/secret.md", "content/guides/s.md"))
		special("a link to a file outside", nil, link("../../../outside/deep/secret.png", "content/guides/s.png"))
		special("a link to a folder outside", nil, link("../../outside", "content/out"))
		special("a link through a link", nil, func(t *testing.T, b box) {
			link("../../outside", "content/a")(t, b)
			link("a/secret.md", "content/b.md")(t, b)
		})
		special("a link to itself", nil, link("loop.md", "content/guides/loop.md"))
		special("a link to its folder", nil, link(".", "content/guides/loop"))
		special("a link to the folder above", nil, link("..", "content/guides/up"))
		special("a link to nothing", nil, link("nowhere.md", "content/guides/n.md"))
		special("a link inside the site", nil, link("../../playbook.toml", "content/guides/c.txt"))
		special("a link to /etc/passwd", nil, link("/etc/passwd", "content/guides/passwd.txt"))
		special("a link to a device", nil, link("/dev/zero", "content/guides/zero.md"))
		special("a link to a process", nil, link("/proc/self/environ", "content/guides/env.md"))
		special("a layout that is a link outside", nil, link("../../outside/secret.md", "layouts/page.html"))
		special("an asset that is a link outside", nil, link("../../../outside/secret.txt", "layouts/assets/site.js"))
		special("a kind that is a link outside", nil, link("../../../outside", "layouts/kinds/evil"))
		special("layouts that are a link outside", nil2(0, 1, 2, 3), link("../outside", "layouts"))
		special("content that is a link outside", nil2(0, 1, 2, 3), func(t *testing.T, b box) {
			must(t, os.RemoveAll(filepath.Join(b.site(), "content")))
			link("../outside", "content")(t, b)
		})
		special("a configuration that is a link outside", nil2(0, 1, 2), func(t *testing.T, b box) {
			must(t, os.Remove(filepath.Join(b.site(), "playbook.toml")))
			link("../outside/secret.txt", "playbook.toml")(t, b)
		})
		special("a cache that is a link outside", nil2(0, 1, 2, 3), link("../outside/deep", ".playbook"))
		special("the cache's folder a link outside", nil2(0, 1, 2, 3), link("../../outside/deep", ".playbook/cache"))
		special("a folder in public that is a link outside", nil2(0, 2, 3), func(t *testing.T, b box) {
			must(t, os.RemoveAll(filepath.Join(b.public(), "guides")))
			link("../../outside/deep", "public/guides")(t, b)
		})
		special("a page in public that is a link outside", nil2(0, 2, 3), func(t *testing.T, b box) {
			must(t, os.Remove(filepath.Join(b.public(), "index.html")))
			link("../../outside/secret.txt", "public/index.html")(t, b)
		})
		special("the manifest a link outside", nil2(0, 2, 3), func(t *testing.T, b box) {
			must(t, os.Remove(filepath.Join(b.public(), ".playbook-manifest")))
			link("../../outside/secret.txt", "public/.playbook-manifest")(t, b)
		})
		special("the stage a link outside", nil2(0, 2, 3), link("../../outside/deep", "public/.playbook-stage"))
		special("the stage beside a link outside", nil2(0, 2, 3), link("../outside/deep", ".public.playbook-stage"))
		special("a pipe", nil, pipe("content/guides/pipe.md"))
		special("a pipe beside a page", nil, pipe("content/guides/pipe.png"))
		special("a pipe for a layout", nil, pipe("layouts/page.html"))
		special("a pipe for the configuration", nil2(0, 1, 2, 3), func(t *testing.T, b box) {
			must(t, os.Remove(filepath.Join(b.site(), "playbook.toml")))
			pipe("playbook.toml")(t, b)
		})
		special("a pipe for public", nil2(2, 3), func(t *testing.T, b box) {
			must(t, os.RemoveAll(b.public()))
			pipe("public")(t, b)
		})
		special("a pipe in public's place of a page", nil2(0, 2, 3), func(t *testing.T, b box) {
			must(t, os.Remove(filepath.Join(b.public(), "index.html")))
			pipe("public/index.html")(t, b)
		})
		special("a socket", nil, socket("content/guides/s.md"))
		special("a device", nil, device("content/guides/d.md"))
		special("a device beside a page", nil, device("content/guides/d.png"))
	}
	special("a folder named like a page", nil, func(t *testing.T, b box) {
		must(t, os.MkdirAll(filepath.Join(b.site(), "content", "guides", "f.md"), 0o755))
	})
	special("a folder named like a page, with a page", nil, func(t *testing.T, b box) {
		b.write(t, map[string]string{"content/guides/f.md/index.md": "# F\n", "content/guides/f.md/g.md": "# G\n"})
	})
	special("a folder named index.md", nil, func(t *testing.T, b box) { b.write(t, map[string]string{"content/guides/index.md/x.md": "# X\n"}) })
	special("content that is a file", nil2(0, 1, 2, 3), func(t *testing.T, b box) {
		must(t, os.RemoveAll(filepath.Join(b.site(), "content")))
		b.write(t, map[string]string{"content": "x"})
	})
	special("no content", nil2(0, 1, 2), func(t *testing.T, b box) { must(t, os.RemoveAll(filepath.Join(b.site(), "content"))) })
	special("layouts that are a file", nil2(0, 1, 2, 3), func(t *testing.T, b box) { b.write(t, map[string]string{"layouts": "x"}) })
	special("public that is a file", nil2(2, 3), func(t *testing.T, b box) {
		must(t, os.RemoveAll(b.public()))
		b.write(t, map[string]string{"public": "x"})
	})
	special("a foreign file in public's way", nil2(0, 2, 3), func(t *testing.T, b box) {
		b.write(t, map[string]string{"public/guides/new/index.html": "mine", "content/guides/new.md": "# New\n"})
	})
	special("public without a manifest", usage, func(t *testing.T, b box) { must(t, os.Remove(filepath.Join(b.public(), ".playbook-manifest"))) })
	special("a manifest of garbage", nil2(0, 2, 3), func(t *testing.T, b box) {
		must(t, os.WriteFile(filepath.Join(b.public(), ".playbook-manifest"), []byte(rep("\xff\x00", 5000)), 0o644))
	})
	special("a manifest with paths outside", nil2(0, 2, 3), func(t *testing.T, b box) {
		p := filepath.Join(b.public(), ".playbook-manifest")
		text, err := os.ReadFile(p)
		must(t, err)
		must(t, os.WriteFile(p, bytes.ReplaceAll(text, []byte("index.html"), []byte("../../outside/secret.txt")), 0o644))
	})
	special("a cache of garbage", done, func(t *testing.T, b box) {
		if o := here("build", "-s", b.site(), "--as-of", asOf, "-q"); o.code != 0 {
			t.Error(o.err)
		}
		must(t, filepath.WalkDir(filepath.Join(b.site(), ".playbook"), func(p string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				return os.WriteFile(p, []byte(rep("\x00\xff\x7f", 3000)), 0o644)
			}
			return err
		}))
	})
	special("a cache that is a file", nil2(0, 2, 3), func(t *testing.T, b box) { b.write(t, map[string]string{".playbook": "x"}) })

	// Arguments.
	args := func(name string, want []int, a ...string) {
		add(input{name: "arguments: " + name, args: a, want: want})
	}
	args("a date that is none", usage, "--as-of", "2026-02-30")
	args("a date of markup", usage, "--as-of", "<script>")
	args("a date before all", done, "--as-of", "0001-01-01")
	args("a date after all", done, "--as-of", "9999-12-31")
	args("an address of script", usage, "-b", "javascript:a")
	args("a destination in content", usage, "-d", "CONTENT")
	args("a base with markup", nil2(0, 2), "-b", "https://e.example/<script>/")
	args("a configuration outside", nil2(0, 2), "-c", "/etc/passwd")
	args("a configuration that is a device", nil2(0, 2, 3), "-c", "/dev/null")
	return all
}

// nil2 lists statuses.
func nil2(codes ...int) []int { return codes }

func utf16(s string) string {
	var b strings.Builder
	b.WriteString("\xff\xfe")
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(0)
	}
	return b.String()
}

// hugePNG is the head of a picture of 2,000,000,000 pixels a side.
const hugePNG = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x77\x35\x94\x00\x77\x35\x94\x00\x08\x06\x00\x00\x00\x00\x00\x00\x00"

// sparse makes a file of a size without as much on the disk.
func sparse(t *testing.T, name string, size int64) {
	t.Helper()
	f, err := os.Create(name)
	must(t, err)
	must(t, f.Truncate(size))
	must(t, f.Close())
}
