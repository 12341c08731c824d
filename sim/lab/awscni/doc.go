// Package awscni lets the Amazon VPC CNI plugin write its own rules into the
// namespace of a node, with its own code, and looks at what the kernel makes of
// them: which source address on-premises sees of which pod, and by which network
// interface the packet leaves. It is a module of its own, because the plugin
// brings hundreds of modules with it; it needs Linux, root and iptables.
//
// There is nothing here but tests:
//
//	cd sim/lab/awscni && go test
package awscni
