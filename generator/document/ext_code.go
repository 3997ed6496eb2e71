package document

import (
	"bytes"
	"strconv"
	"strings"
	"sync"

	"github.com/alecthomas/chroma/v2"
	"github.com/alecthomas/chroma/v2/lexers"
	"github.com/yuin/goldmark/ast"

	"playbook/generator/source"
)

// Code blocks. Highlighting costs three times as much as all the rest of a page,
// so it is done once for a text and kept; only languages named and known are
// highlighted, and the bounds below keep its backtracking expressions from being
// fed megabytes. Diagrams and formulas are code like any other.
const (
	maxHighlight     = 64 << 10  // bytes of one block
	maxHighlightPage = 256 << 10 // bytes of all blocks of a page
	maxCodeCache     = 32 << 20  // bytes of HTML kept
)

// languageChars are what the name of a language is made of.
const languageChars = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+#._-"

// codeCache keeps highlighted code by language and text, and which lexer a
// name stands for: looking for an unknown one tries every file pattern there is.
type codeCache struct {
	mu     sync.Mutex
	html   map[source.Digest][]byte
	size   int
	lexers map[string]chroma.Lexer
}

func newCodeCache() *codeCache {
	return &codeCache{html: map[source.Digest][]byte{}, lexers: map[string]chroma.Lexer{}}
}

// lexer returns the lexer of a language, nil if there is none to be used.
func (c *codeCache) lexer(name string) chroma.Lexer {
	switch name {
	case "", "text", "txt", "plain", "plaintext", "d2", "mermaid", "math", "latex-math":
		return nil
	}
	c.mu.Lock()
	l, ok := c.lexers[name]
	c.mu.Unlock()
	if ok {
		return l
	}
	if l = lexers.Get(name); l != nil {
		l = chroma.Coalesce(l)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.lexers) > 4096 {
		clear(c.lexers)
	}
	c.lexers[name] = l
	return l
}

// highlight returns code as HTML with classes, with the marked lines in spans
// of class "hl". It returns nil where the language is not known or its lexer
// fails.
func (c *codeCache) highlight(lang string, marks []int, code []byte) []byte {
	l := c.lexer(lang)
	if l == nil {
		return nil
	}
	key := make([]byte, 0, len(code)+64)
	key = append(append(key, lang...), 0)
	for _, m := range marks {
		key = append(strconv.AppendInt(key, int64(m), 10), ',')
	}
	digest := source.Sum(append(append(key, 0), code...))
	c.mu.Lock()
	out, ok := c.html[digest]
	c.mu.Unlock()
	if ok {
		return out
	}
	tokens := tokenise(l, string(code))
	if tokens == nil {
		return nil
	}
	out = writeTokens(tokens, marks)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.size += len(out); c.size > maxCodeCache {
		clear(c.html)
		c.size = len(out)
	}
	c.html[digest] = out
	return out
}

// tokenise runs a lexer; one that panics on odd code gives nothing.
func tokenise(l chroma.Lexer, code string) (tokens []chroma.Token) {
	defer func() {
		if recover() != nil {
			tokens = nil
		}
	}()
	it, err := l.Tokenise(&chroma.TokeniseOptions{State: "root", EnsureLF: true}, code)
	if err != nil {
		return nil
	}
	n := 0
	for t := it(); t != chroma.EOF; t = it() {
		if n += len(t.Value); n > len(code)+1 {
			return nil
		}
		tokens = append(tokens, t)
	}
	return tokens
}

func writeTokens(tokens []chroma.Token, marks []int) []byte {
	var out []byte
	if len(marks) == 0 {
		for _, t := range tokens {
			out = appendToken(out, t)
		}
		return out
	}
	for i, line := range chroma.SplitTokensIntoLines(tokens) {
		hl := isMarked(marks, i+1)
		if hl {
			out = append(out, `<span class="hl">`...)
		}
		for _, t := range line {
			out = appendToken(out, t)
		}
		if hl {
			out = append(out, "</span>"...)
		}
	}
	return out
}

func appendToken(out []byte, t chroma.Token) []byte {
	class := tokenClass(t.Type)
	if class == "" || strings.TrimSpace(t.Value) == "" {
		return appendEscaped(out, t.Value, false)
	}
	out = append(append(append(out, `<span class="`...), class...), `">`...)
	out = appendEscaped(out, t.Value, false)
	return append(out, "</span>"...)
}

// tokenClass returns the short class of a token type, that of the nearest
// ancestor with one.
func tokenClass(t chroma.TokenType) string {
	for t != 0 {
		if class, ok := chroma.StandardTypes[t]; ok {
			return class
		}
		t = t.Parent()
	}
	return ""
}

// isMarked tells whether a line is in the flat list of from-to pairs.
func isMarked(marks []int, line int) bool {
	for i := 0; i+1 < len(marks); i += 2 {
		if marks[i] <= line && line <= marks[i+1] {
			return true
		}
	}
	return false
}

// parseInfo reads what stands behind a fence: go title="main.go" {1,3-4}.
func parseInfo(info string) (lang, title string, marks []int) {
	info = strings.TrimSpace(info)
	end := strings.IndexAny(info, " \t{")
	if end < 0 {
		end = len(info)
	}
	lang, info = info[:end], info[end:]
	if i := strings.Index(info, "title="); i >= 0 {
		rest := info[i+len("title="):]
		if rest != "" && (rest[0] == '"' || rest[0] == '\'') {
			if stop := strings.IndexByte(rest[1:], rest[0]); stop >= 0 {
				title = rest[1 : stop+1]
				info = info[:i] + rest[stop+2:]
			}
		} else if stop := strings.IndexAny(rest+" ", " \t{"); stop > 0 {
			title = rest[:stop]
			info = info[:i] + rest[stop:]
		}
	}
	open := strings.IndexByte(info, '{')
	if open < 0 {
		return lang, title, nil
	}
	inside, _, ok := strings.Cut(info[open+1:], "}")
	if !ok {
		return lang, title, nil
	}
	for part := range strings.SplitSeq(inside, ",") {
		a, b, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			b = a
		}
		from, err1 := strconv.Atoi(a)
		to, err2 := strconv.Atoi(b)
		if err1 != nil || err2 != nil || from < 1 || to < from || len(marks) >= 200 {
			if lang == "" && strings.HasPrefix(part, ".") && validClass(strings.TrimSpace(part)[1:]) {
				lang = strings.TrimSpace(part)[1:] // {.python}
				continue
			}
			return lang, title, nil
		}
		marks = append(marks, from, to)
	}
	return lang, title, marks
}

// codeText returns the text of a code block.
func (w *writer) codeText(n ast.Node) []byte {
	w.scratch = w.scratch[:0]
	for i := range n.Lines().Len() {
		seg := n.Lines().At(i)
		w.scratch = append(w.scratch, seg.Value(w.src)...)
	}
	return w.scratch
}

func renderCodeBlock(w *writer, n ast.Node, entering bool) ast.WalkStatus {
	if entering {
		w.codeBlock(n, "")
	}
	return ast.WalkContinue
}

func renderFence(w *writer, node ast.Node, entering bool) ast.WalkStatus {
	if entering {
		info := ""
		if n := node.(*ast.FencedCodeBlock); n.Info != nil {
			info = w.unescape(n.Info.Segment.Value(w.src))
		}
		w.codeBlock(node, info)
	}
	return ast.WalkContinue
}

func (w *writer) codeBlock(n ast.Node, info string) {
	lang, title, marks := parseInfo(info)
	if len(lang) > 40 || strings.Trim(lang, languageChars) != "" {
		lang = ""
	}
	code := w.codeText(n)
	if w.c.o.Plain {
		w.put("<pre><code")
		if lang, _, _ = strings.Cut(info, " "); lang != "" {
			w.attr("class", "language-"+lang)
		}
		w.put(">")
		w.buf = appendEscaped(w.buf, code, false)
		w.put("</code></pre>")
		return
	}
	if n.Kind() == ast.KindFencedCodeBlock {
		line, _ := w.place(max(nodeStart(n), 0))
		if n.Lines().Len() > 0 {
			line--
		}
		w.doc.Facts = append(w.doc.Facts, Fact{Kind: FactCode, Section: w.section(), Text: lang, Line: line})
	}
	if title != "" {
		w.put(`<figure class="code"><figcaption>`)
		w.buf = appendEscaped(w.buf, title, false)
		w.put("</figcaption>")
	}
	// A wide block scrolls, so the keyboard must be able to reach it.
	w.put(`<pre class="chroma" tabindex="0"><code`)
	if lang != "" {
		w.attr("data-lang", lang)
	}
	w.put(">")
	var html []byte
	if len(code) <= maxHighlight && w.coded+len(code) <= maxHighlightPage {
		if html = w.c.code.highlight(strings.ToLower(lang), marks, code); html != nil {
			w.coded += len(code)
		}
	}
	switch {
	case html != nil:
		w.buf = append(w.buf, html...)
	case len(marks) == 0:
		w.buf = appendEscaped(w.buf, code, false)
	default:
		i := 0
		for line := range bytes.SplitAfterSeq(code, []byte("\n")) {
			i++
			if isMarked(marks, i) && len(line) > 0 {
				w.put(`<span class="hl">`)
				w.buf = appendEscaped(w.buf, line, false)
				w.put("</span>")
			} else {
				w.buf = appendEscaped(w.buf, line, false)
			}
		}
	}
	w.put("</code></pre>")
	if title != "" {
		w.put("</figure>")
	}
}
