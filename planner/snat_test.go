package planner

import (
	"net/netip"
	"testing"

	"egressplan/planner/inventory"
)

// The VPC CNI's result table (Amazon VPC CNI README, host network rules, and
// Amazon EKS Best Practices Guide): who the packet claims to be and by which
// interface it leaves. "translated" is a destination outside every VPC CIDR and
// exclusion with externalSNAT off; "excluded" is one in excludeSNATCIDRs;
// "external" is externalSNAT on.
func TestSNATTable(t *testing.T) {
	const (
		node, pod                  = "node", "pod"
		primary, secondary, branch = "primary interface", "secondary interface", "branch interface"
		own                        = ""
	)
	cni := map[string]string{
		"translated": "externalSNAT: false",
		"excluded":   "externalSNAT: false, excludeSNATCIDRs: [10.1.0.0/16]",
		"external":   "externalSNAT: true",
	}
	rows := []struct {
		name, settings, app, variant string
		source, exit                 string // translated
		untouched, untouchedExit     string // excluded, external
	}{
		{"pod address on the primary interface", "", "", variantPrimary, node, primary, pod, primary},
		{"pod address on a secondary interface", "", "", variantSecondary, node, primary, pod, secondary},
		{"custom networking", "customNetworking: true", "", variantSecondary, node, primary, pod, secondary},
		{"branch interface, strict", "podSecurityGroups: strict", "", variantBranch, pod, branch, pod, branch},
		{"branch interface, standard", "podSecurityGroups: standard", "", variantBranch, node, primary, pod, branch},
		{"host network", "", "hostNetwork: true,", variantHost, node, primary, node, primary},
		{"Fargate", "", "compute: fargate,", variantFargate, pod, own, pod, own},
	}
	for _, row := range rows {
		for mode, setting := range cni {
			t.Run(row.name+"/"+mode, func(t *testing.T) {
				if row.settings != "" {
					setting += ", " + row.settings
				}
				plan := load(t, estate(map[string]string{"CNI": setting, "APP": row.app}))
				source, exit := row.source, row.exit
				if mode != "translated" {
					source, exit = row.untouched, row.untouchedExit
				}
				for _, p := range pathsOf(t, plan, "vpc-subnet-cidr", row.variant) {
					checkExit(t, p, source, exit)
				}
			})
		}
	}
}

// pathsOf are the paths of one variant, one for each zone at least.
func pathsOf(t *testing.T, plan *inventory.Plan, pattern, variant string) []Path {
	t.Helper()
	sim, err := Simulate(plan, SimulateOptions{Pattern: pattern})
	if err != nil {
		t.Fatal(err)
	}
	var list []Path
	for _, p := range sim.Paths {
		if p.Variant == variant {
			list = append(list, p)
		}
	}
	if len(list) < 2 {
		t.Fatalf("%d paths of variant %s, want one for each of two zones", len(list), variant)
	}
	return list
}

// checkExit holds a path against who it should claim to be and where it should
// have left.
func checkExit(t *testing.T, p Path, source, exit string) {
	t.Helper()
	if p.Verdict != "delivered" || !p.Allowed || !p.Replied {
		t.Fatalf("%s %s: %s, allowed %v, replied %v: %s", p.Zone, p.Variant, p.Verdict, p.Allowed, p.Replied, p.Reason.Text)
	}
	podAddr := netip.MustParseAddrPort(p.Forward[0].Src)
	last := netip.MustParseAddrPort(p.Forward[len(p.Forward)-1].Src)
	got := "pod"
	if last.Addr() != podAddr.Addr() {
		got = "node"
	}
	if p.Variant == variantHost && got == "pod" {
		got = "node" // unchanged: a host's packets begin with the node's own address
	} else if p.Variant == variantHost {
		got = "somebody"
	}
	if got != source {
		t.Errorf("%s: on-premises sees the %s's address (%s), want the %s's", p.Zone, got, last, source)
	}
	left := ""
	for _, h := range p.Forward {
		if h.Kind == kindENI {
			left = h.Hop
		}
	}
	if left != exit {
		t.Errorf("%s: left by %q, want %q", p.Zone, left, exit)
	}
	if source == "node" && p.Variant != variantHost && last.Port() < 1024 {
		t.Errorf("translated port %d, want 1024-65535", last.Port())
	}
}

// The reply of a connection that on-premises opened is neither marked nor
// translated: it carries the pod's address and leaves by the interface that owns
// it, although a connection the pod opens would leave as the node, by the
// primary interface (Amazon VPC CNI, inbound connections since v1.8).
func TestReplyOfInboundFlowKeepsPodAddress(t *testing.T) {
	plan := load(t, estate(map[string]string{"FLOW": "initiator: destination,"}))
	for _, variant := range []struct{ name, exit string }{{variantPrimary, "primary interface"}, {variantSecondary, "secondary interface"}} {
		for _, p := range pathsOf(t, plan, "vpc-subnet-cidr", variant.name) {
			if p.Verdict != "delivered" || !p.Replied {
				t.Fatalf("%s: %s, replied %v: %s", variant.name, p.Verdict, p.Replied, p.Reason.Text)
			}
			pod := p.Return[0].Src
			for _, h := range p.Return {
				if h.Kind == kindENI && h.Hop != variant.exit {
					t.Errorf("%s: the reply leaves by the %s, want the %s", variant.name, h.Hop, variant.exit)
				}
				if h.Src != pod {
					t.Errorf("%s: the reply's source became %s at %s, want %s all the way", variant.name, h.Src, h.Hop, pod)
				}
			}
		}
	}
}
