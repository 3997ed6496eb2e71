// Floor is the least program that makes pages of Markdown files: it reads them
// and their front matter, renders the body with goldmark, executes one
// html/template with the list of the section, and writes. It resolves no link,
// checks nothing, remembers nothing. What a generator costs beyond it is the
// price of what it does beyond it.
//
//	floor [-minify] CONTENT DESTINATION
package main

import (
	"bytes"
	"flag"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/tdewolff/minify/v2"
	minhtml "github.com/tdewolff/minify/v2/html"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"go.yaml.in/yaml/v4"
)

const layout = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{.Title}}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
<header><a href="/">Measured playbook</a></header>
<nav aria-label="Section">
<ul>
{{range .Section}}<li><a href="{{.URL}}">{{.Title}}</a></li>
{{end}}</ul>
</nav>
<main>
<h1>{{.Title}}</h1>
<dl>{{with .Front.owner}}<dt>Owner</dt><dd>{{.}}</dd>{{end}}{{with .Front.status}}<dt>Status</dt><dd>{{.}}</dd>{{end}}</dl>
<article>
{{.Body}}
</article>
</main>
<footer><p>Measured playbook</p></footer>
</body>
</html>
`

type page struct {
	path, dir  string
	URL, Title string
	Front      map[string]any
	Section    []*page
	Body       template.HTML
	source     []byte
}

func main() {
	small := flag.Bool("minify", false, "minify each page")
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	n, err := run(flag.Arg(0), flag.Arg(1), *small)
	if err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(3)
	}
	fmt.Println(n, "pages")
}

func run(content, dest string, small bool) (int, error) {
	var pages []*page
	err := filepath.WalkDir(content, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(name, ".md") {
			rel, _ := filepath.Rel(content, name)
			rel = strings.TrimSuffix(filepath.ToSlash(rel), ".md")
			rel = strings.TrimSuffix(rel, "_index")
			p := &page{path: name, URL: "/" + strings.Trim(rel, "/") + "/"}
			if p.URL == "//" {
				p.URL = "/"
			}
			p.dir = filepath.Dir(name)
			pages = append(pages, p)
		}
		return err
	})
	if err != nil {
		return 0, err
	}

	err = each(pages, func(p *page) error {
		b, err := os.ReadFile(p.path)
		if err != nil {
			return err
		}
		p.source = b
		if rest, ok := bytes.CutPrefix(b, []byte("---\n")); ok {
			if front, body, ok := bytes.Cut(rest, []byte("\n---\n")); ok {
				p.source = body
				if err := yaml.Unmarshal(front, &p.Front); err != nil {
					return fmt.Errorf("%s: %w", p.path, err)
				}
			}
		}
		p.Title, _ = p.Front["title"].(string)
		return nil
	})
	if err != nil {
		return 0, err
	}
	sections := map[string][]*page{}
	for _, p := range pages {
		sections[p.dir] = append(sections[p.dir], p)
	}

	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithParserOptions(parser.WithAutoHeadingID()))
	tmpl := template.Must(template.New("page").Parse(layout))
	m := minify.New()
	m.Add("text/html", &minhtml.Minifier{KeepDocumentTags: true, KeepEndTags: true, KeepQuotes: true})
	err = each(pages, func(p *page) error {
		var body, out bytes.Buffer
		if err := md.Convert(p.source, &body); err != nil {
			return err
		}
		q := *p
		q.Body = template.HTML(body.String())
		q.Section = sections[p.dir]
		if err := tmpl.Execute(&out, &q); err != nil {
			return err
		}
		result := out.Bytes()
		if small {
			var err error
			if result, err = m.Bytes("text/html", result); err != nil {
				return err
			}
		}
		dir := filepath.Join(dest, filepath.FromSlash(p.URL))
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, "index.html"), result, 0o644)
	})
	return len(pages), err
}

// each runs do for all pages on all processors.
func each(pages []*page, do func(*page) error) error {
	var next atomic.Int64
	var wg sync.WaitGroup
	errs := make([]error, runtime.GOMAXPROCS(0))
	for w := range errs {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(pages) || errs[w] != nil {
					return
				}
				errs[w] = do(pages[i])
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
