package publish

import (
	"cmp"
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
)

const (
	defaultFileMode = 0o644
	defaultDirMode  = 0o755
)

// openDirectory opens a folder of this machine.
func openDirectory(t Target, env Env) (Host, error) {
	name := env.file(t.Directory)
	f, err := openLocal(name, fs.FileMode(cmp.Or(t.FileMode, defaultFileMode)), fs.FileMode(cmp.Or(t.DirMode, defaultDirMode)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, refuse("make it, empty, or mount it", "[targets.%s]: there is no folder %s", t.Name, t.Directory)
	}
	if err != nil {
		return nil, &Failure{Msg: "the folder " + t.Directory + " cannot be opened: " + err.Error(), Hint: "see who may read and write there", Err: err}
	}
	return &folderHost{f: f, t: t, env: env, where: t.Directory}, nil
}

// file is a path of the configuration as the system knows it: from the site's
// folder, or from home.
func (e Env) file(name string) string {
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		home, _ := e.LookupEnv("HOME")
		return filepath.Join(home, rest)
	}
	if name == "" || filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(e.Dir, name)
}
