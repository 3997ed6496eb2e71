// Command playbook builds a cross-linked intranet site from a sales and
// marketing team's Markdown. See README.md.
package main

import (
	"embed"
	"io/fs"
	"os"

	"playbook/generator/cli"
)

// "all:" takes names that begin with an underscore too.
//
//go:embed all:layouts
var files embed.FS

func main() {
	layouts, err := fs.Sub(files, "layouts")
	if err != nil {
		panic(err) // the folder is embedded above
	}
	os.Exit(cli.Main(os.Args[1:], cli.System(), layouts))
}
