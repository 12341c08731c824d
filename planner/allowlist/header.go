package allowlist

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

// commentWidth is how long a line of comment is at most, its mark not counted.
// Cisco ASA takes remarks of up to 100 characters (ASA Series Command Reference,
// access-list remark).
const commentWidth = 100

// comment writes prose as lines of comment; the text is made plain.
func comment(w io.Writer, mark, text string) { written(w, mark, plain(text)) }

// written is comment for text that is plain already.
func written(w io.Writer, mark, text string) {
	for _, line := range lines(text, commentWidth) {
		fmt.Fprintln(w, mark+line)
	}
}

// header says what a part is: for whom it is, and what must be known before it
// is used.
func (p *part) header(w io.Writer, mark string) {
	tell := func(format string, args ...any) { comment(w, mark, fmt.Sprintf(format, args...)) }
	tell("Allow-list of firewall %s, written by egressplan", p.firewall.Firewall)
	days := strconv.Itoa(p.firewall.LeadTimeDays) + " days"
	if p.firewall.LeadTimeDays == 1 {
		days = "1 day"
	}
	tell("environment %s, pattern %s, site %s, lead time %s", p.environment(), p.list.Pattern, p.firewall.Site, days)
	if p.list.Environment == "" {
		tell("Name the environment (metadata.name) before another plan without a name goes into this device: their objects would have the same names")
	}
	if p.list.Nearest {
		tell("DO NOT FILE: no pattern is feasible, this is the nearest one")
	}
	for _, why := range p.list.Unmet {
		tell("DO NOT FILE: the pattern does not meet every requirement: %s", why)
	}
	switch m := p.firewall.MaxEntries; {
	case p.firewall.TooLong():
		tell("DO NOT FILE: too long, the firewall accepts %d entries and these are %d", *m, p.firewall.Rows)
	case m != nil && p.expanded() > *m:
		tell("Destinations overlap: expanded, these are %d entries, some of them the same; the firewall accepts %d", p.expanded(), *m)
	}
	if len(p.list.Missing) > 0 {
		tell("INCOMPLETE: no source address in the plan for %s", few(p.list.Missing))
	}
	for i, x := range p.list.Exceptions {
		if len(p.list.Unmet) > 0 {
			break // a rejected pattern is shown with everybody in it
		}
		if i == most {
			tell("and %d more apps left out", len(p.list.Exceptions)-most)
			break
		}
		tell("left out, because the pattern cannot carry it: %s [%s]", x.App, x.Code)
	}
}

// environment names the environment.
func (p *part) environment() string {
	if p.list.Environment == "" {
		return "without a name"
	}
	return p.list.Environment
}

// most is how many of a list are named.
const most = 10

// few names the first of a list and counts the rest.
func few(list []string) string {
	if len(list) <= most {
		return strings.Join(list, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(list[:most], ", "), len(list)-most)
}

// carries reports whether some rule has a service of the protocol.
func (p *part) carries(protocol string) bool {
	for _, r := range p.rules {
		for _, s := range r.services {
			if s.Protocol == protocol {
				return true
			}
		}
	}
	return false
}
