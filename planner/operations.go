package planner

import (
	"fmt"

	"github.com/shopspring/decimal"

	"egressplan/planner/inventory"
)

// task is declared engineering work of a candidate. The hours come from named
// assumptions, to be argued and changed there.
type task struct {
	what   string
	hours  decimal.Decimal // a month; in all where oneOff
	oneOff bool
	how    string
}

// each is so many things at so many hours a month.
func (w *work) each(what string, n int, assumption string) task {
	h := w.assumption(assumption)
	return task{what: what, hours: h.Mul(decimal.NewFromInt(int64(n))), how: fmt.Sprintf("%d x %s h", n, h)}
}

// flat is hours a month whatever the size.
func (w *work) flat(what, assumption string) task {
	h := w.assumption(assumption)
	return task{what: what, hours: h, how: h.String() + " h"}
}

// oneOff is migration work, spread over amortisationMonths.
func (w *work) oneOff(what string, n int, assumption string) task {
	t := w.each(what, n, assumption)
	t.oneOff = true
	return t
}

// changeTasks is the work of changed destinations and new apps. Each has its
// own part in the cluster, and a firewall change where one is needed: always,
// unless an authorising gateway stands in for the rule per destination.
func (w *work) changeTasks(access, newApp string) []task {
	changes, withRule := decimal.Zero, decimal.Zero
	for _, a := range w.apps {
		if !a.ChangesPerMonth.V.IsPositive() || len(w.onPremises(a)) == 0 {
			continue
		}
		changes = changes.Add(a.ChangesPerMonth.V)
		if w.needsRule(a) {
			withRule = withRule.Add(a.ChangesPerMonth.V)
		}
	}
	var list []task
	add := func(what string, n decimal.Decimal, assumption string) {
		if n.IsPositive() {
			h := w.assumption(assumption)
			list = append(list, task{what: what, hours: n.Mul(h), how: fmt.Sprintf("%s x %s h", n, h)})
		}
	}
	add("changed destinations", changes, access)
	add("firewall changes for destinations", withRule, "firewallChangeHours")
	add("new apps", w.plan.NewAppsPerMonth.V, newApp)
	if w.newAppsNeedRule() {
		add("firewall changes for new apps", w.plan.NewAppsPerMonth.V, "firewallChangeHours")
	}
	return list
}

// opensToGateway reports whether a firewall lets this candidate's sources
// through without a rule for each destination.
func (w *work) opensToGateway(f *inventory.Firewall) bool {
	_, authorises := w.pattern.(istioPattern)
	return authorises && f != nil && f.OpenToGateways.V
}

// needsRule reports whether a changed destination of the app needs a firewall
// change: some firewall on its ways asks for a rule per destination.
func (w *work) needsRule(a *inventory.App) bool {
	for _, f := range w.onPremises(a) {
		fw := w.plan.Firewall(f.to.Firewall.V)
		if fw != nil && !w.opensToGateway(fw) {
			return true
		}
	}
	return false
}

// newAppsNeedRule reports whether a new app needs a firewall change: unless
// every firewall is open to the gateways.
func (w *work) newAppsNeedRule() bool {
	for i := range w.plan.Firewalls {
		if !w.opensToGateway(&w.plan.Firewalls[i]) {
			return true
		}
	}
	return false
}

// monthlyWork prices the tasks.
func (w *work) monthlyWork() (lines []WorkLine, operations, oneOff decimal.Decimal) {
	rate := w.assumption("engineerHourUSD")
	for _, t := range w.pattern.tasks(w) {
		if !t.hours.IsPositive() {
			continue
		}
		l := WorkLine{What: t.what, Hours: t.hours, Amount: t.hours.Mul(rate), OneOff: t.oneOff,
			How: fmt.Sprintf("%s = %s h x %s USD", t.how, t.hours, rate)}
		if t.oneOff {
			months := w.assumption("amortisationMonths")
			l.Amount = l.Amount.DivRound(months, 8)
			l.How += fmt.Sprintf(" / %s months", months)
			oneOff = oneOff.Add(l.Amount)
		} else {
			operations = operations.Add(l.Amount)
		}
		lines = append(lines, l)
	}
	return lines, operations, oneOff
}
