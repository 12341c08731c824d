package review

import (
	"strings"

	"egressplan/planner"
)

// bill is the subject's month with its arithmetic, where its prices come from,
// and what it leaves out.
func (r *review) bill() {
	if r.c == nil {
		return
	}
	m := r.c.Monthly
	r.heading(2, "Bill of %s", r.c.ID)
	r.para(words("%s a month.", m.Currency))
	g := &grid{titles: []string{"item", "quantity", "unit", "unit price", "amount", "how"}, right: "lrlrrl"}
	for _, l := range m.Lines {
		g.add(words("%s", l.Item), words("%s", planner.Quantity(l.Quantity)), words("%s", l.Unit), words("%s", planner.UnitPrice(l.UnitPrice)), words("%s", planner.Money(l.Amount)), words("%s", l.How))
	}
	r.table(g, manyBlocks, r.inJSON())
	if len(m.Work) > 0 {
		r.para(strong("Declared work"), words(", at rates that the policy may change:"))
	}
	g = &grid{titles: []string{"what", "hours", "when", "amount", "how"}, right: "lrlrl"}
	for _, l := range m.Work {
		when := "a month"
		if l.OneOff {
			when = "once"
		}
		g.add(words("%s", l.What), words("%s", planner.Quantity(l.Hours)), words("%s", when), words("%s", planner.Money(l.Amount)), words("%s", l.How))
	}
	r.table(g, manyBlocks, r.inJSON())
	r.para(strong("Sums"), words(":"))
	g = &grid{titles: []string{"sum", "amount"}, right: "lr"}
	g.add(words("billed"), words("%s", amount(m, m.Total)))
	g.add(words("and operations"), words("%s", planner.Money(m.Operations)))
	g.add(words("and one-off work, spread over its months"), words("%s", planner.Money(m.OneOff)))
	g.add(words("decision"), words("%s", amount(m, m.Decision)))
	r.table(g, len(g.rows), "")
	if waste := m.Nodes.Workload - m.Nodes.Shared; m.Nodes.Dedicated > 0 && waste > 0 {
		r.para(words("Of the %s, %d are the price of dedication: %d would do if groups shared them.", planner.Count(m.Nodes.Workload, "workload node"), waste, m.Nodes.Shared))
	}
	if len(m.Unknown) > 0 {
		r.para(strong("Unknown"), words(", and left out of the sums:"))
		var list []inline
		for _, u := range m.Unknown {
			list = append(list, words("%s: %s", u.Item, sentence(u.Why)))
		}
		r.list(list, manyLines, r.inJSON())
	} else {
		r.para(words("Nothing is unknown: every quantity and price was found."))
	}
	r.sources(m)
}

// sources says where the prices come from, one line for each source.
func (r *review) sources(m planner.Monthly) {
	var order []string
	items := map[string][]string{}
	for _, l := range m.Lines {
		if l.Source == "" {
			continue
		}
		if items[l.Source] == nil {
			order = append(order, l.Source)
		}
		items[l.Source] = append(items[l.Source], l.Item)
	}
	if len(order) == 0 {
		return
	}
	r.para(strong("Where the prices come from"), words(":"))
	var list []inline
	for _, s := range order {
		list = append(list, words("%s: %s", strings.Join(items[s], ", "), sentence(s)))
	}
	r.list(list, manyLines, "egressplan recommend -o json "+r.paths)
}
