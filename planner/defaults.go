package planner

import (
	"fmt"

	"egressplan/planner/inventory"
)

// defaulted are the documented defaults the plan rests on that no step notes by
// itself: each only where the user gave nothing.
func defaulted(plan *inventory.Plan) []Assumption {
	var list []Assumption
	add := func(set bool, name, value string) {
		if !set {
			list = append(list, Assumption{Name: name, Value: value, Why: "not given", Matters: true})
		}
	}
	c := plan.Environment.Cluster
	add(c.NodeType.Set, "cluster.nodeType", c.NodeType.V)
	add(c.EgressNodeType.Set, "cluster.egressNodeType", c.EgressNodeType.V)
	add(c.CNI.Set, "cluster.cni", c.CNI.V)
	add(c.Mesh.Set, "cluster.mesh", c.Mesh.V)
	add(c.Provisioning.Set, "cluster.provisioning", c.Provisioning.V)
	add(c.ServiceCIDR.Set, "cluster.serviceCIDR", c.ServiceCIDR.V.String())
	add(c.CiliumHA.Set, "cluster.ciliumHA", c.CiliumHA.V)
	add(c.VPCCNI.ExternalSNAT.Set, "cluster.vpcCNI.externalSNAT", fmt.Sprint(c.VPCCNI.ExternalSNAT.V))
	add(c.VPCCNI.CustomNetworking.Set, "cluster.vpcCNI.customNetworking", fmt.Sprint(c.VPCCNI.CustomNetworking.V))
	q := plan.Environment.Quotas
	add(q.NATGatewaysPerZone.Set, "quotas.natGatewaysPerZone", fmt.Sprint(q.NATGatewaysPerZone.V))
	for _, f := range plan.Firewalls {
		add(f.BroadestSource.Set, "firewall "+f.Name.V+" broadestSource", fmt.Sprintf("/%d", f.BroadestSource.V))
	}
	for _, d := range plan.Destinations {
		if d.Kind.V == inventory.KindOnPremises && len(d.CIDRs) == 0 {
			add(false, "address of "+d.Name.V, "unknown: host names only, its site's first range stands for it")
		}
	}
	growth, requests, typical := 0, 0, 0
	for _, a := range plan.Apps {
		if !a.Growth.Set {
			growth++
		}
		if !a.Pods.Typical.Set {
			typical++
		}
		if !a.Requests.CPU.Set || !a.Requests.Memory.Set {
			requests++
		}
	}
	if growth > 0 {
		add(false, "growth", "25 % for "+plural(growth, "app"))
	}
	if typical > 0 {
		add(false, "pods.typical", "the middle of min and max for "+plural(typical, "app"))
	}
	if requests > 0 {
		add(false, "requests", "100m or 128Mi for "+plural(requests, "app"))
	}
	return list
}
