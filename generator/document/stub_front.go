package document

import "playbook/generator/diag"

// Limits is a stand-in until front.go is there.
type Limits struct {
	Page, Front, Keys, Depth, TableColumns, Nesting, Line int
}

type frontResult struct {
	Front    *Map
	Body     []byte
	BodyLine int
	Diags    []diag.Diagnostic
}

func parseFront(name string, src []byte, lim Limits) frontResult {
	return frontResult{Front: &Map{}, Body: src, BodyLine: 1}
}
