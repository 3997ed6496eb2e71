//go:build race

package serve

// race tells that the race detector watches, under which all is slower.
const race = true
