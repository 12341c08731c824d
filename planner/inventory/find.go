package inventory

import (
	"cmp"
	"slices"
)

func destinationName(d *Destination) string { return d.Name.V }
func firewallName(f *Firewall) string       { return f.Name.V }
func appKey(a *App) string                  { return a.Key }

// find looks a name up in a list sorted by it.
func find[T any](list []T, name string, key func(*T) string) *T {
	i, ok := slices.BinarySearchFunc(list, name, func(e T, n string) int { return cmp.Compare(key(&e), n) })
	if !ok {
		return nil
	}
	return &list[i]
}
