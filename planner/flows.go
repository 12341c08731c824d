package planner

import (
	"slices"

	"egressplan/planner/inventory"
)

// flowIndex says where every flow of a plan goes: looked up once for all
// candidates.
type flowIndex struct {
	onPrem    map[*inventory.App][]appFlow
	elsewhere map[*inventory.App][]appFlow // that apps open to what no on-premises firewall sees
	all       []appFlow                    // to on-premises, by app
}

func indexFlows(plan *inventory.Plan) *flowIndex {
	x := &flowIndex{onPrem: make(map[*inventory.App][]appFlow, len(plan.Apps)), elsewhere: map[*inventory.App][]appFlow{}}
	n := 0
	for i := range plan.Apps {
		n += len(plan.Apps[i].Flows)
	}
	x.all = make([]appFlow, 0, n)
	sums := make([]flowGB, 0, n) // the appFlows point into it
	for i := range plan.Apps {
		a, from := &plan.Apps[i], len(x.all)
		for j := range a.Flows {
			d := plan.Destination(a.Flows[j].To.V)
			sums = append(sums, flowGB{gbOf(&a.Flows[j].Out), gbOf(&a.Flows[j].In)})
			f := appFlow{a, &a.Flows[j], d, &sums[len(sums)-1]}
			switch {
			case d == nil:
			case d.Kind.V == inventory.KindOnPremises:
				x.all = append(x.all, f)
			case a.Flows[j].Initiator.V != inventory.InitiatorOnPrem:
				x.elsewhere[a] = append(x.elsewhere[a], f)
			}
		}
		x.onPrem[a] = slices.Clip(x.all[from:])
	}
	return x
}

// onPremises returns the app's flows to on-premises destinations, in order.
func (w *work) onPremises(a *inventory.App) []appFlow { return w.index.onPrem[a] }

// flows are the on-premises flows of the apps that take part.
func (w *work) flows() []appFlow {
	if len(w.excluded) == 0 {
		return w.index.all
	}
	if w.ours == nil {
		w.ours = slices.Clip(w.flowsOf(w.apps))
	}
	return w.ours
}

func (w *work) flowsOf(apps []*inventory.App) []appFlow {
	var list []appFlow
	for _, a := range apps {
		list = append(list, w.onPremises(a)...)
	}
	return list
}
