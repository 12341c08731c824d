package inventory

import "egressplan/planner/finding"

// EmbeddedPrices is the price book egressplan ships with.
func EmbeddedPrices() PriceBook { return overlay(nil) }

// LoadPrices reads the price book in force for a plan: the embedded one with the
// plan's PriceBook documents laid over it. Sources that hold nothing but such
// documents need no plan around them. Like [Load] it returns a book or problems,
// never both.
func LoadPrices(sources []Source) (PriceBook, []finding.Problem) {
	l := newLoader()
	for _, s := range sources {
		l.source(s)
	}
	if _, prices := l.seen[KindPriceBook]; !prices || len(l.seen) > 1 {
		plan, problems := Load(sources)
		if len(problems) > 0 {
			return PriceBook{}, problems
		}
		return plan.PriceBook, nil
	}
	l.checkPrices()
	if len(l.problems) > 0 {
		return PriceBook{}, sorted(l.problems)
	}
	return overlay(l.given), nil
}
