package inventory

import (
	"net/netip"

	"gopkg.in/yaml.v3"
)

// Syntaxes are the notations an allow-list can be written in.
var Syntaxes = []string{"table", "csv", "json", "text", "cisco-asa", "nftables"}

var identities = []Identity{IdentityApp, IdentityNamespace, IdentityTenant, IdentityAccessProfile, IdentityCluster}

// firewalls reads the spec of FirewallRequirements.
func (l *loader) firewalls(doc document) {
	o, ok := doc.d.object(doc.spec, "the spec of FirewallRequirements", "firewalls", "destinations")
	if !ok {
		return
	}
	l.plan.Firewalls = append(l.plan.Firewalls, objects(o, "firewalls", readFirewall)...)
	l.plan.Destinations = append(l.plan.Destinations, objects(o, "destinations", readDestination)...)
}

func readFirewall(d *decoder, n *yaml.Node) (Firewall, bool) {
	o, ok := d.object(n, "a firewall", "name", "site", "syntax", "identity", "broadestSource", "maxEntries", "openToGateways", "leadTimeDays")
	if !ok {
		return Firewall{}, false
	}
	return Firewall{
		Meta: o.meta(), At: o.at(),
		Name:           required(o, "name", name),
		Site:           optional(o, "site", "", text),
		Syntax:         optional(o, "syntax", "text", oneOf(Syntaxes...)),
		Identity:       required(o, "identity", oneOf(identities...)),
		BroadestSource: optional(o, "broadestSource", 32, whole(0, 32)),
		MaxEntries:     optional(o, "maxEntries", 0, whole(0, maxCount)),
		OpenToGateways: optional(o, "openToGateways", false, boolean),
		LeadTimeDays:   optional(o, "leadTimeDays", 0, whole(0, 3650)),
	}, true
}

func readDestination(d *decoder, n *yaml.Node) (Destination, bool) {
	o, ok := d.object(n, "a destination", "name", "kind", "firewall", "cidrs", "clusterIP", "hosts", "service", "ports", "application", "identity",
		"authorization", "delegatedIdentity", "mustSurvive")
	if !ok {
		return Destination{}, false
	}
	t := Destination{
		Meta: o.meta(), At: o.at(),
		Name:              required(o, "name", name),
		Kind:              required(o, "kind", oneOf(KindOnPremises, KindAWSService, KindInternet, KindNetwork)),
		Firewall:          optional(o, "firewall", "", text),
		CIDRs:             each(o, "cidrs", prefix),
		ClusterIP:         optional(o, "clusterIP", netip.Addr{}, address),
		Hosts:             each(o, "hosts", host),
		Service:           optional(o, "service", "", text),
		Ports:             o.portList("ports"),
		PortsAt:           o.at(),
		Identity:          optional(o, "identity", "", oneOf(identities...)),
		Authorization:     optional(o, "authorization", AuthzAddress, oneOf(AuthzAddress, AuthzWorkload, AuthzRequest)),
		DelegatedIdentity: optional(o, "delegatedIdentity", false, boolean),
		MustSurvive:       each(o, "mustSurvive", oneOf(SurviveNodeLost, SurviveZoneLost, SurviveLinkLost)),
	}
	t.Application = optional(o, "application", usualApplication(t.Ports), oneOf(AppTCP, AppTLS, AppHTTP, AppHTTPS))
	if n := o.field("ports"); n == nil {
		o.missing("ports")
	} else {
		t.PortsAt = d.at(n)
		if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
			d.problem(n, CodeMissing, "give at least one, such as tcp/443", "ports is empty")
		}
	}
	distinct(d.report, t.MustSurvive, "mustSurvive")
	checkDestination(o, &t)
	checkClusterIP(o, &t)
	return t, true
}

// checkDestination holds the keys of a destination to its kind.
func checkDestination(o object, t *Destination) {
	addressed := o.field("cidrs") != nil || o.field("hosts") != nil
	switch {
	case !t.Kind.Set:
	case t.Kind.V == KindAWSService && t.Service.V == "" && (t.Service.Set || o.field("service") == nil):
		o.d.add(o.at(), CodeMissing, "add service, such as s3 or sts", "destination %s is an aws-service and has no %q", quote(t.Name.V), "service")
	case (t.Kind.V == KindOnPremises || t.Kind.V == KindNetwork) && (!addressed || len(o.items("cidrs"))+len(o.items("hosts")) == 0):
		o.d.add(o.at(), CodeMissing, "add cidrs, hosts or both", "destination %s has neither cidrs nor hosts", quote(t.Name.V))
	}
	if t.Kind.Set && t.Kind.V != KindOnPremises && t.Firewall.Set {
		o.d.add(t.Firewall.At, CodeConflict, "remove the firewall or make the destination on-premises",
			"destination %s is %s and has a firewall; only on-premises destinations have one", quote(t.Name.V), t.Kind.V)
	}
	if t.Kind.Set && t.Kind.V != KindAWSService && t.Service.V != "" {
		o.d.add(t.Service.At, CodeConflict, "remove service or make the destination an aws-service",
			"destination %s is %s and has a service; only an aws-service has one", quote(t.Name.V), t.Kind.V)
	}
}

// usualApplication is what commonly runs on the first port.
func usualApplication(ports []PortRange) string {
	if len(ports) == 0 || ports[0].Protocol != "tcp" || ports[0].From != ports[0].To {
		return AppTCP
	}
	switch ports[0].From {
	case 443, 8443:
		return AppHTTPS
	case 636, 9093:
		return AppTLS
	case 80, 8080:
		return AppHTTP
	}
	return AppTCP
}
