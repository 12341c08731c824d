// Package lab builds a sim.Network from Linux network namespaces.
package lab
