package planner

import (
	"fmt"
	"reflect"
	"testing"

	"egressplan/planner/inventory"
	"egressplan/sim"
)

// Apps that are put together because no network tells them apart fare as each
// would by itself: with an identity of its own for every app, and every flow
// walked, the same comes out of every path.
func TestKinFareAlike(t *testing.T) {
	alike := 0
	eachCandidate(t, func(t *testing.T, c *Candidate) {
		alike += sameApart(t, c.work)
	})
	for _, mixed := range []bool{false, true} {
		plan, problems := inventory.Load([]inventory.Source{{Name: "p", Data: []byte(manyApps(700, "namespace", mixed))}})
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		for i := range plan.Apps { // some are attached otherwise, some are reached
			a := &plan.Apps[i]
			a.HostNetwork.V = i%11 == 3
			a.Tenant.V = fmt.Sprint("tenant-", i%4)
			if i%13 == 5 {
				a.Compute.V = inventory.ComputeFargate
			}
			if i%17 == 2 {
				a.Flows[1].Initiator.V = inventory.InitiatorOnPrem
			}
		}
		for i := range plan.Destinations { // some overlap others
			d := &plan.Destinations[i]
			if i%7 == 3 {
				wide, _ := d.CIDRs[0].V.Addr().Prefix(29 - i%3)
				d.CIDRs[0].V = wide
			}
			switch i % 9 {
			case 4:
				d.Identity.V = inventory.IdentityCluster
			case 5:
				d.Identity.V = inventory.IdentityTenant
			}
		}
		for _, p := range patterns {
			t.Run(fmt.Sprintf("mixed=%v/%s", mixed, p.id()), func(t *testing.T) {
				w := newWork(plan, p, nil)
				w.run()
				alike += sameApart(t, w)
			})
		}
	}
	if alike < 5000 {
		t.Errorf("only %d paths stand for others", alike)
	}
}

// sameApart holds a candidate to what comes out where no apps are kin, and counts
// the paths that were not walked themselves.
func sameApart(t *testing.T, w *work) (alike int) {
	t.Helper()
	apart := newWork(w.plan, w.pattern, w.excluded)
	apart.layAddresses()
	apart.kin, apart.kinTo, apart.meets = nil, nil, everyPair(w.plan)
	for i := range w.plan.Apps {
		a := &w.plan.Apps[i]
		own := &kin{first: a, label: sim.Label(i + 1)}
		apart.kin, apart.kinOf[a] = append(apart.kin, own), own
	}
	apart.b = apart.compileNetwork("")
	apart.rows = apart.allowRows()
	apart.b.allow(apart.rows)
	apart.paths = apart.walkAll()

	type fate struct {
		flow, from, result, reply string
		good, of                  int
		replied, allowed, astray  bool
		sources                   string
		touched                   []int32
		mtu                       uint16
	}
	fates := func(w *work) (list []fate) {
		for p := range w.eachPath {
			list = append(list, fate{p.f.subject(), p.from.zone + " " + p.from.variant + " " + p.packet.Dst.String(), fmt.Sprint(p.result.Code, w.b.nodeName(p.result.At)),
				fmt.Sprint(p.reply.Code), p.good, p.of, p.replied, p.allowed, p.astray, fmt.Sprint(p.sources), p.touched, p.mtu})
		}
		return list
	}
	got, want := fates(w), fates(apart)
	if len(got) != len(want) {
		t.Fatalf("%d paths, %d apart", len(got), len(want))
	}
	for i := range got {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Fatalf("got %+v\nwant %+v", got[i], want[i])
		}
	}
	walked := map[*walks]bool{}
	for _, fp := range w.paths {
		if walked[fp.walks] {
			alike += len(fp.walks.paths)
		}
		walked[fp.walks] = true
	}
	return alike
}

// everyPair lets all destinations meet.
func everyPair(plan *inventory.Plan) map[*inventory.Destination][]*inventory.Destination {
	meets := map[*inventory.Destination][]*inventory.Destination{}
	for i := range plan.Destinations {
		for j := range plan.Destinations {
			meets[&plan.Destinations[i]] = append(meets[&plan.Destinations[i]], &plan.Destinations[j])
		}
	}
	return meets
}
