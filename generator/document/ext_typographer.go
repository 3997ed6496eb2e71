package document

import (
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// typographer writes quotation marks as the language does, dashes for "--" and
// "---", and an ellipsis for "...". The characters are written themselves:
// search and glossary read them.
type typographer struct{ quotes [4]string }

// Extend implements goldmark.Extender. "<<" and ">>" stay: in a playbook they
// are more often arrows than quotation marks.
func (e typographer) Extend(m goldmark.Markdown) {
	extension.NewTypographer(extension.WithTypographicSubstitutions(map[extension.TypographicPunctuation][]byte{
		extension.LeftDoubleQuote:  []byte(e.quotes[0]),
		extension.RightDoubleQuote: []byte(e.quotes[1]),
		extension.LeftSingleQuote:  []byte(e.quotes[2]),
		extension.RightSingleQuote: []byte(e.quotes[3]),
		extension.Apostrophe:       []byte("’"),
		extension.EnDash:           []byte("–"),
		extension.EmDash:           []byte("—"),
		extension.Ellipsis:         []byte("…"),
		extension.LeftAngleQuote:   nil,
		extension.RightAngleQuote:  nil,
	})).Extend(m)
}
