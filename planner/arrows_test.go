package planner_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "egressplan"

// arrows says what each package of the module may import of the module.
var arrows = map[string][]string{
	"cmd/egressplan":    {"planner", "planner/allowlist", "planner/finding", "planner/inventory", "planner/manifest", "planner/review", "fixtures", "sim", "sim/lab"},
	"planner/review":    {"planner", "planner/finding", "planner/inventory"},
	"planner/manifest":  {"planner", "planner/finding", "planner/inventory"},
	"planner/allowlist": {"planner", "planner/finding", "planner/inventory"},
	"planner":           {"planner/finding", "planner/inventory", "cidr", "sim", "cost"},
	"planner/inventory": {"planner/finding", "fixtures"},
	"planner/finding":   {},
	"sim/lab":           {"sim"},
	"cidr":              {},
	"sim":               {},
	"cost":              {},
	"fixtures":          {},
}

// owners says which package alone may import a library.
var owners = map[string]string{
	"github.com/seancfoley/ipaddress-go": "cidr",
	"gopkg.in/yaml.v3":                   "planner/inventory",
	"github.com/spf13/cobra":             "cmd/egressplan",
	"github.com/spf13/pflag":             "cmd/egressplan",
	"github.com/olekukonko/tablewriter":  "cmd/egressplan",
	"github.com/rogpeppe/go-internal":    "", // tests only
	"pgregory.net/rapid":                 "", // tests only
	"github.com/google/go-cmp":           "", // tests only
	"github.com/yuin/goldmark":           "", // tests only
	"github.com/santhosh-tekuri":         "", // tests only
	"net/http":                           "", // nothing here talks to a network
	"math/rand":                          "", // same input, same bytes
	"math/rand/v2":                       "",
}

// violations lists every import that the rules above forbid, in no promised
// order.
func violations(imports map[string][]string) []string {
	var found []string
	for pkg, list := range imports {
		allowed, known := arrows[pkg]
		if !known {
			found = append(found, pkg+" is new: say in arrows what it may import")
		}
		for _, imported := range list {
			if own, ok := strings.CutPrefix(imported, module+"/"); ok && !slices.Contains(allowed, own) {
				found = append(found, fmt.Sprintf("%s must not import %s", pkg, own))
			}
			for library, owner := range owners {
				if within(imported, library) && pkg != owner {
					found = append(found, fmt.Sprintf("%s must not import %s", pkg, imported))
				}
			}
		}
	}
	return found
}

// within reports whether an import path is the library or a package of it. A
// major version is a library of its own.
func within(imported, library string) bool {
	return imported == library || strings.HasPrefix(imported, library+"/") && !strings.HasPrefix(imported, library+"/v")
}

func TestImportsGoOneWay(t *testing.T) {
	imports := listImports(t)
	for _, must := range []string{"cmd/egressplan", "planner", "cidr", "sim", "cost"} {
		if _, ok := imports[must]; !ok {
			t.Errorf("package %s was not listed", must)
		}
	}
	for _, v := range violations(imports) {
		t.Error(v)
	}
}

// listImports asks the go tool what the packages of the module import, tests
// left out.
func listImports(t *testing.T) map[string][]string {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("the go tool lists the imports: %v", err)
	}
	imports := map[string][]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return imports
		} else if err != nil {
			t.Fatal(err)
		}
		imports[strings.TrimPrefix(p.ImportPath, module+"/")] = p.Imports
	}
}

// The rules themselves can fail.
func TestForbiddenImportsAreFound(t *testing.T) {
	cases := []struct{ pkg, imported string }{
		{"sim", module + "/cidr"},
		{"cost", module + "/planner"},
		{"cidr", module + "/sim"},
		{"planner/finding", module + "/cidr"},
		{"planner", module + "/cmd/egressplan"},
		{"planner/inventory", module + "/cidr"},
		{"planner", "github.com/seancfoley/ipaddress-go/ipaddr"},
		{"planner", "gopkg.in/yaml.v3"},
		{"planner/review", "github.com/olekukonko/tablewriter/tw"},
		{"sim", "pgregory.net/rapid"},
		{"helpers", "fmt"},
	}
	for _, c := range cases {
		if len(violations(map[string][]string{c.pkg: {c.imported}})) != 1 {
			t.Errorf("%s importing %s was not found", c.pkg, c.imported)
		}
	}
	fine := map[string][]string{"cidr": {"github.com/seancfoley/ipaddress-go/ipaddr"}, "planner": {module + "/sim", "fmt"}}
	if v := violations(fine); len(v) > 0 {
		t.Error(v)
	}
}
