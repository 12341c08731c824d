package main

import (
	"bytes"
	"strings"
	"testing"

	"egressplan/planner"
)

func addressesText(t *testing.T, a *planner.AddressPlan, width int) string {
	t.Helper()
	var buf bytes.Buffer
	if err := writeAddresses(&page{w: &buf, width: width}, a); err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

func TestAddressPlan(t *testing.T) {
	a := &planner.AddressPlan{
		Pattern: "private-nat-gateway", Fits: true,
		// a /26 has 64 addresses, 5 of them reserved by AWS
		Allocations: []planner.Allocation{{Name: "app/payments/ledger/eu-central-1a/nodes", Purpose: "nodes", CIDR: "10.20.64.0/26", Zone: "eu-central-1a",
			Apps: []string{"payments/ledger"}, Needed: 48, Usable: 59, New: true}},
		VPCCIDRs: []planner.VPCCIDR{{CIDR: "10.20.0.0/16"}, {CIDR: "100.64.0.0/20", Pool: "inside", New: true, Rule: "100.64.0.0/10 may be added"}},
		// 65,536 less a /20 of 4,096 leaves 61,440: /17 + /18 + /19 + /20
		Free: []planner.FreeView{{Pool: "inside", Addresses: "61440", Total: "65536", Used: "4096", Kept: "440", Free: "61000", Months: "87", MonthsHow: "2 new apps a month", Blocks: map[string]int{"20": 1, "17": 1, "19": 1, "18": 1}}},
	}
	for _, width := range []int{80, 140} {
		text := addressesText(t, a, width)
		for _, want := range []string{
			"The address plan of private-nat-gateway fits.\n", "100.64.0.0/20  associate  inside", "app/payments/ledger/eu-central-1a/nodes",
			"10.20.64.0/26      48      59", "inside  4,096   440  61,000  65,536  87 months", "lasts: 2 new apps a month",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("at %d columns %q is missing:\n%s", width, want, text)
			}
		}
		if strings.Contains(text, "Unmet") {
			t.Errorf("nothing is unmet:\n%s", text)
		}
	}
}

// Whether a block is new is said at any width; zone and purpose may go only
// where the names carry them.
func TestAllocationsNeverHideWhatIsNew(t *testing.T) {
	a := &planner.AddressPlan{Pattern: "vpc-subnet-cidr", Fits: true, Warnings: []string{"[egress-ip-unverified] 3 egress IPs placed in existing subnets"},
		Allocations: []planner.Allocation{
			{Name: "cluster/shared/eu-central-1a/pods", Purpose: "pods", Zone: "eu-central-1a", CIDR: "10.20.0.0/20", New: false},
			{Name: "cluster/shared/eu-central-1b/pods", Purpose: "pods", Zone: "eu-central-1b", CIDR: "10.20.16.0/20", New: true},
		}}
	for _, width := range []int{40, 60, 80, 109} {
		text := addressesText(t, a, width)
		if !strings.Contains(text, "  *  cluster/shared/eu-central-1a/pods") || !strings.Contains(text, "     cluster/shared/eu-central-1b/pods") ||
			!strings.Contains(strings.Join(strings.Fields(text), " "), "(* existing, all others new)") {
			t.Errorf("at %d columns the existing block should be marked:\n%s", width, text)
		}
	}
	wide := addressesText(t, a, 110)
	if !strings.Contains(wide, "  existing  cluster/shared/eu-central-1a/pods") || !strings.Contains(wide, "  new       cluster/shared/eu-central-1b/pods") {
		t.Errorf("%s", wide)
	}
	if want := "fits.\n\nWatch out\n- [egress-ip-unverified] 3 egress IPs"; !strings.Contains(wide, want) {
		t.Errorf("%q is missing:\n%s", want, wide)
	}
	a.Allocations[0].Name = "shared-pods"
	if text := addressesText(t, a, 60); !strings.Contains(text, "eu-central-1a") {
		t.Errorf("nothing else says the zone:\n%s", text)
	}
}

func TestAddressPlanThatDoesNotFit(t *testing.T) {
	a := &planner.AddressPlan{
		Pattern:        "vpc-subnet-cidr",
		Unmet:          []planner.UnmetView{{Name: "app/a/b/z/nodes", PrefixLength: 24, Why: "the pool is full"}},
		SmallestChange: []planner.SmallestChange{{Change: "range", Detail: "one more range of size /24"}},
		Moves:          []planner.Move{{Name: "app/c/d/z/nodes", From: "10.0.0.0/28", To: "10.0.1.0/27", Why: "it needs a /27 now"}},
	}
	text := addressesText(t, a, 100)
	for _, want := range []string{"does not fit: no room for 1 block.\n", "/24", "the pool is full", "- one more range of size /24", "10.0.1.0/27"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing:\n%s", want, text)
		}
	}
	if got := addressesText(t, &planner.AddressPlan{}, 100); !strings.Contains(got, "No address plan") {
		t.Errorf("%q", got)
	}
}
