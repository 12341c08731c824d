package inventory

import (
	"cmp"
	"fmt"
	"slices"

	"egressplan/planner/finding"
)

// sortUnique sorts a list by key, then place, and reports each key that stands
// twice. A zero key was reported when it was read. Objects are large, so keys
// are sorted and the objects moved once.
func sortUnique[T any, K cmp.Ordered](r *report, list []T, what string, key func(*T) (K, finding.Pos)) {
	type entry struct {
		key  K
		at   finding.Pos
		from int
	}
	order := make([]entry, len(list))
	for i := range list {
		k, at := key(&list[i])
		order[i] = entry{k, at, i}
	}
	slices.SortStableFunc(order, func(a, b entry) int { return cmp.Or(cmp.Compare(a.key, b.key), a.at.Compare(b.at)) })
	unsorted := slices.Clone(list)
	var none K
	for i, e := range order {
		list[i] = unsorted[e.from]
		if i > 0 && e.key == order[i-1].key && e.key != none {
			r.collide(CodeDuplicateName, e.at, order[i-1].at, "change or remove one of the two", "%s %s stands twice", what, quote(fmt.Sprint(e.key)))
		}
	}
}

// distinct reports values of an unsorted list that stand twice.
func distinct[T ~string](r *report, list []Value[T], what string) {
	sortUnique(r, slices.Clone(list), what, func(v *Value[T]) (string, finding.Pos) { return string(v.V), v.At })
}
