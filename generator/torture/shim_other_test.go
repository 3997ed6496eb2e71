//go:build !unix

package torture

import "os"

func peakOf(*os.ProcessState) int64 { return 0 }

func processors() float64 { return 0 }
