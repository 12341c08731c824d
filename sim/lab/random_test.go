//go:build linux

package lab

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// seedVariable replays a random comparison, by the seed that a failure printed,
// or looks at other walks than the usual ones, with "new". Without it every run
// makes the same walks, so that what fails is what somebody changed.
const seedVariable = "EGRESSPLAN_LAB_SEED"

// countVariable is how many random comparisons to make instead of randomWalks.
const countVariable = "EGRESSPLAN_LAB_WALKS"

const (
	randomWalks = 400
	firstSeed   = 1
)

// TestRandom lets the kernel judge the walker on networks that nobody thought
// of.
func TestRandom(t *testing.T) {
	needLab(t)
	base, count := uint64(firstSeed), randomWalks
	if s := os.Getenv(countVariable); s != "" {
		count, _ = strconv.Atoi(s)
	}
	switch s := os.Getenv(seedVariable); s {
	case "":
	case "new":
		base = rand.Uint64() >> 16
	default:
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
		base, count = seed, 1
	}
	fmt.Printf("lab: random walks from seed %d\n", base)
	began := time.Now()
	seeds := make(chan uint64)
	var workers sync.WaitGroup
	for range min(atOnce, count) {
		workers.Go(func() {
			for seed := range seeds {
				judgeRandom(t, seed)
			}
		})
	}
	for i := range count {
		seeds <- base + uint64(i)
	}
	close(seeds)
	workers.Wait()
	t.Logf("%d walks in %v", count, time.Since(began))
}

// atOnce is how many labs stand side by side: most of the time is waiting for
// packets that were lost.
const atOnce = 8

func judgeRandom(t *testing.T, seed uint64) {
	n, w := newMaker(seed).walk()
	c, explanation, err := compare(n, w)
	if err != nil {
		t.Errorf("seed %d: %v", seed, err)
		return
	}
	if len(c.wrong) > 0 && explanation == "" {
		t.Errorf("replay with %s=%d", seedVariable, seed)
		c.report(t)
	}
}
