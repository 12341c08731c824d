//go:build linux

package lab

import (
	"fmt"
	"os"
	"sync"
	"testing"
)

// tally counts what the whole test run compared.
var tally struct {
	sync.Mutex
	compared, delivered, replied int
	explained                    map[string]int
}

func TestMain(m *testing.M) {
	if child := os.Getenv(childVariable); child != "" {
		os.Exit(runChild(child))
	}
	code := m.Run()
	if tally.compared > 0 {
		fmt.Printf("lab: %d walks compared with the kernel, %d of them delivered, %d answered; %d differences, each explained\n",
			tally.compared, tally.delivered, tally.replied, sum(tally.explained))
		for _, d := range differences {
			if n := tally.explained[d.name]; n > 0 {
				fmt.Printf("lab: %4d x %s\n", n, d.name)
			}
		}
	}
	os.Exit(code)
}

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// needLab skips where there can be no lab, except in continuous integration,
// where the comparison with the kernel must not vanish silently.
func needLab(t testing.TB) {
	t.Helper()
	err := available()
	switch {
	case err == nil:
	case os.Getenv("CI") == "true":
		t.Fatalf("CI must have a lab: %v", err)
	default:
		t.Skipf("no lab: %v", err)
	}
}

var available = sync.OnceValue(Available)
