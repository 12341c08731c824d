package inventory

import (
	"os"
	"path/filepath"
	"testing"
)

// The plans that ship with egressplan are correct input.
func TestShippedPlansLoad(t *testing.T) {
	dirs, err := filepath.Glob("../../fixtures/plans/*")
	if err != nil || len(dirs) == 0 {
		t.Fatalf("no plans: %v", err)
	}
	for _, dir := range dirs {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		t.Run(filepath.Base(dir), func(t *testing.T) {
			sources, err := ReadPaths([]string{dir}, nil)
			if err != nil {
				t.Fatal(err)
			}
			plan, problems := Load(sources)
			for _, p := range problems {
				t.Errorf("%s: %s [%s] %s", p.At, p.Message, p.Code, p.Fix)
			}
			if plan != nil && (len(plan.Apps) == 0 || len(plan.Destinations) == 0 || len(plan.PriceBook.Prices) < 2000) {
				t.Errorf("%d apps, %d destinations, %d prices", len(plan.Apps), len(plan.Destinations), len(plan.PriceBook.Prices))
			}
		})
	}
}
