package planner

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"egressplan/cidr"
	"egressplan/planner/inventory"
)

// life is an estate whose documents are edited one step after the other, as the
// pull requests of some years would.
type life struct {
	apps     []string // "name namespace max compute growth destination"
	zones    []string
	pools    []string
	cni      string
	identity string
	subnets  []string
	next     int
	lock     string
	seen     map[string]int
}

func newLife(t *rapid.T) *life {
	l := &life{
		zones:    []string{"us-east-1a", "us-east-1b"},
		pools:    []string{fmt.Sprintf("{name: routable, cidrs: [10.20.64.0/%d], routable: true}", rapid.IntRange(18, 23).Draw(t, "pool"))},
		cni:      rapid.SampledFrom([]string{"externalSNAT: false", "externalSNAT: true", "externalSNAT: true, customNetworking: true", "prefixDelegation: true"}).Draw(t, "cni"),
		identity: rapid.SampledFrom([]string{"app", "namespace", "access-profile", "cluster"}).Draw(t, "identity"),
	}
	for range rapid.IntRange(1, 4).Draw(t, "apps") {
		l.add(t)
	}
	return l
}

func (l *life) add(t *rapid.T) {
	l.next++
	l.apps = append(l.apps, l.app(t, fmt.Sprintf("a%d", l.next)))
}

func (l *life) app(t *rapid.T, name string) string {
	return fmt.Sprintf("{name: %s, namespace: n%d, compute: %s, growth: %d%%, pods: {min: 1, max: %d}, flows: [{to: %s}]}", name,
		rapid.IntRange(1, 3).Draw(t, "namespace"), rapid.SampledFrom([]string{"ec2", "ec2", "ec2", "fargate"}).Draw(t, "compute"),
		rapid.SampledFrom([]int{0, 25, 100}).Draw(t, "growth"), rapid.IntRange(1, 120).Draw(t, "max"), rapid.SampledFrom([]string{"db", "mq"}).Draw(t, "to"))
}

// edit changes one thing.
func (l *life) edit(t *rapid.T) string {
	i := 0
	if len(l.apps) > 0 {
		i = rapid.IntRange(0, len(l.apps)-1).Draw(t, "which")
	}
	kind := rapid.SampledFrom([]string{"add", "add", "remove", "resize", "resize", "reorder", "zone", "fewer zones", "pool", "cni", "subnet"}).Draw(t, "edit")
	switch kind {
	case "add":
		l.add(t)
	case "remove":
		if len(l.apps) > 1 {
			l.apps = slices.Delete(slices.Clone(l.apps), i, i+1)
		}
	case "resize":
		name, _, _ := strings.Cut(strings.TrimPrefix(l.apps[i], "{name: "), ",")
		l.apps = slices.Clone(l.apps)
		l.apps[i] = l.app(t, name)
	case "reorder":
		l.apps = rapid.Permutation(l.apps).Draw(t, "order")
	case "zone":
		l.zones = []string{"us-east-1c", "us-east-1a", "us-east-1b"}
	case "fewer zones":
		l.zones = []string{"us-east-1a", "us-east-1b"}
	case "pool":
		if len(l.pools) < 3 {
			l.pools = append(l.pools, fmt.Sprintf("{name: pool%d, cidrs: [10.20.%d.0/22], routable: %v}", len(l.pools), 128+16*len(l.pools), rapid.Bool().Draw(t, "routable")))
		}
	case "cni":
		l.cni = rapid.SampledFrom([]string{"externalSNAT: false", "externalSNAT: true, customNetworking: true", "prefixDelegation: true"}).Draw(t, "cni")
	case "subnet":
		if n := len(l.subnets); n < 4 {
			l.subnets = append(l.subnets, fmt.Sprintf("{name: s%d, cidr: 10.20.%d.0/24, zone: us-east-1a, role: %s}", n, n, rapid.SampledFrom([]string{"nodes", "pods", "tgw", "other"}).Draw(t, "role")))
		}
	}
	return kind
}

func (l *life) text() string {
	text := `apiVersion: egressplan/v1
kind: Environment
metadata: {name: life}
spec:
  region: us-east-1
  zones: [` + strings.Join(l.zones, ", ") + `]
  vpc: {cidrs: [10.20.0.0/16], subnets: [` + strings.Join(l.subnets, ", ") + `]}
  pools: [` + strings.Join(l.pools, ", ") + `]
  onPrem: {sites: [{name: dc, cidrs: [10.0.0.0/14], links: [{name: dx, over: direct-connect}]}]}
  cluster: {nodeType: m5.large, serviceCIDR: 172.20.0.0/16, vpcCNI: {` + l.cni + `}}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: ` + l.identity + `}]
  destinations:
    - {name: db, kind: on-premises, firewall: edge, cidrs: [10.1.4.0/28], ports: [tcp/1521]}
    - {name: mq, kind: on-premises, firewall: edge, cidrs: [10.1.5.0/28], ports: [tcp/1414]}
---
apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:
`
	for _, a := range l.apps {
		text += "    - " + a + "\n"
	}
	return text
}

func (l *life) plan(t *rapid.T) *inventory.Plan {
	sources := []inventory.Source{{Name: "plan.yaml", Data: []byte(l.text())}}
	if l.lock != "" {
		sources = append(sources, inventory.Source{Name: inventory.LockFile, Data: []byte(l.lock)})
	}
	plan, problems := inventory.Load(sources)
	if len(problems) > 0 {
		t.Fatalf("%s: %s\n%s\n%s", problems[0].At, problems[0].Message, l.text(), l.lock)
	}
	return plan
}

// Over the years nothing overlaps, nothing moves unlisted, nothing moves that
// still serves, and nothing is forgotten but by --reclaim.
func TestLockOverTheYears(t *testing.T) {
	seen := map[string]int{}
	defer func() {
		for _, what := range []string{"moved", "grown", "held", "reclaimed", "short of room", "kept"} {
			if seen[what] == 0 {
				t.Errorf("never %s: %v", what, seen)
			}
		}
	}()
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t)
		l.seen = seen
		id := rapid.SampledFrom(inventory.PatternIDs).Draw(t, "pattern")
		for range rapid.IntRange(2, 8).Draw(t, "steps") {
			l.step(t, id)
		}
	})
}

func (l *life) step(t *rapid.T, id string) {
	plan := l.plan(t)
	reclaim := rapid.IntRange(0, 4).Draw(t, "reclaim") == 0
	a := PlanAddressesWith(plan, AddressOptions{Pattern: id, Reclaim: reclaim})
	was := plan.Lock
	l.count(a, len(was))
	text := a.LockFile()
	if a.Fits {
		l.lock = string(text)
		now := l.plan(t) // which reads the lock, and refuses a bad one
		apart(t, now.Lock, id)
		checkFaithful(t, a, was, now.Lock)
		if again := PlanAddresses(now, id); len(again.Moves) > 0 || len(again.Held) != len(a.Held) || !bytes.Equal(again.LockFile(), text) {
			t.Fatalf("the plan is not its own lock: %+v\n%s\n%s", again.Moves, text, again.LockFile())
		}
	} else if text != nil {
		t.Fatalf("a lock of a plan that does not fit: %s", text)
	}
	kind := l.edit(t)
	if kind == "reorder" && a.Fits {
		if again := PlanAddresses(l.plan(t), id); !bytes.Equal(again.LockFile(), text) {
			t.Fatalf("the order of apps shows in the lock:\n%s\n%s", text, again.LockFile())
		}
	}
}

func (l *life) count(a *AddressPlan, locked int) {
	l.seen["moved"] += len(a.Moves)
	l.seen["held"] += len(a.Held)
	l.seen["reclaimed"] += len(a.Reclaimed)
	l.seen["short of room"] += len(a.Unmet)
	l.seen["kept"] += locked - len(a.Moves) - len(a.Reclaimed)
	for _, x := range a.Allocations {
		if _, part := partOf(x.Name); part > 1 && x.Purpose == purposeNodes {
			l.seen["grown"]++
		}
	}
}

// apart compares every entry with every other.
func apart(t *rapid.T, lock []inventory.LockEntry, id string) {
	for i, a := range lock {
		for _, b := range lock[i+1:] {
			nested := a.CIDR.IsSingleIP() != b.CIDR.IsSingleIP()
			if a.CIDR.Overlaps(b.CIDR) && !nested {
				t.Fatalf("%s: %s %s overlaps %s %s", id, a.Name, a.CIDR, b.Name, b.CIDR)
			}
		}
	}
}

// checkFaithful holds the new lock against the old one, entry by entry.
func checkFaithful(t *rapid.T, a *AddressPlan, was, now []inventory.LockEntry) {
	at := map[string]netip.Prefix{}
	for _, e := range now {
		at[e.Key()] = e.CIDR
	}
	moves, gone, needed := map[string]Move{}, map[string]bool{}, map[string]int{}
	for _, m := range a.Moves {
		moves[m.Name] = m
	}
	for _, n := range a.Reclaimed {
		gone[n] = true
	}
	for _, x := range a.Allocations {
		needed[x.Name] = x.Needed
	}
	listed := 0
	for _, e := range was {
		cidrNow, there := at[e.Key()]
		m, moved := moves[e.Name]
		switch {
		case gone[e.Name]:
		case !there:
			t.Fatalf("%s %s is forgotten", e.Name, e.CIDR)
		case cidrNow == e.CIDR && moved:
			t.Fatalf("%s did not move, and %+v is listed", e.Name, m)
		case cidrNow == e.CIDR:
		case !moved || m.From != e.CIDR.String() || m.To != cidrNow.String() || m.Why == "":
			t.Fatalf("%s moved from %s to %s, listed is %+v", e.Name, e.CIDR, cidrNow, m)
		default:
			listed++
			// The smallest thing that must stay together is a node with all its
			// interfaces; what held the new need would have held the old.
			if !e.CIDR.IsSingleIP() && cidr.Usable(e.CIDR.Bits()) >= needed[e.Name] && !strings.Contains(m.Why, "it needs a /") {
				t.Fatalf("%s moved from %s to %s though %d addresses fit: %s", e.Name, e.CIDR, cidrNow, needed[e.Name], m.Why)
			}
			if !e.CIDR.IsSingleIP() && cidr.Usable(e.CIDR.Bits()) >= needed[e.Name] && cidrNow.Bits() >= e.CIDR.Bits() {
				t.Fatalf("%s moved from %s to %s, which is no wider: %s", e.Name, e.CIDR, cidrNow, m.Why)
			}
		}
	}
	if listed != len(a.Moves) {
		t.Fatalf("%d moves listed, %d happened: %+v", len(a.Moves), listed, a.Moves)
	}
}
