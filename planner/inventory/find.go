package inventory

import "sort"

func destinationName(d *Destination) string { return d.Name.V }
func firewallName(f *Firewall) string       { return f.Name.V }
func appKey(a *App) string                  { return a.Key }

// find looks a name up in a list sorted by it. The elements are large: they are
// compared in place, which slices.BinarySearchFunc does not do.
func find[T any](list []T, name string, key func(*T) string) *T {
	i := sort.Search(len(list), func(i int) bool { return key(&list[i]) >= name })
	if i == len(list) || key(&list[i]) != name {
		return nil
	}
	return &list[i]
}
