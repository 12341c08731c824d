package planner

import (
	"fmt"
	"strings"
	"testing"
)

// What --adopt proposes, written into the input, is a plan that fits without new
// node subnets for these apps. A subnet that is too small, on a range that is
// not routable, of another role or of another app is not proposed.
func TestAdoptionsCarry(t *testing.T) {
	vpc := `subnets:
      - {name: a-small, cidr: 10.20.0.0/28, zone: us-east-1a, role: nodes}
      - {name: a-full, cidr: 10.20.1.0/24, zone: us-east-1a, role: nodes, freeIPs: 19}
      - {name: a-inside, cidr: 100.64.0.0/27, zone: us-east-1a, role: nodes}
      - {name: a-wide, cidr: 10.20.2.0/24, zone: us-east-1a, role: nodes}
      - {name: a-good, cidr: 10.20.3.0/27, zone: us-east-1a, role: nodes, freeIPs: 20}
      - {name: b-other, cidr: 10.20.4.0/27, zone: us-east-1b, role: other}
      - {name: b-good, cidr: 10.20.5.0/26, zone: us-east-1b, role: nodes}`
	app := func(subnets string) string { return estate(map[string]string{"VPC": vpc, "APP": subnets}) }
	a := PlanAddresses(load(t, app("")), "vpc-subnet-cidr")
	got := a.Adopt()
	if len(got) != 1 || len(got[0].Subnets) != 2 || got[0].Subnets[0].Name != "a-good" || got[0].Subnets[1].Name != "b-good" || fmt.Sprint(got[0].Apps) != "[payments/ledger]" {
		t.Fatalf("%+v", got)
	}
	done := PlanAddresses(load(t, app("subnets: [a-good, b-good],")), "vpc-subnet-cidr")
	if !done.Fits || len(done.Warnings) > 0 {
		t.Errorf("fits %v, %q", done.Fits, done.Warnings)
	}
	for _, x := range done.Allocations {
		if x.New && x.Purpose == purposeNodes && strings.HasPrefix(x.Name, "app/") {
			t.Errorf("%+v is new", x)
		}
	}
	if again := done.Adopt(); len(again) != 0 {
		t.Errorf("adopted twice: %+v", again)
	}
	// A zone without a subnet: no half proposal.
	if got := PlanAddresses(load(t, strings.Replace(app(""), "10.20.5.0/26, zone: us-east-1b, role: nodes", "10.20.5.0/26, zone: us-east-1b, role: pods", 1)), "vpc-subnet-cidr").Adopt(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
