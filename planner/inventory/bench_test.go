package inventory

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"gopkg.in/yaml.v3"
)

// estate is a plan with n apps of two flows each, in the manner of a real one.
func estate(n int) []byte {
	var b bytes.Buffer
	b.WriteString(environmentYAML + "---\n" + firewallsYAML + "---\napiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n")
	for i := range n {
		fmt.Fprintf(&b, `    - name: app-%d
      namespace: team-%d
      tenant: retail
      serviceAccount: app-%d
      owner: "Team %d <team%d@bank.example>"
      podLabels: {app: app-%d}
      pods: {min: 3, max: 12, typical: 6}
      requests: {cpu: 500m, memory: 1Gi}
      growth: 50%%
      changesPerMonth: 0.2
      flows:
        - {to: core-db, outGB: 400, inGB: 1600, peakConnections: 2000, connectionsPerSecond: 50}
        - {to: directory, outGB: 10..60, inGB: 90, peakConnections: 120, connectionsPerSecond: 5}
`, i, i%100, i, i%100, i%100, i)
	}
	return b.Bytes()
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		data := estate(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if _, problems := Load([]Source{{"estate.yaml", data}}); len(problems) > 0 {
					b.Fatal(problems[0])
				}
			}
		})
	}
}

// BenchmarkNodes is what yaml.v3 alone needs for the same file: the floor.
func BenchmarkNodes(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		data := estate(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				dec := yaml.NewDecoder(bytes.NewReader(data))
				for {
					var node yaml.Node
					if err := dec.Decode(&node); errors.Is(err, io.EOF) {
						break
					} else if err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

func BenchmarkEmbeddedPrices(b *testing.B) {
	for b.Loop() {
		if list := readBook(); len(list) < 2000 {
			b.Fatal(len(list))
		}
	}
}
