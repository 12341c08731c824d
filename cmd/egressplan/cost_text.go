package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"egressplan/planner"
)

// writeCost shows bills for people: the totals, the winner's lines, what makes
// the others dearer, where that turns, and the lines of the others.
func writeCost(p *page, b *planner.Bill) error {
	if len(b.Candidates) == 0 {
		p.title("No bill: the policy excludes all four patterns.")
		return nil
	}
	writeCostTitle(p, b)
	if err := writeTotals(p, b.Candidates); err != nil {
		return err
	}
	src := &sources{}
	if err := writeLines(p, &b.Candidates[0], src); err != nil {
		return err
	}
	for i := range b.Differences {
		if err := writeDifference(p, b, &b.Differences[i]); err != nil {
			return err
		}
	}
	if err := writeBreakEvens(p, b); err != nil {
		return err
	}
	for i := range b.Candidates[1:] {
		if err := writeLines(p, &b.Candidates[i+1], src); err != nil {
			return err
		}
	}
	src.write(p)
	return nil
}

// asCandidate is a bill in the form that recommend shows.
func asCandidate(c *planner.CandidateBill) *planner.Candidate {
	return &planner.Candidate{ID: c.ID, Pattern: c.Pattern, Status: c.Status, Monthly: c.Monthly}
}

func writeCostTitle(p *page, b *planner.Bill) {
	first := &b.Candidates[0]
	switch {
	case b.Candidate == nil && len(b.Candidates) > 1:
		p.title(fmt.Sprintf("No pattern is feasible; %s comes nearest. The bills all the same:", *b.Against))
	case b.Candidate == nil:
		p.title(priced(asCandidate(first)))
		p.para("No pattern is feasible.")
	case first.ID == *b.Candidate:
		p.title(headline(asCandidate(first)))
	default:
		p.title(priced(asCandidate(first)))
		p.para("Recommended is " + *b.Candidate + ".")
	}
	for _, c := range b.Conditional {
		p.item("- ", conditionText(c))
	}
}

// writeTotals sets the sums of the candidates side by side; what must be known
// before they are compared hangs below each.
func writeTotals(p *page, list []planner.CandidateBill) error {
	p.heading("Totals, " + list[0].Monthly.Currency + " a month")
	t := &table{columns: []column{
		{title: "#", right: true}, {title: "pattern"}, {title: "billed", right: true, flex: 8}, {title: "waste", right: true},
		{title: "operations", right: true}, {title: "one-off", right: true}, {title: "decision", right: true, flex: 8},
		{title: "per GB more", right: true, from: perGBWidth},
	}}
	for i := range list {
		c := &list[i]
		m := c.Monthly
		least := pick(len(m.Unknown) > 0, "at least ", "")
		t.add(strconv.Itoa(c.Rank), c.ID, least+planner.Money(m.Total), wasteCell(c.Waste), planner.Money(m.Operations),
			planner.Money(m.OneOff), least+planner.Money(m.Decision), perGB(m))
		t.hang(caveats(c))
	}
	if err := p.table(t, "  "); err != nil {
		return err
	}
	p.aside("  ", "billed: AWS and licences; waste: the part of it that dedicated nodes cost beyond shared ones; operations and one-off: declared work; decision = billed + operations + one-off")
	return nil
}

func wasteCell(w *planner.Waste) string {
	switch {
	case w == nil:
		return "-"
	case !w.Amount.Valid:
		return "unknown"
	}
	return planner.Money(w.Amount.Decimal)
}

// caveats are what a total must not be read without.
func caveats(c *planner.CandidateBill) string {
	var list []string
	if c.Status == planner.Rejected {
		list = append(list, "rejected: "+folded(bracketed(c.Blockers), 3, 0))
	}
	if n := len(c.Exceptions); n > 0 && c.Status != planner.Rejected {
		list = append(list, count(n, "app")+" left out")
	}
	if n := len(c.Monthly.Unknown); n > 0 {
		var items []string
		for _, u := range c.Monthly.Unknown {
			items = withName(items, u.Item)
		}
		list = append(list, fmt.Sprintf("%d unknown: %s", n, folded(items, 3, 0)))
	}
	return strings.Join(list, "; ")
}

func bracketed(codes []string) []string {
	list := make([]string, len(codes))
	for i, c := range codes {
		list[i] = "[" + c + "]"
	}
	return list
}

// howWidth is from how many columns on a line's derivation stands beside it; on
// a narrower page it hangs below.
const howWidth = 120

// writeLines shows one bill with its arithmetic.
func writeLines(p *page, c *planner.CandidateBill, src *sources) error {
	m := c.Monthly
	p.heading(fmt.Sprintf("The bill of %s, %s a month", c.ID, m.Currency))
	t := &table{columns: []column{
		{title: "item", flex: 20}, {title: "quantity x price", right: true}, {title: "amount", right: true}, {title: "source"}, {title: "how", flex: 30, from: howWidth},
	}}
	if p.width < howWidth {
		t.columns = t.columns[:4]
	}
	rest := m.Total.Round(2)
	for _, l := range m.Lines {
		row := []string{l.Item, arithmetic(l), planner.Money(l.Amount), src.number(l.Source)}
		how := derivation(l, m.Currency)
		if p.width >= howWidth {
			t.add(append(row, how)...)
		} else {
			t.add(row...)
			t.hang(how)
		}
		rest = rest.Sub(l.Amount.Round(2))
	}
	if !rest.IsZero() {
		t.add(append([]string{centsRow, "", planner.Money(rest), ""}, make([]string, len(t.columns)-4)...)...)
	}
	if err := p.table(t, "  "); err != nil {
		return err
	}
	writeWaste(p, c)
	for _, once := range []bool{false, true} {
		if err := writeTasks(p, m.Work, once); err != nil {
			return err
		}
	}
	if err := writeSums(p, m); err != nil {
		return err
	}
	writeUnknowns(p, asCandidate(c))
	return nil
}

// writeTasks shows declared work with its arithmetic: what comes back every
// month, or what is done once and spread over months.
func writeTasks(p *page, work []planner.WorkLine, once bool) error {
	t := &table{columns: []column{
		{title: pick(once, "one-off work, spread", "operations, a month"), flex: 24}, {title: "amount", right: true}, {title: "how", flex: 20},
	}}
	for _, l := range work {
		if l.OneOff == once {
			t.add(l.What, planner.Money(l.Amount), l.How)
		}
	}
	if len(t.rows) > 0 {
		fmt.Fprintln(p.w)
	}
	return p.table(t, "  ")
}

// centsRow is the row that makes printed cents add up.
const centsRow = "rounding of the cents"

// writeWaste says in words what is billed for dedicated nodes, and what of that
// shared nodes would not cost.
func writeWaste(p *page, c *planner.CandidateBill) {
	w := c.Waste
	if w == nil {
		return
	}
	billed := ""
	for _, l := range c.Monthly.Lines {
		if l.Item == w.Item {
			billed = planner.Money(l.Amount)
		}
	}
	fmt.Fprintln(p.w)
	switch {
	case w.Nodes == 0:
		p.item("  ", fmt.Sprintf("Dedicated nodes waste nothing: %d run, and shared scheduling would need %d.", w.Workload, w.Shared))
	case !w.Amount.Valid:
		p.item("  ", fmt.Sprintf("Dedicated nodes: %d run where %d shared ones would do; what the %d beyond cost is unknown: %s", w.Workload, w.Shared, w.Nodes, w.How))
	default:
		p.item("  ", fmt.Sprintf("Dedicated nodes: %s is billed for %s, and %s of that is waste: %d nodes run where %d shared ones would do; %s = %s.",
			billed, w.Item, planner.Money(w.Amount.Decimal), w.Workload, w.Shared, w.How, planner.Money(w.Amount.Decimal)))
	}
}

// arithmetic is a line's multiplication up to the equals sign, with as many
// decimals as it takes to come out right to the cent. Where several prices apply
// it is the derivation that shows them.
func arithmetic(l planner.Line) string {
	if !l.Quantity.Mul(l.UnitPrice).Equal(l.Amount) {
		return fmt.Sprintf("%s %s, by tier =", quantity(l.Quantity), l.Unit)
	}
	q := quantity(l.Quantity)
	for places := int32(2); places < 16; places++ {
		rounded := l.Quantity.Round(places)
		if rounded.Mul(l.UnitPrice).Round(2).Equal(l.Amount.Round(2)) && !rounded.IsZero() {
			q = planner.Thousands(rounded.String())
			break
		}
	}
	return fmt.Sprintf("%s %s x %s =", q, l.Unit, unitPrice(l.UnitPrice))
}

// derivation is how the quantity of a line comes about, without the
// multiplication that stands beside it.
func derivation(l planner.Line, currency string) string {
	product := fmt.Sprintf("%s %s x %s %s", l.Quantity, l.Unit, l.UnitPrice, currency)
	return strings.TrimSuffix(strings.TrimSuffix(l.How, product), " = ")
}

// sources numbers where prices come from, in the order in which they are asked
// for.
type sources struct{ list []string }

func (s *sources) number(text string) string {
	if text == "" {
		return ""
	}
	i := slices.Index(s.list, text)
	if i < 0 {
		i, s.list = len(s.list), append(s.list, text)
	}
	return fmt.Sprintf("[%d]", i+1)
}

func (s *sources) write(p *page) {
	if len(s.list) == 0 {
		return
	}
	p.heading("Where the prices come from")
	for i, text := range s.list {
		p.item(fmt.Sprintf("  [%d] ", i+1), text)
	}
}

func joined(list []string) string { return strings.Join(list, "; ") }

// known is an amount as data, "" where it is not known.
func known(d decimal.NullDecimal) string {
	if !d.Valid {
		return ""
	}
	return d.Decimal.String()
}
