package main

import (
	"strconv"
	"strings"

	"egressplan/planner"
)

// adoptions is the proposal as programs get it.
type adoptions struct {
	APIVersion  string             `json:"apiVersion"`
	Kind        string             `json:"kind"`
	Environment string             `json:"environment"`
	Pattern     string             `json:"pattern"`
	Adoptions   []planner.Adoption `json:"adoptions"`
}

// adopt proposes a mapping of apps to existing subnets. It changes nothing: the
// apps' owners write it into the inventory if they agree.
func (s *session) adopt(a *planner.AddressPlan, f *cidrFlags) error {
	list := a.Adopt()
	if f.output.value == "json" {
		return s.writeJSON(adoptions{a.APIVersion, "Adoptions", a.Environment, a.Pattern, list})
	}
	p := s.page()
	if len(list) == 0 {
		p.title("No existing subnets could carry the apps that would get new ones: it takes one of role nodes with room in every zone.")
		return nil
	}
	p.title("Existing subnets could carry " + count(len(list), "source group") + " in the plan of " + a.Pattern + ".")
	t := &table{columns: []column{{title: "group"}, {title: "zone"}, {title: "subnet"}, {title: "cidr"}, {title: "needed", right: true}, {title: "has", flex: 16}}}
	for _, x := range list {
		for _, n := range x.Subnets {
			t.add(x.Group, n.Zone, n.Name, n.CIDR, strconv.Itoa(n.Needed), n.Room)
		}
	}
	if err := p.table(t, "  "); err != nil {
		return err
	}
	p.heading("To take one up, write it into the inventory:")
	for _, x := range list {
		var names []string
		for _, n := range x.Subnets {
			names = append(names, n.Name)
		}
		for _, app := range x.Apps {
			p.item("  ", app+": subnets: ["+strings.Join(names, ", ")+"]")
		}
	}
	return nil
}
