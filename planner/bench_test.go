package planner

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"egressplan/planner/inventory"
)

// manyApps is an estate of n apps with two flows each to a hundred
// destinations behind one firewall that tells them apart by the given identity.
// Apps of a namespace go to the same destinations, or with mixed each to another
// second one.
func manyApps(n int, identity string, mixed bool) string {
	var b strings.Builder
	b.WriteString(`
apiVersion: egressplan/v1
kind: Environment
metadata: {name: many}
spec:
  region: us-east-1
  zones: [us-east-1a, us-east-1b, us-east-1c]
  vpc: {cidrs: [10.32.0.0/16, {cidr: 100.64.0.0/16, routable: false}]}
  pools:
    - {name: routable, cidrs: [10.64.0.0/10], routable: true}
    - {name: inside, cidrs: [100.64.0.0/10], routable: false}
  onPrem: {sites: [{name: dc1, cidrs: [10.0.0.0/14], links: [{name: dx1, over: direct-connect, capacity: 10Gbps, location: Contiguous US}]}]}
  cluster: {nodeType: m6i.xlarge, vpcCNI: {customNetworking: true}}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: ` + identity + `, broadestSource: 16}]
  destinations:
`)
	for i := range 100 {
		fmt.Fprintf(&b, "    - {name: d%d, kind: on-premises, firewall: edge, cidrs: [10.1.0.%d/32], ports: [tcp/1521]}\n", i, i+1)
	}
	b.WriteString("---\napiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n")
	for i := range n {
		second := (i*7 + 3) % 100
		if mixed {
			second = (second + i/300) % 100
		}
		if second == i%100 {
			second = (second + 1) % 100
		}
		fmt.Fprintf(&b, `    - name: app-%d
      namespace: ns-%d
      pods: {min: 1, max: 3, typical: 2}
      requests: {cpu: 250m, memory: 512Mi}
      flows:
        - {to: d%d, outGB: %d, inGB: %d}
        - {to: d%d, outGB: %d, inGB: %d}
`, i, i%300, i%100, i%500, i%300, second, i%50, i%30)
	}
	return b.String()
}

// BenchmarkRecommend goes from documents to the ranked candidates, beside what
// yaml.v3 alone needs to read the same bytes into nodes.
func BenchmarkRecommend(b *testing.B) {
	for _, estate := range []string{"namespace", "mixed", "app"} {
		for _, n := range []int{1000, 10000} {
			identity, mixed := estate, estate == "mixed"
			if mixed {
				identity = "namespace"
			}
			data := []byte(manyApps(n, identity, mixed))
			b.Run(fmt.Sprintf("%d/%s", n, estate), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					plan, problems := inventory.Load([]inventory.Source{{Name: "p", Data: data}})
					if len(problems) > 0 {
						b.Fatal(problems[0])
					}
					Recommend(plan)
				}
			})
			b.Run(fmt.Sprintf("%d/%s/yaml-nodes-alone", n, estate), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					for d := yaml.NewDecoder(bytes.NewReader(data)); ; {
						var node yaml.Node
						if err := d.Decode(&node); err == io.EOF {
							break
						} else if err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}
