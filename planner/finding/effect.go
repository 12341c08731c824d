package finding

// otherwise says when a finding is filed with another severity than its entry's.
// A test holds it against the code.
var otherwise = map[string]string{
	"eks-cluster-subnets": "a note where two zones have the 6 addresses, but not the 16 that are recommended",
	"nat-gateway-quota":   "a blocker where quotas.fixed names natGatewaysPerZone",
	"quota-network-units": "a blocker beyond 256,000, which no quota exceeds",
	"quota-route-tables":  "a blocker where quotas.fixed names routeTables",
	"quota-routes":        "a blocker beyond 1,000, which no quota exceeds, and where quotas.fixed names routesPerTable",
	"quota-subnets":       "a blocker where quotas.fixed names subnets",
	"quota-vpc-cidrs":     "a blocker beyond 50, which no quota exceeds, and where quotas.fixed names vpcCIDRs",
	"shared-source":       "a note where the apps share no more than the identity that the firewall asks for; a risk where Policy.allowOverPermission merges them",
}

// Otherwise says in which cases the finding has another severity than Severity;
// "" if it never has.
func (e Entry) Otherwise() string { return otherwise[e.Code] }

// Effect is what the finding does to a pattern with the severity it has.
func (e Entry) Effect() string {
	switch {
	case e.Severity == Blocker && e.Scope == Estate:
		return "rejects the pattern"
	case e.Severity == Blocker:
		return "makes each app it names an exception, which leaves by another door; more exceptions than Policy.maxExceptions reject the pattern"
	case e.Severity == Risk:
		return "stands among the risks; it rejects nothing and adds nothing to the bill"
	}
	return "is for the record"
}

// Rejected says what the code in Policy.reject does.
func (e Entry) Rejected() string {
	if e.Severity == Blocker && e.Otherwise() == "" {
		return "changes nothing: it is a blocker already"
	}
	e.Severity = Blocker
	return "makes it a blocker: it " + e.Effect()
}

// Accepted says what the code in Policy.accept does.
func (e Entry) Accepted() string {
	switch {
	case e.Severity == Note && e.Otherwise() == "":
		return "changes nothing: it is a note already"
	case e.Severity == Blocker:
		return "makes it a note: it rejects nothing any more, and what it says stays true"
	}
	return "makes it a note: it no longer stands among the risks, and what it says stays true"
}
