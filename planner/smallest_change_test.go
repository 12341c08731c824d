package planner

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"egressplan/planner/inventory"
)

// Twelve apps of one /27 in each of two zones, 24 blocks of 32 addresses: 768.
// A /23 has 512. (The attachments take theirs from the pool that is not routable.)
func tight(t *testing.T, change func(string) string) *inventory.Plan {
	text := strings.Replace(estate(nil), "cidrs: [10.20.64.0/18], routable: true", "cidrs: [10.20.64.0/23], routable: true", 1)
	var apps []string
	for i := range 12 {
		apps = append(apps, fmt.Sprintf("    - {name: a%02d, namespace: n, pods: {min: 1, max: 4}, flows: [{to: db, outGB: 1, inGB: 1}]}", i))
	}
	doc := strings.Split(text, "\n---\n")
	doc[2] = "apiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n" + strings.Join(apps, "\n")
	return load(t, change(strings.Join(doc, "\n---\n")))
}

func same(s string) string { return s }

// What is said to make the plan fit does, when it is done to the input.
func TestSmallestChangesAreTrue(t *testing.T) {
	a := PlanAddresses(tight(t, same), "vpc-subnet-cidr")
	if a.Fits || len(a.SmallestChange) == 0 {
		t.Fatalf("fits %v, changes %+v", a.Fits, a.SmallestChange)
	}
	said := map[string]SmallestChange{}
	for _, c := range a.SmallestChange {
		said[c.Change] = c
		if c.Detail == "" {
			t.Errorf("%+v says nothing", c)
		}
	}
	// 768 addresses less 512: 256 are missing, a /24.
	r, ok := said["range"]
	if !ok || r.PrefixLength != 24 {
		t.Fatalf("range %+v, want a /24", r)
	}
	pool := func(cidr string) func(string) string {
		return func(s string) string {
			return strings.Replace(s, "  pools:\n", "  pools:\n    - {name: more, cidrs: ["+cidr+"], routable: true}\n", 1)
		}
	}
	if b := PlanAddresses(tight(t, pool(r.CIDR)), "vpc-subnet-cidr"); !b.Fits {
		t.Errorf("with %s: %+v", r.CIDR, b.Unmet)
	}
	half := netip.PrefixFrom(netip.MustParsePrefix(r.CIDR).Addr(), r.PrefixLength+1)
	if b := PlanAddresses(tight(t, pool(half.String())), "vpc-subnet-cidr"); b.Fits {
		t.Errorf("half of it, %s, is enough too", half)
	}
	for change, edit := range map[string]func(string) string{
		"custom-networking": func(s string) string { return strings.Replace(s, "vpcCNI: {", "vpcCNI: {customNetworking: true, ", 1) },
		"leave-out": func(s string) string {
			var kept []string
			for _, line := range strings.Split(s, "\n") {
				out := false
				for _, app := range said["leave-out"].Apps {
					out = out || strings.Contains(line, "{name: "+strings.TrimPrefix(app, "n/")+",")
				}
				if !out {
					kept = append(kept, line)
				}
			}
			return strings.Join(kept, "\n")
		},
	} {
		if _, ok := said[change]; !ok {
			t.Errorf("%s is not among %+v", change, a.SmallestChange)
		}
		if b := PlanAddresses(tight(t, edit), "vpc-subnet-cidr"); !b.Fits {
			t.Errorf("%s: %+v", change, b.Unmet)
		}
	}
	if p, ok := said["pattern"]; !ok || !PlanAddresses(tight(t, same), p.Pattern).Fits {
		t.Errorf("pattern %+v", p)
	}
	// 256 addresses short, 64 an app: four apps.
	if got := len(said["leave-out"].Apps); got != 4 {
		t.Errorf("%d apps to leave out, want 4", got)
	}
}

// Where an existing subnet, a held block or keepFree is in the way, that is said.
func TestSmallestChangeOfHeldSpace(t *testing.T) {
	const held = "\n---\napiVersion: egressplan/v1\nkind: Allocations\nspec:\n  entries:\n    - {name: app/n/left/us-east-1a/nodes, pattern: vpc-subnet-cidr, pool: routable, zone: us-east-1a, purpose: nodes, cidr: 10.20.64.0/22}\n"
	a := PlanAddresses(tight(t, func(s string) string { return strings.Replace(s, "10.20.64.0/23", "10.20.64.0/22", 1) + held }), "vpc-subnet-cidr")
	if a.Fits || len(a.SmallestChange) == 0 || a.SmallestChange[0].Change != "reclaim" {
		t.Errorf("held: %+v", a.SmallestChange)
	}
	a = PlanAddresses(tight(t, func(s string) string {
		return strings.Replace(s, "10.20.64.0/23], routable: true", "10.20.64.0/22], routable: true, keepFree: 40%", 1)
	}), "vpc-subnet-cidr")
	if a.Fits || len(a.SmallestChange) == 0 || a.SmallestChange[0].Change != "keep-free" {
		t.Errorf("kept free: %+v", a.SmallestChange)
	}
}
