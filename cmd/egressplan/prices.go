package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

func newPrices(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "prices",
		Short: "Show the prices that bills are made of",
		Long: `Show the prices that bills are made of. They are public list prices in USD,
embedded in egressplan, each with its source; a PriceBook document overlays them.`,
		Example: `  # Which prices hold in a region?
  egressplan prices show --region eu-west-1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPricesShow(s))
	return cmd
}

func newPricesShow(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show [PATH...]",
		Short: "Show the price book in force, with sources",
		Long: `Show the price book in force: the embedded one, overlaid by the PriceBook
documents of a plan, or of files that hold nothing else, if PATHs are given.
Confidence is sure (AWS's own list, or two sources that agree), likely (one
second-hand source, or inferred) or given (the plan's own).

Region * is a price that holds in all commercial regions; --region lists a
region's own prices and, where it has none, those. What is not listed for a
region is unknown there: bills say so and take no other region's.

Of a price in tiers each row is one tier: internet-out-gb in us-east-1 at 0.09 for
"GB up to 10,240" and 0.085 for "GB up to 51,200" bills 12,000 GB a month as
10,240 x 0.09 + 1,760 x 0.085 = 1,071.20 USD.

The prices of EC2 instance types are many, and are listed for --item ec2-hour,
--item ec2-hour:TYPE or --all only.

JSON is itself a PriceBook document: correct the prices and give it back as
another file of the plan.

The exit code is 1 if the region has no price for the item, and 2 if no price at
all is of such a region or item.`,
		Example: `  # Which prices hold in a region?
  egressplan prices show --region eu-west-1
  # What does a node cost?
  egressplan prices show --item ec2-hour:m6i.large --region us-east-1
  # What does a GB through NAT cost, the plan's own prices included?
  egressplan prices show --item nat-gateway-gb plan/
  # A price book to correct and to give back
  egressplan prices show --region us-east-1 -o json > prices.json
  # No such price is known: exit code 1
  egressplan prices show --item transit-gateway-attachment-hour --region eu-west-1`,
	}
	output := addChoice(cmd, "output", "o", "table", "output format", "table", "json", "csv")
	var q planner.PriceQuery
	cmd.Flags().StringVar(&q.Region, "region", "", "only prices that hold in this region")
	cmd.Flags().StringVar(&q.Item, "item", "", "only this item, or family of items such as ec2-hour")
	cmd.Flags().BoolVar(&q.All, "all", false, "the prices of all EC2 instance types as well")
	completePrices(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		book, err := s.prices(args)
		if err != nil {
			return err
		}
		list, err := planner.Prices(book, q)
		switch unknown := (*planner.UnknownNameError)(nil); {
		case errors.As(err, &unknown):
			return usageError(cmd, fmt.Errorf("%w%s", err, didYouMean(unknown.Name, unknown.Known)))
		case errors.Is(err, planner.ErrNoPrice):
			s.page().title(fmt.Sprintf("No price of %s in %s: a bill says that it is unknown. Add it with a PriceBook document.", q.Item, q.Region))
			return errNo
		case err != nil:
			return err
		}
		if output.value != "table" && list.LeftOut > 0 {
			fmt.Fprintln(cmd.ErrOrStderr(), "egressplan: "+instancesLeftOut(list))
		}
		switch output.value {
		case "json":
			return s.writeJSON(list)
		case "csv":
			return s.writeCSV(priceRecords(list))
		}
		return writePrices(s.page(), list, len(args) > 0)
	}
	return cmd
}

// completePrices lets shells complete the embedded book's regions and items.
func completePrices(cmd *cobra.Command) {
	for flag, names := range map[string]func(inventory.Price) string{
		"region": func(p inventory.Price) string { return p.Region }, "item": func(p inventory.Price) string { return p.Item },
	} {
		err := cmd.RegisterFlagCompletionFunc(flag, func(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
			var list []string
			for _, p := range inventory.EmbeddedPrices().Prices {
				list = append(list, names(p))
			}
			slices.Sort(list)
			return offered(slices.Compact(list), begun), cobra.ShellCompDirectiveNoFileComp
		})
		if err != nil {
			panic(err) // the flag was declared above
		}
	}
}

// prices reads the book in force.
func (s *session) prices(paths []string) (inventory.PriceBook, error) {
	if len(paths) == 0 {
		return inventory.EmbeddedPrices(), nil
	}
	files, err := inventory.ReadPaths(paths, s.in)
	if err != nil {
		return inventory.PriceBook{}, err
	}
	book, problems := inventory.LoadPrices(files)
	if len(problems) > 0 {
		return book, &inputError{problems: problems, sources: files}
	}
	return book, nil
}

func instancesLeftOut(list *planner.PriceDocument) string {
	return count(list.LeftOut, "price") + " of EC2 instance types left out: --all, --item ec2-hour or --item ec2-hour:TYPE shows them"
}

func writePrices(p *page, list *planner.PriceDocument, overlaid bool) error {
	p.title(fmt.Sprintf("%s in %s, list prices before tax and discounts%s", count(len(list.Spec.Prices), "price"), list.Spec.Currency,
		pick(overlaid, ", with the price books of the input laid over them", "")))
	fmt.Fprintln(p.w)
	src := &sources{}
	t := &table{columns: []column{
		{title: "item", flex: 24}, {title: "region"}, {title: "price", right: true}, {title: "unit", flex: 9}, {title: "from"},
	}}
	for _, r := range list.Spec.Prices {
		for _, tier := range tiersOf(r) {
			unit := r.Unit
			switch {
			case tier.UpTo != "":
				unit += " up to " + number(tier.UpTo)
			case len(r.Tiers) > 0:
				unit += " beyond"
			}
			t.add(r.Item, r.Region, exactPrice(tier.Price), unit, src.number(origin(r)))
		}
	}
	if err := p.table(t, ""); err != nil {
		return err
	}
	if list.LeftOut > 0 {
		p.aside("", instancesLeftOut(list))
	}
	src.write(p)
	return nil
}

// origin says where a price comes from, as of when, and how sure that is.
func origin(r planner.PriceRow) string {
	if r.AsOf == "" {
		return fmt.Sprintf("%s (%s)", r.Source, r.Confidence)
	}
	return fmt.Sprintf("%s (as of %s, %s)", r.Source, r.AsOf, r.Confidence)
}

// tiersOf are a row's tiers; a price without any is one.
func tiersOf(r planner.PriceRow) []planner.PriceTier {
	if len(r.Tiers) == 0 {
		return []planner.PriceTier{{Price: r.Price}}
	}
	return r.Tiers
}

// exactPrice is a price as the arithmetic of bills shows it.
func exactPrice(text string) string {
	if d, err := decimal.NewFromString(text); err == nil {
		return unitPrice(d)
	}
	return text
}

// priceRecords are prices for a spreadsheet, a tier in each row.
func priceRecords(list *planner.PriceDocument) [][]string {
	records := [][]string{{"region", "item", "unit", "upTo", "price", "currency", "source", "asOf", "confidence"}}
	for _, r := range list.Spec.Prices {
		for _, t := range tiersOf(r) {
			records = append(records, []string{r.Region, r.Item, r.Unit, t.UpTo, t.Price, list.Spec.Currency, r.Source, r.AsOf, r.Confidence})
		}
	}
	return records
}
