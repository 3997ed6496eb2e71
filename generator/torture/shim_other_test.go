//go:build !unix

package torture

func processors() float64 { return 0 }
