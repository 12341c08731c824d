package finding

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The catalogue, the documentation and the code name the same findings: each
// code is filed somewhere in the planner and explained in docs/findings.md.
func TestCatalogueDocsAndCodeAgree(t *testing.T) {
	docs, err := os.ReadFile(filepath.Join("..", "..", "docs", "findings.md"))
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join("..", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var code strings.Builder
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		code.Write(b)
	}
	for i, e := range catalogue {
		if i > 0 && catalogue[i-1].Code >= e.Code {
			t.Errorf("%s stands before %s", catalogue[i-1].Code, e.Code)
		}
		if !strings.Contains(code.String(), `"`+e.Code+`"`) {
			t.Errorf("nothing files %s", e.Code)
		}
		if !strings.Contains(string(docs), "`"+e.Code+"`") {
			t.Errorf("docs/findings.md does not name %s", e.Code)
		}
		if e.Meaning == "" || e.Source == "" || e.Severity != Note && e.Fix == "" {
			t.Errorf("%s: what it means, what to do or the source is missing", e.Code)
		}
	}
	for _, m := range regexp.MustCompile("`([a-z0-9]+(?:-[a-z0-9]+)+)`").FindAllStringSubmatch(string(docs), -1) {
		if _, ok := Lookup(m[1]); !ok && m[1] != "nat-gateway-gb" {
			t.Errorf("docs/findings.md names %s, which is no finding", m[1])
		}
	}
}
