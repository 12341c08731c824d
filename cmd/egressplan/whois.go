package main

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"egressplan/planner"
	"egressplan/planner/inventory"
)

func newWhois(s *session) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "whois ADDRESS|APP|all PATH...",
		Short: "Say who can look like whom on-premises",
		Long: `Say which apps can appear on-premises as an address and in which states; or who
else can look like an app (namespace/name), and what is the only thing in the way;
or, with all, what stands between every two source groups. Everything said has
been walked. Without --pattern it is the recommended pattern, or the nearest one
if none is feasible.`,
		Example: `  # Whose address is it that the firewall logged?
  egressplan whois 10.20.123.5 plan/
  # Who else could show the ledger's sources, and what alone is in the way?
  egressplan whois payments/ledger plan/
  # The same for every two source groups, where labels decide
  egressplan whois all --pattern cilium-egress-gateway plan/`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) < 2 {
				return usageError(cmd, errors.New("name an address, an app or all, and then the input"))
			}
			return nil
		},
		ValidArgsFunction: s.completeWhois,
	}
	output, pattern := addOutput(cmd), addPattern(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		plan, err := s.load(args[1:])
		if err != nil {
			return err
		}
		if err := checkQuery(plan, args[0]); err != nil {
			return err
		}
		id, err := planner.Whois(plan, pattern.value, args[0])
		if err != nil {
			return err
		}
		if output.value == "json" {
			return s.writeJSON(id)
		}
		return writeIdentity(s.page(), id)
	}
	return cmd
}

// checkQuery suggests an app where what was asked for is nearly one.
func checkQuery(plan *inventory.Plan, query string) error {
	if _, err := netip.ParseAddr(query); err == nil || query == planner.WhoisAll || plan.App(query) != nil {
		return nil
	}
	return fmt.Errorf("%q is neither an IPv4 address nor an app (apps are named namespace/name)%s", query, didYouMean(query, appNames(plan)))
}

func writeIdentity(p *page, id *planner.Identity) error {
	switch {
	case id.Query == planner.WhoisAll:
		return writeMatrix(p, id)
	case strings.Contains(id.Query, "/"):
		return writeLookalikes(p, id)
	}
	return writeAppearances(p, id)
}

// writeLookalikes answers who else can look like an app.
func writeLookalikes(p *page, id *planner.Identity) error {
	if len(id.Sources) == 0 {
		p.title(noSource(id))
		return nil
	}
	p.title(lookalikeSummary(id))
	if id.LeftOut != "" {
		p.para(fmt.Sprintf("%s does not carry %s [%s]; what follows is what it would have.", id.Pattern, id.Query, id.LeftOut))
	}
	writeBlocked(p, id)
	p.heading("Its sources, and how many addresses the firewalls open for it")
	t := &table{columns: []column{{title: "firewall"}, {title: "to", flex: 14}, {title: "sources", flex: 18}, {title: "opened", right: true}, {title: "its own", right: true}}}
	for _, r := range id.Sources {
		t.add(r.Firewall, folded(r.To, 4, 0), folded(r.CIDRs, manyAddresses, 0), planner.Thousands(fmt.Sprint(r.Admits)), planner.Thousands(fmt.Sprint(r.UsedBy)))
	}
	if err := p.table(t, "  "); err != nil {
		return err
	}
	p.heading("Who else can show them, and the only thing in the way")
	if len(id.Lookalikes) == 0 {
		p.item("- ", "nobody, as far as was walked")
	}
	for _, l := range id.Lookalikes {
		who := l.Who
		if l.Count > 0 {
			who += " (" + folded(l.Apps, 4, l.Count) + ")"
		}
		p.item("- ", fmt.Sprintf("%s: seen as %s, let through to %s", who, folded(l.Sources, 4, 0), folded(l.To, 4, 0)))
		p.item("  ", "["+l.Barrier+"] "+l.BarrierText)
	}
	writeLeaks(p, "What else can show of it", id.Leaks)
	return nil
}

// noSource says why an app shows nothing on-premises.
func noSource(id *planner.Identity) string {
	why := "it opens no connection that a firewall there sees."
	switch {
	case id.LeftOut != "":
		why = "it does not go this way [" + id.LeftOut + "]."
	case len(id.Blocked) > 0:
		why = "the pattern cannot be carried out as it is [" + strings.Join(id.Blocked, ", ") + "]."
	}
	return fmt.Sprintf("%s has no source on-premises with %s: %s", id.Query, id.Pattern, why)
}

// writeBlocked warns that an answer is about a plan that cannot be carried out.
func writeBlocked(p *page, id *planner.Identity) {
	if len(id.Blocked) > 0 {
		p.para(fmt.Sprintf("%s cannot be carried out as it is [%s]: only what has a place was walked.", id.Pattern, strings.Join(id.Blocked, ", ")))
	}
}

// lookalikeSummary is the answer in one line: how many others, and the lowest
// barrier.
func lookalikeSummary(id *planner.Identity) string {
	shared := slices.IndexFunc(id.Lookalikes, func(l planner.Lookalike) bool { return l.Barrier == "none" })
	switch {
	case len(id.Lookalikes) == 0:
		return fmt.Sprintf("With %s nobody else can look like %s, as far as was walked.", id.Pattern, id.Query)
	case shared >= 0:
		return fmt.Sprintf("With %s, %s cannot be told from %s at all.", id.Pattern, id.Query, folded(id.Lookalikes[shared].Apps, 4, 0))
	}
	var kinds []string
	for _, l := range id.Lookalikes {
		kinds = withName(kinds, l.Barrier)
	}
	return fmt.Sprintf("With %s, what keeps others from looking like %s: %s.", id.Pattern, id.Query, strings.Join(kinds, ", "))
}

// writeAppearances answers who can appear as an address.
func writeAppearances(p *page, id *planner.Identity) error {
	var apps []string
	for _, a := range id.Appearances {
		apps = withName(apps, a.App)
	}
	switch len(apps) {
	case 0:
		p.title(fmt.Sprintf("With %s no allow-list entry is for %s.", id.Pattern, id.Query))
	case 1:
		p.title(fmt.Sprintf("With %s, %s is %s.", id.Pattern, id.Query, apps[0]))
	default:
		p.title(fmt.Sprintf("With %s, %s may be any of %s.", id.Pattern, id.Query, folded(apps, 4, 0)))
	}
	writeBlocked(p, id)
	for _, b := range id.Space {
		p.item("  ", fmt.Sprintf("%s is in %s %s (%s, %s)", id.Query, b.Name, b.CIDR, b.Purpose, b.Zone))
	}
	if len(id.Appearances) > 0 {
		p.heading("Who, towards what, in which states")
		t := &table{columns: []column{{title: "app"}, {title: "to", flex: 14}, {title: "as", flex: 18}, {title: "states", flex: 20}}}
		for _, a := range id.Appearances {
			t.add(a.App, folded(a.To, 4, 0), folded(a.Sources, 4, 0), folded(a.States, 6, 0))
		}
		if err := p.table(t, "  "); err != nil {
			return err
		}
	}
	writeWhoElse(p, id.Sources)
	writeLeaks(p, "What else can show as it", id.Leaks)
	return nil
}

// writeMatrix shows what stands between every two source groups: a row for who,
// a column for whose.
func writeMatrix(p *page, id *planner.Identity) error {
	cell := map[[2]string]string{}
	var groups, used []string
	for _, b := range id.Matrix {
		cell[[2]string{b.Who, b.Whose}] = b.Barrier
		groups = withName(groups, b.Who)
		if b.Barrier != "" {
			used = withName(used, b.Barrier)
		}
	}
	if len(groups) == 0 {
		p.title(fmt.Sprintf("With %s there are no two source groups to tell apart.", id.Pattern))
		return nil
	}
	slices.Sort(groups)
	p.title(fmt.Sprintf("With %s, what alone keeps the group of a row from showing the source of the group of a column.", id.Pattern))
	writeBlocked(p, id)
	columns := []column{{title: ""}, {title: "group"}}
	for i := range groups {
		columns = append(columns, column{title: fmt.Sprint(i + 1)})
	}
	t := &table{columns: columns}
	for i, who := range groups {
		row := []string{fmt.Sprint(i + 1), who}
		for _, whose := range groups {
			row = append(row, letter(who == whose, cell[[2]string{who, whose}]))
		}
		t.add(row...)
	}
	fmt.Fprintln(p.w)
	if err := p.table(t, "  "); err != nil {
		return err
	}
	fmt.Fprintln(p.w)
	slices.Sort(used)
	for _, b := range used {
		p.item("  "+letter(false, b)+"  ", b)
	}
	p.item("  .  ", "nothing that was walked shows it")
	p.para("Ask for an app to see what was walked.")
	return nil
}

// letter is a barrier in a cell.
func letter(self bool, barrier string) string {
	switch {
	case self:
		return "-"
	case barrier == "":
		return "."
	case barrier == "service-account":
		return "A"
	case barrier == "none":
		return "!"
	case barrier == "same-app":
		return "="
	}
	return strings.ToUpper(barrier[:1])
}

// leakLines is how many leaks are written out.
const leakLines = 20

// writeLeaks lists the sources that can show beside the planned ones, one kind
// of misuse after the other.
func writeLeaks(p *page, title string, leaks []planner.Leak) {
	if len(leaks) == 0 {
		return
	}
	p.heading(title)
	shown := leaks[:min(len(leaks), leakLines)]
	for i, l := range shown {
		if i == 0 || shown[i-1].State != l.State {
			p.item("- ", "["+l.State+"] "+l.Meaning)
		}
		p.item("  ", fmt.Sprintf("%s: seen as %s; %s", folded(l.Apps, 3, l.Count), folded(l.Sources, 3, 0),
			pick(l.Admitted, "the allow-list LETS "+pick(len(l.Sources) > 1, "AT LEAST ONE OF THEM", "IT")+" THROUGH to "+folded(l.To, 4, 0), "the allow-list refuses "+pick(len(l.Sources) > 1, "them", "it"))))
		if i < len(shown)-1 && shown[i+1].State == l.State {
			continue
		}
		if l.Lasts != nil {
			p.item("  ", "for how long: "+l.Lasts.Text)
		}
		p.item("  ", "guard: "+l.Guard)
	}
	if rest := len(leaks) - leakLines; rest > 0 {
		p.item("  ", fmt.Sprintf("and %s more; -o json has them all", count(rest, "leak")))
	}
}
