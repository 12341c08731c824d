// Package peers measures other allocators beside this one, on the same demands
// in one run. It is a module of its own so that its dependencies stay out of the
// tool's.
package peers
