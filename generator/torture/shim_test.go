package torture

// shimVariable is set for this test program when it is to narrow its own rights
// and become the built command.
const shimVariable = "TORTURE_SHIM"

// shimOrder says how.
type shimOrder struct {
	Files  uint64 // open files allowed; 0: as many as the test has
	CPU    uint64 // seconds
	User   int    // to become, from root
	Umask  int    // -1: that of the test
	Listen bool   // calls that change something are asked of the socket at descriptor 3
}
