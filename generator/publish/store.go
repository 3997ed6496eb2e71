package publish

import "context"

// openStore connects to a bucket.
func openStore(_ context.Context, t Target, _ Env) (Host, error) {
	return nil, refuse(`publish to a folder with "directory"`, "[targets.%s]: this program cannot publish to a bucket", t.Name)
}
