package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"egressplan/planner"
)

func newCost(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cost PATH...",
		Short: "Show the monthly bill of each pattern, line by line",
		Long: `Show what each pattern costs in a month: the totals, every line with its
arithmetic and the source of its price, what of the bill is waste because nodes
are dedicated, declared work, what is unknown; then every other pattern against
the recommended one item by item, and the traffic at which two patterns cost the
same, if all volumes grow or shrink alike. A line such as

  nat-gateway-gb                 3,500 GB x 0.045 =    157.50  [4]

is 3,500 GB a month at 0.045 USD each, 157.50 USD; where the price was read and
as of when stands under [4] at the end.

What nobody gave a volume or a price for is never taken for nothing: the bill is
then "at least", and says what is missing.

Break-evens are searched from no traffic to 1000 times today's, gateway nodes
and tiers of prices included; connections and pods stay as they are.

In CSV each row is a record: line, operations, oneOff, total, waste, unknown,
difference (to the recommended pattern; empty where it is open), breakEven (of
the candidate with the item, below that quantity the candidate is cheaper). Waste
is part of the lines, and totals are their sums: add up one kind of record only.

The exit code is 1 if no pattern is feasible; the bills are shown all the same.`,
		Example: `  # What does each pattern cost, and where does the difference come from?
  egressplan cost plan/
  # When does NAT get dearer than gateways?
  egressplan cost --pattern private-nat-gateway plan/
  # For a spreadsheet
  egressplan cost -o csv plan/ > bill.csv`,
		Args: somePaths,
	}
	output := addChoice(cmd, "output", "o", "table", "output format", "table", "json", "csv")
	pattern := addPattern(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		plan, err := s.load(args)
		if err != nil {
			return err
		}
		bill, err := planner.Cost(plan, pattern.value)
		if err != nil {
			return err
		}
		switch output.value {
		case "json":
			err = s.writeJSON(bill)
		case "csv":
			err = s.writeCSV(billRecords(bill))
		default:
			err = writeCost(s.page(), bill)
		}
		if err == nil && bill.Candidate == nil {
			err = errNo
		}
		return err
	}
	return cmd
}

// billRecords are a bill for a spreadsheet, a record in each row.
func billRecords(b *planner.Bill) [][]string {
	list := [][]string{{"candidate", "status", "record", "item", "quantity", "unit", "unitPrice", "amount", "currency", "how", "source"}}
	for _, c := range b.Candidates {
		m := c.Monthly
		add := func(record, item, quantity, unit, price, amount, how, source string) {
			list = append(list, []string{c.ID, string(c.Status), record, item, quantity, unit, price, amount, m.Currency, how, source})
		}
		for _, l := range m.Lines {
			add("line", l.Item, l.Quantity.String(), l.Unit, l.UnitPrice.String(), l.Amount.String(), l.How, l.Source)
		}
		for _, w := range m.Work {
			add(pick(w.OneOff, "oneOff", "operations"), w.What, w.Hours.String(), "h", "", w.Amount.String(), w.How, "")
		}
		add("total", "billed", "", "", "", m.Total.String(), "", "")
		add("total", "operations", "", "", "", m.Operations.String(), "", "")
		add("total", "oneOff", "", "", "", m.OneOff.String(), "", "")
		add("total", "decision", "", "", "", m.Decision.String(), "", "")
		if c.Waste != nil {
			add("waste", c.Waste.Item, strconv.Itoa(c.Waste.Nodes), "nodes", "", known(c.Waste.Amount), c.Waste.How, "")
		}
		for _, u := range m.Unknown {
			add("unknown", u.Item, "", "", "", "", u.Why, "")
		}
		for _, d := range b.Differences {
			for _, l := range d.Lines {
				if d.Candidate == c.ID {
					add("difference", l.Item, "", "", "", known(l.Difference), joined(l.Unknown), "")
				}
			}
		}
		for _, e := range b.BreakEven {
			if e.Between[0] == c.ID {
				add("breakEven", e.Between[1], e.At.String(), e.Unit, "", "", breakEvenNote(e), "")
			}
		}
	}
	return list
}
