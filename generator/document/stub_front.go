package document

import (
	"bytes"
	"strconv"
	"strings"

	"playbook/generator/diag"

	"go.yaml.in/yaml/v4"
)

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
	r := frontResult{Front: &Map{}, Body: src, BodyLine: 1}
	if !bytes.HasPrefix(src, []byte("---\n")) {
		return r
	}
	i := bytes.Index(src[4:], []byte("\n---\n"))
	if i < 0 {
		return r
	}
	var n yaml.Node
	if err := yaml.Unmarshal(src[4:4+i+1], &n); err != nil {
		r.Diags = append(r.Diags, diag.Diagnostic{Rule: "front-syntax", Level: diag.Error, At: diag.Pos{File: name, Line: 1, Col: 1}, Msg: err.Error()})
		return r
	}
	r.Body = src[4+i+5:]
	r.BodyLine = bytes.Count(src[:4+i+5], []byte("\n")) + 1
	if len(n.Content) > 0 && n.Content[0].Kind == yaml.MappingNode {
		r.Front = stubMap(n.Content[0])
	}
	return r
}

func stubMap(n *yaml.Node) *Map {
	m := &Map{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		m.Fields = append(m.Fields, Field{Key: k.Value, Line: k.Line + 1, Col: k.Column, Value: stubValue(n.Content[i+1])})
	}
	return m
}

func stubValue(n *yaml.Node) Value {
	v := Value{Line: n.Line + 1, Col: n.Column}
	switch n.Kind {
	case yaml.MappingNode:
		v.Kind, v.Map = Dict, stubMap(n)
	case yaml.SequenceNode:
		v.Kind = List
		for _, c := range n.Content {
			v.List = append(v.List, stubValue(c))
		}
	case yaml.ScalarNode:
		v.Kind, v.Str = String, n.Value
		v.EndCol = n.Column + len([]rune(n.Value))
		switch n.Tag {
		case "!!int":
			if x, err := strconv.ParseInt(strings.ReplaceAll(n.Value, "_", ""), 10, 64); err == nil {
				v.Kind, v.Int = Int, x
			}
		case "!!float":
			v.Kind = Float
			v.Float, _ = strconv.ParseFloat(n.Value, 64)
		case "!!bool":
			v.Kind, v.Bool = Bool, n.Value == "true"
		case "!!null":
			v.Kind = Null
		}
	}
	return v
}
