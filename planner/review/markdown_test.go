package review

import (
	"fmt"
	"maps"
	"net/netip"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

func TestEveryFixtureIsASoundDocument(t *testing.T) {
	for _, name := range fixtureNames(t) {
		document := written(t, fixture(t, name), "")
		p := parse(document)
		for _, bad := range sound(p) {
			t.Errorf("%s: %s", name, bad)
		}
		if n := strings.Count(document, "```mermaid"); n < 4 {
			t.Errorf("%s: %d diagrams, fewer than patterns", name, n)
		}
		if strings.Contains(document, "%!") {
			t.Errorf("%s: a format went wrong: %s", name, document[strings.Index(document, "%!")-40:][:80])
		}
	}
}

// One document, whatever the cores: the bytes are the same each time.
func TestSameInputSameBytes(t *testing.T) {
	first := written(t, fixture(t, "bank"), "")
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for range 3 {
		if written(t, fixture(t, "bank"), "") != first {
			t.Fatal("it differs")
		}
	}
}

func TestSlug(t *testing.T) {
	var p page
	for _, title := range []string{"Contents", "A, b: c_d (e)", "A, b: c_d (e)", "A b cd-1", "Füße & 10.1.0.0/16", "A b c_d e"} {
		p.heading(2, "%s", title)
	}
	var got []string
	for _, e := range p.contents {
		got = append(got, e.slug)
	}
	want := []string{"contents-1", "a-b-c_d-e", "a-b-c_d-e-1", "a-b-cd-1", "füße--1010016", "a-b-c_d-e-2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// table finds the table that has all of some titles, under a heading that begins
// so.
func (p *parsed) table(t *testing.T, under string, titles ...string) *parsedTable {
	t.Helper()
	for i := range p.tables {
		if strings.HasPrefix(p.tables[i].under, under) && !slices.ContainsFunc(titles, func(s string) bool { return p.tables[i].column(s) < 0 }) {
			return &p.tables[i]
		}
	}
	t.Fatalf("no table %q under %q", titles, under)
	return nil
}

// amountIn reads an amount of a cell: "at least 1,234.50 + unknown (1)".
func amountIn(t *testing.T, cell string) decimal.Decimal {
	t.Helper()
	number := regexp.MustCompile(`-?[0-9][0-9,]*\.[0-9]{2}`).FindString(cell)
	d, err := decimal.NewFromString(strings.ReplaceAll(number, ",", ""))
	if err != nil {
		t.Fatalf("no amount in %q", cell)
	}
	return d
}

// The sums of the document are the numbers that programs get, rounded half up to
// cents, and the printed lines of the bill add up to the printed sum, half a cent
// a line apart at most.
func TestSumsAreThoseOfTheJSON(t *testing.T) {
	halfCent := decimal.RequireFromString("0.005")
	for _, name := range fixtureNames(t) {
		plan := fixture(t, name)
		rec := planner.Recommend(plan)
		if rec.Candidate == nil {
			continue
		}
		p := parse(written(t, plan, ""))
		comparison := p.table(t, "The patterns compared", "pattern", "billed", "operations", "one-off", "decision")
		if len(comparison.rows) != 1+len(rec.Candidates) {
			t.Errorf("%s: %d patterns compared, want %d", name, len(comparison.rows)-1, len(rec.Candidates))
		}
		for i, c := range rec.Candidates {
			row := comparison.rows[i+1]
			if row[0] != c.ID || row[1] != string(c.Status) {
				t.Errorf("%s: row %q, want %s, %s", name, row, c.ID, c.Status)
			}
			for title, want := range map[string]decimal.Decimal{"billed": c.Monthly.Total, "operations": c.Monthly.Operations, "one-off": c.Monthly.OneOff, "decision": c.Monthly.Decision} {
				cell := row[comparison.column(title)]
				if got := amountIn(t, cell); !got.Equal(want.Round(2)) {
					t.Errorf("%s: %s: %s is %s, want %s", name, c.ID, title, got, want)
				}
				if unknown := len(c.Monthly.Unknown) > 0; strings.Contains(cell, "at least") != unknown && (title == "billed" || title == "decision") {
					t.Errorf("%s: %s: %s is %q, and %d are unknown", name, c.ID, title, cell, len(c.Monthly.Unknown))
				}
			}
		}
		m := rec.Candidates[0].Monthly
		bill := p.table(t, "Bill of", "item", "quantity", "amount", "how")
		sum := decimal.Zero
		for _, row := range bill.rows[1:] {
			sum = sum.Add(amountIn(t, row[bill.column("amount")]))
		}
		if off := sum.Sub(m.Total).Abs(); off.GreaterThan(halfCent.Mul(decimal.NewFromInt(int64(len(m.Lines))))) {
			t.Errorf("%s: the lines add up to %s, the sum is %s", name, sum, m.Total)
		}
		sums := p.table(t, "Bill of", "sum", "amount")
		for i, want := range []decimal.Decimal{m.Total, m.Operations, m.OneOff, m.Decision} {
			if got := amountIn(t, sums.rows[i+1][1]); !got.Equal(want.Round(2)) {
				t.Errorf("%s: %s is %s, want %s", name, sums.rows[i+1][0], got, want)
			}
		}
		if n := len(m.Unknown); n > 0 && !strings.Contains(string(p.src), Text(m.Unknown[n-1].Why)) {
			t.Errorf("%s: the unknown %q is not named", name, m.Unknown[n-1].Item)
		}
	}
}

// Every row of the recommended allow-list stands in the section of its firewall,
// with its sources, destinations, port and app, or is one of those counted as
// left out.
func TestEveryAllowListRowIsThereOrCounted(t *testing.T) {
	more := regexp.MustCompile(`and ([0-9,]+) more`)
	for _, name := range fixtureNames(t) {
		plan := fixture(t, name)
		rec := planner.Recommend(plan)
		if rec.Candidate == nil {
			continue
		}
		p := parse(written(t, plan, ""))
		missing := map[string]int{}
		for _, row := range rec.Candidates[0].AllowList {
			found := false
			table := p.table(t, "Firewall "+row.Firewall, "sources", "destinations", "port", "apps", "states")
			for _, cells := range table.rows[1:] {
				cell := func(title string) string { return cells[table.column(title)] }
				apps := strings.Split(cell("apps"), ", ")
				named := more.MatchString(cell("apps")) || slices.Contains(apps, row.App)
				destinations := row.Destinations
				if len(destinations) == 0 {
					destinations = row.Hosts
				}
				found = found || named && cell("port") == row.Ports() && strings.Contains(cell("states"), "healthy") &&
					cell("sources") == planner.Folded(row.Sources, manyAddresses, 0) && cell("destinations") == planner.Folded(destinations, manyAddresses, 0)
			}
			if !found {
				missing[row.Firewall]++
			}
		}
		for firewall, n := range missing {
			if !strings.Contains(section(string(p.src), "### Firewall "+firewall), "rows more") {
				t.Errorf("%s: %d rows of %s are neither there nor counted", name, n, firewall)
			}
		}
	}
}

// section is the part of a document from a line on to the next heading.
func section(document, heading string) string {
	_, after, _ := strings.Cut(document, heading+"\n")
	part, _, _ := strings.Cut(after, "\n#")
	return part
}

// As what a packet arrives on-premises in a diagram, that is what the allow-list of
// the pattern admits for this app and destination; read from the diagram alone.
func TestDiagramsShowTheSourcesOfTheAllowList(t *testing.T) {
	label := regexp.MustCompile(`--> *\|"([0-9.]+)(?::[0-9]+)?<br/>to ([0-9.]+)`)
	for _, name := range fixtureNames(t) {
		plan := fixture(t, name)
		document := written(t, plan, "")
		_, rest, _ := strings.Cut(document, "The flow drawn is `")
		flow, _, _ := strings.Cut(rest, "`")
		checked, r := 0, planner.Recommend(plan)
		for _, c := range r.Candidates {
			part := section(document, "### The path with "+c.ID)
			drawn := flow
			if _, other, changed := strings.Cut(part, "drawn is `"); changed {
				drawn, _, _ = strings.Cut(other, "`")
			}
			if c.Status == planner.Rejected || !strings.Contains(part, "admits it") {
				continue
			}
			app, to, _ := strings.Cut(drawn, " -> ")
			to, _, _ = strings.Cut(to, " ")
			labels := label.FindAllStringSubmatch(part, -1)
			last := labels[len(labels)-1]
			seen, asked := netip.MustParseAddr(last[1]), netip.MustParseAddr(last[2])
			admitted := slices.ContainsFunc(c.AllowList, func(r planner.AllowRow) bool {
				return r.App == app && r.To == to && holds(r.Sources, seen) && (len(r.Destinations) == 0 || holds(r.Destinations, asked))
			})
			if !admitted {
				t.Errorf("%s: %s: the diagram of %s arrives as %s at %s, which no row admits", name, c.ID, drawn, seen, asked)
			}
			checked++
		}
		if checked == 0 && r.Pattern != nil { // where nothing is feasible, nothing is allowed
			t.Errorf("%s: no diagram was checked", name)
		}
	}
}

func holds(blocks []string, a netip.Addr) bool {
	return slices.ContainsFunc(blocks, func(s string) bool { return netip.MustParsePrefix(s).Contains(a) })
}

// A row of the allow-list names the faults in which its flow goes on, worked out
// apart from this table: per fault both must count the same flows.
func TestFaultsAgreeWithTheStatesOfTheAllowList(t *testing.T) {
	for _, name := range fixtureNames(t) {
		plan := fixture(t, name)
		for _, pattern := range inventory.PatternIDs {
			r := &review{plan: plan, rec: planner.Recommend(plan)}
			r.c = r.candidate(pattern)
			if r.c.Status == planner.Rejected {
				continue
			}
			r.c.Complete()
			type flow struct{ app, to, initiator string }
			goOn := map[string]map[flow]bool{}
			ports := map[flow]string{}
			single := true
			for _, row := range r.c.AllowList {
				k := flow{row.App, row.To, row.Initiator}
				single = single && (ports[k] == "" || ports[k] == row.Ports())
				ports[k] = row.Ports()
				for _, s := range row.States {
					if goOn[s] == nil {
						goOn[s] = map[flow]bool{}
					}
					goOn[s][k] = true
				}
			}
			if !single {
				continue // flows of several ports are counted apart here, and not there
			}
			for _, f := range r.fates() {
				if got, want := f.whole+f.part, len(goOn[f.state]); got != want {
					t.Errorf("%s: %s: in %s %d flows go on, the allow-list says %d", name, pattern, f.state, got, want)
				}
			}
		}
	}
}

// Nothing is feasible: the document says so before anything else, and what would
// change that.
func TestNoFeasiblePatternIsSaidFirst(t *testing.T) {
	plan := fixture(t, "bank")
	for _, code := range []string{"scheduling-trust", "label-trust", "mesh-bypass"} {
		plan.Policy.Reject = append(plan.Policy.Reject, inventory.Value[string]{V: code})
	}
	document, feasible, err := Markdown(plan, Options{})
	if err != nil || feasible {
		t.Fatalf("feasible %v, %v", feasible, err)
	}
	lines := strings.Split(document, "\n")
	if !strings.HasPrefix(lines[2], "**No pattern is feasible.** ") {
		t.Errorf("it begins %q", lines[:4])
	}
	p := parse(document)
	for _, bad := range sound(p) {
		t.Error(bad)
	}
	for _, row := range p.table(t, "The patterns compared", "status").rows[1:] {
		if row[1] != "rejected" {
			t.Errorf("%q", row)
		}
	}
	for _, want := range []string{"comes nearest", "**What would admit ", "`label-trust`", "`scheduling-trust`", "`mesh-bypass`", "**Why not**"} {
		if !strings.Contains(document, want) {
			t.Errorf("%q is missing", want)
		}
	}
}

// A policy that excludes everything still gives a document.
func TestEverythingExcluded(t *testing.T) {
	plan := fixture(t, "bank")
	for _, id := range inventory.PatternIDs {
		plan.Policy.Exclude = append(plan.Policy.Exclude, inventory.Value[string]{V: id})
	}
	document, feasible, err := Markdown(plan, Options{})
	if err != nil || feasible || !strings.Contains(document, "The policy excludes all four patterns.") {
		t.Errorf("feasible %v, %v\n%s", feasible, err, document)
	}
	for _, bad := range sound(parse(document)) {
		t.Error(bad)
	}
	if _, _, err := Markdown(plan, Options{Pattern: "vpc-subnet-cidr"}); err == nil {
		t.Error("an excluded pattern is no error")
	}
}

// Another pattern may be asked for: the finer sections are about it, and the page
// says that it is not the recommended one.
func TestAnotherPattern(t *testing.T) {
	for _, id := range inventory.PatternIDs[1:] {
		document := written(t, fixture(t, "bank"), id)
		for _, bad := range sound(parse(document)) {
			t.Errorf("%s: %s", id, bad)
		}
		for _, want := range []string{"**Recommended: vpc-subnet-cidr**, 2,679.17 USD", "## Address plan of " + id, "## Bill of " + id, "are about " + id + ", which is not what is recommended"} {
			if !strings.Contains(document, want) {
				t.Errorf("%s: %q is missing", id, want)
			}
		}
	}
}

// The only dates are those of the prices.
func TestDatesComeFromTheInput(t *testing.T) {
	plan := fixture(t, "bank")
	known := map[string]bool{}
	date := regexp.MustCompile(`20[0-9]{2}-[0-9]{2}-[0-9]{2}`)
	for _, p := range plan.PriceBook.Prices {
		for _, s := range date.FindAllString(p.AsOf+" "+p.Source, -1) {
			known[s] = true
		}
	}
	found := date.FindAllString(written(t, plan, ""), -1)
	if len(found) == 0 {
		t.Error("it does not say as of when its prices are")
	}
	for _, s := range found {
		if !known[s] {
			t.Errorf("%s is no date of the price book", s)
		}
	}
}

// estate is a plan of n apps with a flow each.
func estate(t *testing.T, n int) *inventory.Plan {
	var b strings.Builder
	b.WriteString(`
apiVersion: egressplan/v1
kind: Environment
metadata: {name: large}
spec:
  region: us-east-1
  zones: [us-east-1a, us-east-1b]
  vpc: {cidrs: [10.32.0.0/16, {cidr: 100.64.0.0/16, routable: false}]}
  pools: [{name: routable, cidrs: [10.32.0.0/16], routable: true}, {name: inside, cidrs: [100.64.0.0/16], routable: false}]
  onPrem: {sites: [{name: dc1, cidrs: [10.0.0.0/14], links: [{name: dx1, over: direct-connect, capacity: 1Gbps, location: Contiguous US}]}]}
  cluster: {nodeType: m6i.large, vpcCNI: {customNetworking: true}}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: app, broadestSource: 24}]
  destinations:
`)
	for d := range 40 {
		fmt.Fprintf(&b, "    - {name: db%d, kind: on-premises, firewall: edge, cidrs: [10.1.%d.4/32], ports: [tcp/1521]}\n", d, d)
	}
	b.WriteString("---\napiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n")
	for i := range n {
		fmt.Fprintf(&b, "    - {name: app%d, namespace: ns%d, pods: {min: 1, max: 4}, flows: [{to: db%d, outGB: 10, inGB: 5}]}\n", i, i%20, i%40)
	}
	return loaded(t, inventory.Source{Name: "plan.yaml", Data: []byte(b.String())})
}

// Twice the apps make the document hardly longer: what is left out is counted, and
// a command named that shows it.
func TestLongTablesAreCut(t *testing.T) {
	small, large := written(t, estate(t, 70), "vpc-subnet-cidr"), written(t, estate(t, 140), "vpc-subnet-cidr")
	if len(large) > len(small)*11/10 || len(large) > 100_000 {
		t.Errorf("70 apps make %d bytes, 140 apps %d", len(small), len(large))
	}
	p := parse(large)
	for _, bad := range sound(p) {
		t.Error(bad)
	}
	most := 0
	for _, table := range p.tables {
		most = max(most, len(table.rows)-1)
	}
	if most > max(manyEntries, manyBlocks, manyAssumptions) {
		t.Errorf("a table has %d rows", most)
	}
	rows := p.table(t, "Firewall edge", "sources")
	want := fmt.Sprintf("and %d rows more: `egressplan recommend -o json", 140-(len(rows.rows)-1))
	if part := section(large, "### Firewall edge"); !strings.Contains(part, want) {
		t.Errorf("%q is missing: %s", want, part[max(0, len(part)-200):])
	}
}

// Every section that a board asks for is there, once, and in the contents.
func TestSections(t *testing.T) {
	p := parse(written(t, fixture(t, "bank"), ""))
	count := map[string]int{}
	for _, h := range p.headings {
		count[h]++
	}
	for _, want := range []string{"Decision", "What is asked for", "The patterns compared", "What would change the decision", "Paths, walked packet by packet", "Address plan of vpc-subnet-cidr",
		"Bill of vpc-subnet-cidr", "Allow-lists of vpc-subnet-cidr", "Who else could show these sources", "What survives a fault", "Findings about vpc-subnet-cidr", "Assumptions", "What was not considered"} {
		if count[want] != 1 {
			t.Errorf("%d sections %q; there are %q", count[want], want, slices.Sorted(maps.Keys(count)))
		}
	}
}
