// Command egressplan compares four ways out of an EKS cluster to on-premises
// networks: it plans the addresses, follows the packets, adds up the bill and
// recommends one. It reads files and writes text; it talks to no network.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	// A reader that has seen enough (head, a pager) is no failure: the write
	// error is handled in run, where the answer's exit code survives it.
	// An interrupt keeps its default and ends the process at once: results are
	// written last, so there is nothing to clean up. Only a file that is being put
	// in place is finished first: see uninterrupted.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
