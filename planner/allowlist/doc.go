// Package allowlist writes an allow-list in the syntax of a firewall: object
// groups and an access list for Cisco ASA, named sets and a chain for nftables.
//
//	planner.AllowRow ──> rule (source, destination, services) ──> text
//
// Rows become one rule only where their source and their destination are the
// same, so that a rule, which lets each of its sources reach each of its
// destinations on each of its services, lets through what its rows do and
// nothing else.
//
// Names of objects come from environment, firewall, source group and destination
// alone. An app that is added adds lines and changes none but those of a source
// group that it joins.
package allowlist
