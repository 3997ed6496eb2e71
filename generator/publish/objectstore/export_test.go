package objectstore

import "testing"

// Store starts an object store with an empty bucket, for tests from outside. keysOf
// gives the keys of all objects with what tells their contents apart.
func Store(t *testing.T) (endpoint, bucket, credentials, secret string, keysOf func() map[string]string) {
	g := store(t)
	bucket = g.make(t, "")
	return "http://" + g.addr, bucket, keys(t, testKey, testSecret), testSecret, func() map[string]string { return g.keys(t, bucket) }
}
