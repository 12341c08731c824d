package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"egressplan/planner"
	"egressplan/planner/allowlist"
	"egressplan/planner/inventory"
)

// nativeFormat is each firewall's own syntax, as the plan gives it.
const nativeFormat = "native"

func newAllowList(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "allowlist PATH...",
		Short: "Write what the firewalls must let through",
		Long: `Write what the firewalls must let through: which sources, to which destinations,
on which ports, for which app and because of which line of the input. Without
--pattern it is the recommended pattern, or the nearest one if none is feasible.

Formats:
  table, csv, json     to read, for spreadsheets (a row an entry), for programs
  text                 lines to paste into a ticket
  cisco-asa            object groups and an access list, for ASA 9.x
  nftables             named sets and a chain to jump to, for nft -f
  native               the syntax that the plan gives the firewall

Names of objects come from environment, firewall, source group and destination
alone: what is written again after an app was added has lines more, and none
changed but those of a source group it joins. How the text is used stands at its
top; how many entries each firewall gets, and of how many, on standard error.

The exit code is 1 if the list is not to be filed: the pattern does not meet every
requirement, a firewall gets more entries than its maxEntries, or something could
not be written in the syntax.`,
		Example: `  # What must the firewalls let through?
  egressplan allowlist plan/
  # The same for a spreadsheet, and the entries of one app for a program
  egressplan allowlist --format csv plan/ > entries.csv
  egressplan allowlist --format json plan/ | jq '.entries[] | select(.app == "payments/ledger")'
  # The ticket for one firewall
  egressplan allowlist --firewall dc1-core --format text plan/
  # What is pasted into a Cisco ASA
  egressplan allowlist --firewall dc1-core --format cisco-asa plan/ > dc1-core.cfg
  # What nft loads, checked first
  egressplan allowlist --firewall dc1-shared --format nftables plan/ > dc1-shared.nft
  nft -c -f dc1-shared.nft`,
		Args: somePaths,
	}
	format := addChoice(cmd, "format", "", "table", "what to write", "table", "csv", "json", "text", "cisco-asa", "nftables", nativeFormat)
	cmd.Flags().VarP(format, "output", "o", "the same as --format")
	if err := cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(format.of, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err) // the flag was declared one line above
	}
	cmd.MarkFlagsMutuallyExclusive("format", "output")
	pattern := addPattern(cmd)
	firewall := cmd.Flags().String("firewall", "", "only this firewall")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		plan, err := s.load(args)
		if err != nil {
			return err
		}
		if err := checkFirewall(plan, *firewall); err != nil {
			return err
		}
		list, err := planner.PlanAllowList(plan, pattern.value, *firewall)
		if err != nil {
			return err
		}
		return s.allowList(cmd.ErrOrStderr(), plan, list, format.value)
	}
	return cmd
}

// checkFirewall suggests a firewall where what was asked for is nearly one.
func checkFirewall(plan *inventory.Plan, name string) error {
	if name == "" || plan.Firewall(name) != nil {
		return nil
	}
	return fmt.Errorf("no firewall %q%s", name, didYouMean(name, firewallNames(plan)))
}

// allowList writes the list in a format, and what must be known about it to
// standard error.
func (s *session) allowList(stderr io.Writer, plan *inventory.Plan, l *planner.AllowList, format string) error {
	if format == nativeFormat {
		var err error
		if format, err = nativeSyntax(l); err != nil {
			return err
		}
	}
	var left []string
	var text []byte
	var err error
	switch format {
	case "json":
		err = s.writeJSON(l)
	case "csv":
		err = s.writeCSV(allowRecords(plan, l))
	case "text":
		writeTicket(s.out, plan, l)
	case "cisco-asa":
		text, left = allowlist.CiscoASA(l)
	case "nftables":
		text, left = allowlist.NFTables(l)
	default:
		err = writeAllowPage(s.page(), l)
	}
	s.out.Write(text) // the error stays with the writer and is seen at its flush
	if err != nil {
		return err
	}
	talkAllowList(stderr, l, left, format)
	if !l.Answered() || len(left) > 0 {
		return errNo
	}
	return nil
}

// nativeSyntax is the one syntax of all firewalls.
func nativeSyntax(l *planner.AllowList) (string, error) {
	var syntaxes, which []string
	for _, f := range l.Firewalls {
		syntaxes = append(syntaxes, f.Syntax)
		which = append(which, f.Firewall+" ("+f.Syntax+")")
	}
	slices.Sort(syntaxes)
	switch syntaxes = slices.Compact(syntaxes); len(syntaxes) {
	case 0:
		return "table", nil
	case 1:
		return syntaxes[0], nil
	}
	return "", fmt.Errorf("the firewalls have different syntaxes: name one with --firewall: %s", strings.Join(which, ", "))
}

// talkAllowList says what a list must not be filed without. The page of the
// table says it itself.
func talkAllowList(w io.Writer, l *planner.AllowList, left []string, format string) {
	if format == "table" {
		return
	}
	say := func(text string) { fmt.Fprintln(w, "egressplan: "+escape(text)) }
	for _, line := range allowWarnings(l) {
		say(line)
	}
	for _, f := range l.Firewalls {
		say(f.Firewall + ": " + heldText(&f))
	}
	if len(left) > 0 {
		say(fmt.Sprintf("not written in %s, because only host names are known: %s; give the destinations cidrs", format, folded(left, 4, 0)))
	}
	if n := len(l.Firewalls); n > 1 && (format == "cisco-asa" || format == "nftables") {
		say(fmt.Sprintf("%s, one after the other: each is for its own device (--firewall writes one)", count(n, "firewall")))
	}
}

// allowWarnings say why a list is not to be filed, and whom it leaves out.
func allowWarnings(l *planner.AllowList) []string {
	var list []string
	if len(l.Unmet) > 0 {
		list = append(list, pick(l.Nearest, "no pattern is feasible; the nearest, "+l.Pattern+",", l.Pattern)+" does not meet every requirement: its allow-list is not to be filed")
		for _, why := range l.Unmet {
			list = append(list, "  "+why)
		}
	}
	if n := len(l.Missing); n > 0 {
		list = append(list, "no source address in the plan, and so no entry, for "+folded(l.Missing, 4, 0))
	}
	if len(l.Unmet) > 0 {
		return list // a rejected pattern is shown with everybody in it
	}
	for _, x := range l.Exceptions {
		list = append(list, fmt.Sprintf("%s is left out: %s cannot carry it [%s]", x.App, l.Pattern, x.Code))
	}
	return list
}

// heldText says how many entries a firewall gets, and of how many.
func heldText(f *planner.AllowFirewall) string {
	text := entriesText(f.Rows) + " of one source, destination and port each"
	switch {
	case f.MaxEntries == nil:
		return text
	case f.TooLong():
		return text + ", MORE than the " + planner.Thousands(fmt.Sprint(*f.MaxEntries)) + " it accepts"
	}
	return text + ", of the " + planner.Thousands(fmt.Sprint(*f.MaxEntries)) + " it accepts"
}

// daysText is a lead time.
func daysText(n int) string { return count(n, "day") }

// writeAllowPage is the list for people.
func writeAllowPage(p *page, l *planner.AllowList) error {
	total := 0
	for i := range l.Firewalls {
		total += l.Firewalls[i].Rows
	}
	p.title(fmt.Sprintf("The allow-list of %s: %s for %s.", l.Pattern, entriesText(total), count(len(l.Firewalls), "firewall")))
	for _, line := range allowWarnings(l) {
		p.item(pick(strings.HasPrefix(line, "  "), "  ", "- "), strings.TrimSpace(line))
	}
	var errs []error
	for i := range l.Firewalls {
		f := &l.Firewalls[i]
		p.heading(fmt.Sprintf("%s (site %s, syntax %s, lead time %s): %s", f.Firewall, f.Site, f.Syntax, daysText(f.LeadTimeDays), heldText(f)))
		errs = append(errs, writeAllowTable(p, planner.FoldAllowRows(l.Of(f.Firewall)), "  ", whole))
	}
	return errors.Join(errs...)
}
