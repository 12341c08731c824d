package planner

import (
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"egressplan/planner/inventory"
)

// scenario is one row of the truth table under testdata/scenarios: a flow in a
// state of a small plan, what must become of it, and the fact that says so. The
// README beside the files explains the format.
type scenario struct {
	file, name string
	plan       string
	fields     map[string][]string
}

// scenarioKeys are the words a scenario may use.
var scenarioKeys = []string{"fact", "pattern", "replace", "flow", "port", "to", "from", "variant", "state", "expect", "seen as", "allow-list",
	"reply", "ways", "reason", "mtu", "until noticed", "lasts", "finding", "no finding", "problem", "note", "hops", "back", "who"}

// TestScenarios walks every scenario.
func TestScenarios(t *testing.T) {
	list := readScenarios(t)
	facts := map[string]bool{}
	for _, s := range list {
		facts[strings.Join(s.fields["fact"], " ")] = true
		t.Run(s.file+"/"+s.name, func(t *testing.T) { s.run(t) })
	}
	t.Logf("%d scenarios, %d facts", len(list), len(facts))
}

// readScenarios reads the files in order; a name is used once.
func readScenarios(t *testing.T) []scenario {
	t.Helper()
	root := filepath.Join("testdata", "scenarios")
	var list []scenario
	seen := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".txtar" {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, _ := filepath.Rel(root, strings.TrimSuffix(path, ".txtar"))
		for _, s := range splitScenarios(t, filepath.ToSlash(file), data) {
			if other, twice := seen[s.name]; twice {
				t.Errorf("%s: %q is the name of a scenario of %s", path, s.name, other)
			}
			seen[s.name] = path
			list = append(list, s)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// splitScenarios takes a file apart: plan.yaml is the plan of those after it.
func splitScenarios(t *testing.T, file string, data []byte) []scenario {
	t.Helper()
	var list []scenario
	plan := ""
	for _, part := range txtar.Parse(data).Files {
		if part.Name == "plan.yaml" {
			plan = string(part.Data)
			continue
		}
		s := scenario{file: file, name: part.Name, plan: plan, fields: map[string][]string{}}
		last := ""
		for _, line := range strings.Split(string(part.Data), "\n") {
			switch key, value, ok := strings.Cut(line, ":"); {
			case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
			case strings.HasPrefix(line, " ") && last != "":
				s.fields[last] = append(s.fields[last], strings.TrimSpace(line))
			case ok && slices.Contains(scenarioKeys, key):
				last = key
				if v := strings.TrimSpace(value); v != "" {
					s.fields[key] = append(s.fields[key], v)
				}
			default:
				t.Errorf("%s: scenario %q: cannot read %q", file, s.name, line)
			}
		}
		list = append(list, s)
	}
	return list
}

// one is the only value of a key, "" if there is none.
func (s *scenario) one(key string) string { return strings.Join(s.fields[key], " ") }

// run walks the scenario and holds every path it is about against it.
func (s *scenario) run(t *testing.T) {
	if s.one("fact") == "" {
		t.Fatal("a scenario without a fact")
	}
	plan := s.load(t)
	if plan == nil {
		return
	}
	if s.fields["finding"] != nil || s.fields["no finding"] != nil {
		s.checkFindings(t, plan)
	}
	if s.one("flow") == "" {
		return
	}
	app, to, _ := strings.Cut(s.one("flow"), " -> ")
	run, err := Simulate(plan, SimulateOptions{Pattern: s.one("pattern"), App: app, To: to, State: s.one("state")})
	if err != nil {
		t.Fatal(err)
	}
	paths := slices.DeleteFunc(run.Paths, func(p Path) bool { return !s.about(p) })
	if want := s.one("note"); want != "" && !strings.Contains(strings.Join(run.Notes, "\n"), want) {
		t.Errorf("notes %q, want %q", run.Notes, want)
	}
	if s.one("expect") == "nothing" {
		if len(paths) > 0 {
			t.Errorf("%d paths, want none", len(paths))
		}
		return
	}
	if len(paths) == 0 {
		t.Fatalf("no path of %s %s; notes %q", s.one("from"), s.one("variant"), run.Notes)
	}
	for _, p := range paths {
		s.check(t, p)
	}
	s.checkSources(t, paths)
}

// load reads the plan with the scenario's replacements; nil where a problem was
// expected and found.
func (s *scenario) load(t *testing.T) *inventory.Plan {
	t.Helper()
	text := s.plan
	for _, r := range s.fields["replace"] {
		old, new, ok := strings.Cut(r, " => ")
		if !ok || !strings.Contains(text, old) {
			t.Fatalf("cannot replace %q", r)
		}
		text = strings.ReplaceAll(text, old, strings.ReplaceAll(new, `\n`, "\n"))
	}
	plan, problems := inventory.Load([]inventory.Source{{Name: "plan.yaml", Data: []byte(text)}})
	want := s.one("problem")
	var codes []string
	for _, p := range problems {
		codes = append(codes, p.Code)
		if want == "" {
			t.Errorf("%s: %s [%s]", p.At, p.Message, p.Code)
		}
	}
	switch {
	case want != "" && !slices.Contains(codes, want):
		t.Fatalf("problems %v, want %s", codes, want)
	case want != "":
		return nil
	case len(problems) > 0:
		t.FailNow()
	}
	return plan
}

// about reports whether the scenario speaks of a path.
func (s *scenario) about(p Path) bool {
	return (s.one("from") == "" || s.one("from") == p.Zone) &&
		(s.one("to") == "" || s.one("to") == p.Destination) &&
		(s.one("variant") == "" || s.one("variant") == p.Variant) &&
		(s.one("port") == "" || s.one("port") == fmt.Sprintf("%s/%d", p.Protocol, p.Port) || s.one("port") == p.Protocol) &&
		(s.one("who") == "" || strings.Contains(p.From, s.one("who")))
}

// check holds one path against everything but its sources.
func (s *scenario) check(t *testing.T, p Path) {
	t.Helper()
	got := map[string]string{"expect": p.Verdict, "reason": p.Reason.Code, "ways": fmt.Sprintf("%d of %d", p.Ways.Good, p.Ways.Of),
		"mtu": fmt.Sprint(p.MTU), "reply": "lost", "allow-list": "refuses", "until noticed": "the same", "lasts": "not said"}
	if p.Replied {
		got["reply"] = "comes back"
	}
	if p.Allowed {
		got["allow-list"] = "admits"
	}
	if o := p.Outage; o != nil {
		got["until noticed"] = fmt.Sprintf("%s, %d of %d ways", o.Verdict, o.Ways.Good, o.Ways.Of)
	}
	if p.Lasts != nil {
		got["lasts"] = "unknown"
		if p.Lasts.Known {
			got["lasts"] = "known"
		}
	}
	bad := false
	for _, key := range sortedKeys(got) {
		if want := s.one(key); want != "" && want != got[key] {
			bad = true
			t.Errorf("from %s (%s): %s: got %q, want %q", p.Zone, p.Variant, key, got[key], want)
		}
	}
	for key, hops := range map[string][]Hop{"hops": p.Forward, "back": p.Return} {
		if err := matchHops(s.fields[key], hops); err != nil {
			bad = true
			t.Errorf("from %s (%s): %s: %v", p.Zone, p.Variant, key, err)
		}
	}
	if bad {
		t.Logf("%s\n%s--\n%s", p.Reason.Text, hopLines(p.Forward), hopLines(p.Return))
	}
}

// checkSources compares what on-premises sees over all paths with what the
// scenario says.
func (s *scenario) checkSources(t *testing.T, paths []Path) {
	t.Helper()
	if s.fields["seen as"] == nil {
		return
	}
	want := strings.FieldsFunc(s.one("seen as"), func(r rune) bool { return r == ' ' || r == ',' })
	if s.one("seen as") == "nothing" {
		want = nil
	}
	for i, w := range want {
		if a, err := netip.ParseAddr(w); err == nil {
			want[i] = single(a).String()
		}
	}
	var got []string
	for _, p := range paths {
		got = append(got, p.Sources...)
	}
	slices.Sort(got)
	slices.Sort(want)
	if got = slices.Compact(got); !slices.Equal(got, want) {
		t.Errorf("seen as %v, want %v", got, want)
	}
}

func (s *scenario) checkFindings(t *testing.T, plan *inventory.Plan) {
	t.Helper()
	c := pick(plan, s.one("pattern"))
	if c == nil {
		t.Fatalf("no candidate %q", s.one("pattern"))
	}
	found := map[string]bool{}
	for _, f := range c.Findings {
		found[f.Code+" "+string(f.Severity)], found[f.Code] = true, true
	}
	for _, want := range s.fields["finding"] {
		if !found[want] {
			t.Errorf("no finding %q among %v", want, sortedKeys(found))
		}
	}
	for _, not := range s.fields["no finding"] {
		if found[not] {
			t.Errorf("finding %q", not)
		}
	}
}

// matchHops compares hops with lines "kind [action] [as source] [to destination]
// [(name)]"; "..." stands for any hops, and no lines for no opinion.
func matchHops(lines []string, hops []Hop) error {
	if len(lines) == 0 {
		return nil
	}
	at, skip := 0, false
	for _, line := range lines {
		if line == "..." {
			skip = true
			continue
		}
		for at < len(hops) && skip && !matchHop(line, hops[at]) {
			at++
		}
		if at >= len(hops) {
			return fmt.Errorf("%q is missing", line)
		}
		if !matchHop(line, hops[at]) {
			return fmt.Errorf("hop %d is not %q", at+1, line)
		}
		at, skip = at+1, false
	}
	if at < len(hops) && !skip {
		return fmt.Errorf("%d more hops after the last line", len(hops)-at)
	}
	return nil
}

func matchHop(line string, h Hop) bool {
	rest, name, named := strings.Cut(line, " (")
	if named && strings.TrimSuffix(name, ")") != h.Hop {
		return false
	}
	words := strings.Fields(rest)
	if words[0] != h.Kind {
		return false
	}
	for i := 1; i < len(words); i++ {
		switch {
		case words[i] == "as" && i+1 < len(words):
			i++
			if !sameEndpoint(words[i], h.Src) {
				return false
			}
		case words[i] == "to" && i+1 < len(words):
			i++
			if !sameEndpoint(words[i], h.Dst) {
				return false
			}
		case words[i] != h.Action:
			return false
		}
	}
	return true
}

// sameEndpoint compares an address, with its port where one is given.
func sameEndpoint(want, got string) bool {
	if strings.Contains(want, ":") {
		return want == got
	}
	host, _, _ := strings.Cut(got, ":")
	return want == host
}

func hopLines(hops []Hop) string {
	var lines []string
	for _, h := range hops {
		lines = append(lines, fmt.Sprintf("%s %s as %s to %s (%s): %s", h.Kind, h.Action, h.Src, h.Dst, h.Hop, h.Why))
	}
	return strings.Join(append(lines, ""), "\n")
}
