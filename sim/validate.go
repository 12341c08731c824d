package sim

import (
	"errors"
	"fmt"
	"net/netip"
)

// Validate reports all mistakes that no walk could make sense of: routes to
// nodes that are not there, prefixes and addresses that are not IPv4, reversed
// port ranges, a port pool without addresses, proxied addresses that do not
// match the nodes behind them.
// An invalid address among NAT.To is allowed: it stands for a translation that
// has no address to give.
func Validate(n *Network) error {
	var errs []error
	for i := range n.Nodes {
		for _, err := range validateNode(n, &n.Nodes[i]) {
			errs = append(errs, fmt.Errorf("node %d (%q): %w", i, n.Nodes[i].Name, err))
		}
	}
	return errors.Join(errs...)
}

func validateNode(n *Network, node *Node) []error {
	var errs []error
	say := func(err error, what string, at int) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %d: %w", what, at, err))
		}
	}
	for i, p := range node.Owns {
		say(needBlock(p), "owned block", i)
	}
	for i := range node.Routes {
		say(validateRoute(n, &node.Routes[i]), "route", i)
	}
	for i := range node.NAT {
		say(validateNAT(&node.NAT[i]), "translation", i)
	}
	for i, r := range rulesOf(node.Ingress) {
		say(validateMatch(r.Match), "ingress rule", i)
	}
	for i, r := range rulesOf(node.Egress) {
		say(validateMatch(r.Match), "egress rule", i)
	}
	if node.Proxy == nil {
		return errs
	}
	for i, r := range rulesOf(node.Proxy.Authorize) {
		say(validateMatch(r.Match), "authorisation", i)
	}
	for i := range node.Proxy.Forwards {
		say(validateForward(n, &node.Proxy.Forwards[i]), "proxy forward", i)
	}
	return errs
}

func rulesOf(f *Filter) []Rule {
	if f == nil {
		return nil
	}
	return f.Rules
}

func validateRoute(n *Network, r *Route) error {
	for _, id := range r.Next {
		if id < 0 || int(id) >= len(n.Nodes) {
			return fmt.Errorf("next %d is not a node", id)
		}
	}
	return errors.Join(needBlock(r.Dst), mayBlock(r.Src))
}

func validateNAT(t *NAT) error {
	for _, a := range t.To {
		if a.IsValid() && !a.Is4() {
			return fmt.Errorf("%s is not an IPv4 address", a)
		}
	}
	if len(t.To) == 0 && (t.PortFrom != 0 || t.PortTo != 0) {
		return errors.New("ports to give but no address")
	}
	return errors.Join(validatePorts(t.PortFrom, t.PortTo), validateMatch(t.Match))
}

func validateForward(n *Network, f *Forward) error {
	if f.From.IsValid() && !f.From.Is4() {
		return fmt.Errorf("from %s: not an IPv4 address", f.From)
	}
	if len(f.Via) > 0 && len(f.Via) != len(f.To) {
		return fmt.Errorf("%d nodes behind %d addresses", len(f.Via), len(f.To))
	}
	for _, id := range f.Via {
		if id < 0 || int(id) >= len(n.Nodes) {
			return fmt.Errorf("via %d is not a node", id)
		}
	}
	for _, to := range f.To {
		if !to.Addr().Is4() {
			return fmt.Errorf("to %s: not an IPv4 address", to)
		}
	}
	return validateMatch(f.Match)
}

func validateMatch(m Match) error {
	return errors.Join(mayBlock(m.Src), mayBlock(m.Dst), validatePorts(m.PortFrom, m.PortTo))
}

func validatePorts(from, to uint16) error {
	if from > to {
		return fmt.Errorf("ports %d to %d are the wrong way round", from, to)
	}
	return nil
}

// mayBlock accepts no prefix at all, which matches everything.
func mayBlock(p netip.Prefix) error {
	if p == (netip.Prefix{}) {
		return nil
	}
	return needBlock(p)
}

func needBlock(p netip.Prefix) error {
	if !p.IsValid() || !p.Addr().Is4() {
		return fmt.Errorf("%s is not an IPv4 prefix", p)
	}
	return nil
}
