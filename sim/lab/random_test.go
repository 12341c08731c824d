//go:build linux

package lab

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// seedVariable replays a random comparison: the seed that a failure printed.
const seedVariable = "EGRESSPLAN_LAB_SEED"

// countVariable is how many random comparisons to make instead of randomWalks.
const countVariable = "EGRESSPLAN_LAB_WALKS"

const randomWalks = 400

// TestRandom lets the kernel judge the walker on networks that nobody thought
// of.
func TestRandom(t *testing.T) {
	needLab(t)
	base, count := rand.Uint64()>>16, randomWalks
	if s := os.Getenv(countVariable); s != "" {
		count, _ = strconv.Atoi(s)
	}
	if s := os.Getenv(seedVariable); s != "" {
		seed, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
		base, count = seed, 1
	}
	fmt.Printf("lab: random walks from seed %d\n", base)
	began := time.Now()
	t.Run("walks", func(t *testing.T) {
		for i := range count {
			seed := base + uint64(i)
			t.Run(strconv.FormatUint(seed, 10), func(t *testing.T) {
				t.Parallel()
				n, w := newMaker(seed).walk()
				c, explanation, err := compare(n, w)
				if err != nil {
					t.Fatalf("seed %d: %v", seed, err)
				}
				if len(c.wrong) > 0 && explanation == "" {
					t.Errorf("replay with %s=%d", seedVariable, seed)
					c.report(t)
				}
			})
		}
	})
	t.Logf("%d walks in %v", count, time.Since(began))
}
