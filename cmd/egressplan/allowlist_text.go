package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

// writeTicket writes a line for each entry, however long, since what is pasted
// into a ticket is wrapped there.
func writeTicket(w io.Writer, plan *inventory.Plan, l *planner.AllowList) {
	say := func(text string) { fmt.Fprintln(w, escape(text)) }
	for i := range l.Firewalls {
		f := &l.Firewalls[i]
		if i > 0 {
			say("")
		}
		say(fmt.Sprintf("Firewall %s (site %s): %s; lead time %s", f.Firewall, f.Site, heldText(f), daysText(f.LeadTimeDays)))
		say(fmt.Sprintf("For the sources of pattern %s in environment %s", l.Pattern, pick(l.Environment == "", "(no name)", l.Environment)))
		for _, line := range allowWarnings(l) {
			say("Note: " + strings.TrimSpace(line))
		}
		for _, r := range l.Of(f.Firewall) {
			say(ticketLine(plan, &r))
		}
	}
}

// ticketLine is one entry: from where to where on what, for whom, in which
// states, and which line of the input asks for it.
func ticketLine(plan *inventory.Plan, r *planner.AllowRow) string {
	sources, destinations := r.Ends()
	what := r.App + " to " + r.To
	if r.Initiator == inventory.InitiatorOnPrem {
		what = r.To + " to " + r.App + ", opened from on-premises"
	}
	if r.Site != "" {
		what += ", opens all of site " + r.Site + " because a gateway authorises"
	}
	if len(r.Hosts) > 0 && len(r.Sources) > 0 && len(r.Destinations) > 0 {
		what += " (" + strings.Join(r.Hosts, ", ") + ")"
	}
	owner := ""
	if a := plan.App(r.App); a != nil && a.Owner != "" {
		owner = "; owner " + a.Owner
	}
	return fmt.Sprintf("- %s -> %s %s; %s%s; states %s; required by %s", strings.Join(sources, ", "), strings.Join(destinations, ", "),
		r.Ports(), what, owner, planner.FoldStates(r.States), r.RequiredBy)
}

// allowRecords are the entries for a spreadsheet, a title and then a row each;
// lists stand in one cell, with a space between.
func allowRecords(plan *inventory.Plan, l *planner.AllowList) [][]string {
	records := [][]string{{"firewall", "app", "to", "initiator", "sources", "destinations", "hosts", "protocol", "portFrom", "portTo", "states", "leadTimeDays", "owner", "requiredBy"}}
	days := map[string]string{}
	for _, f := range l.Firewalls {
		days[f.Firewall] = strconv.Itoa(f.LeadTimeDays)
	}
	for _, r := range l.Entries {
		from, to, owner := strconv.Itoa(r.PortFrom), strconv.Itoa(r.PortTo), ""
		if r.Protocol != "tcp" && r.Protocol != "udp" {
			from, to = "", "" // it has no ports
		}
		if a := plan.App(r.App); a != nil {
			owner = a.Owner
		}
		records = append(records, []string{r.Firewall, r.App, r.To, r.Initiator, strings.Join(r.Sources, " "), strings.Join(r.Destinations, " "), strings.Join(r.Hosts, " "),
			r.Protocol, from, to, strings.Join(r.States, " "), days[r.Firewall], owner, r.RequiredBy})
	}
	return records
}
