package inventory

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// ownSource is the source of a row of the user's book that names none: a bill
// without a source cannot be checked.
const ownSource = "the plan's own price book"

// perInstance is the family of items that are named by EC2 instance type.
const perInstance = "ec2-hour:"

// priceList is what a bill can ask a price of, and where.
type priceList struct {
	units   map[string]string // by item, and by family such as ec2-hour:
	items   []string          // without those named by instance type
	regions []string
}

// knownPrices is what the embedded price book lists; made when first used.
var knownPrices = sync.OnceValue(func() priceList {
	list := priceList{units: map[string]string{}}
	for _, p := range embeddedPrices() {
		family, _, open := strings.Cut(p.Item, ":")
		if open {
			list.units[family+":"] = p.Unit
		}
		list.units[p.Item] = p.Unit
		if family+":" != perInstance {
			list.items = append(list.items, p.Item)
		}
		if p.Region != everyRegion {
			list.regions = append(list.regions, p.Region)
		}
	}
	list.items = slices.Compact(list.items)
	slices.Sort(list.regions)
	list.regions = slices.Compact(list.regions)
	return list
})

// unit is the unit an item is counted in; false for an item no bill asks for.
// Any group of Direct Connect locations and any capacity is an item, because
// both are the user's words; any known instance type is.
func (list priceList) unit(item string) (string, bool) {
	if u, ok := list.units[item]; ok && !strings.HasSuffix(item, ":") {
		return u, true
	}
	family, rest, _ := strings.Cut(item, ":")
	if rest == "" {
		return "", false
	}
	if family+":" == perInstance {
		if _, ok := InstanceType(rest); !ok {
			return "", false
		}
	}
	u, ok := list.units[family+":"]
	return u, ok
}

// way is the way out of an unknown item.
func (list priceList) way(item string, spelling *speller) string {
	if t, ok := strings.CutPrefix(item, perInstance); ok {
		if near := spelling.nearest(t, instanceNames()); near != "" {
			return didYouMean(perInstance + near)
		}
	}
	if near := spelling.nearest(item, list.items); near != "" {
		return didYouMean(near)
	}
	var short []string
	for _, i := range list.items {
		if family, _, open := strings.Cut(i, ":"); open {
			i = family + ":..."
		}
		short = append(short, i)
	}
	return "take one of " + strings.Join(slices.Compact(short), ", ") + ", or " + perInstance + "<instance type>"
}

// checkPrices holds the user's rows to what a bill can ask for: a price that no
// line finds would look as if it counted. Rows without a unit get the item's.
func (l *loader) checkPrices() {
	if len(l.given) == 0 {
		return
	}
	list := knownPrices()
	regions := names{what: "region", define: `write "` + everyRegion + `" for every region`, set: map[string]bool{}}.with(list.regions...).with(everyRegion)
	if own := l.plan.Environment.Region; own.Set {
		regions = regions.with(own.V)
	}
	for _, book := range l.given {
		for i := range book {
			l.refer(book[i].region, regions)
			l.checkItem(&book[i], list)
		}
	}
}

func (l *loader) checkItem(r *row, list priceList) {
	unit, known := list.unit(r.Item)
	switch {
	case !r.item.Set:
	case !known:
		l.add(r.item.At, CodeUnknownReference, list.way(r.Item, &l.spelling), "there is no price item %s", quote(r.Item))
	case r.Unit != "" && r.Unit != unit:
		l.add(r.unit.At, CodeConflict, "write "+unit+" and the price of one, or remove unit",
			"unit %s: %s is counted in %s", quote(r.Unit), quote(r.Item), unit)
	}
	r.Unit = cmp.Or(r.Unit, unit)
}
