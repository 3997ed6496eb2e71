package render

import (
	"playbook/generator/artifact"
	"playbook/generator/book"
)

// searchFolder is where the search index of a language lies.
func searchFolder(site, lang string) string {
	if lang == site {
		return "search/"
	}
	return "search/" + book.Slug(lang) + "/"
}

// searchPiece makes a piece of the index: a script that hands it to the one that
// asked for it, because scripts are what pages may load from anywhere, a folder on
// a disk too. It says which state it is; the head, which is always the newest,
// says which state is meant.
func searchPiece(r *artifact.Reader, piece book.SearchPiece) []byte {
	text := artifact.Ask[string](r, piece.Question)
	w := r.Buffer()
	if piece.Question.Op == book.OpSearchHead {
		w.WriteString("pbFound(\"head\",\"\",")
	} else {
		w.WriteString("pbFound(\"" + piece.Name + "\",\"" + book.SearchStamp(text) + "\",")
	}
	if piece.Question.Op == book.OpSearchWords {
		w.WriteString("\"" + text + "\"")
	} else {
		w.WriteString(text)
	}
	w.WriteString(")\n")
	return w.Bytes()
}
