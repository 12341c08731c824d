package cost

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The figures of the EKS AMI: 70 m of 2 vCPUs, 80 m of 4 and 90 m of 8 are
// reserved (60 + 10, + 2 x 5, + 4 x 2.5), and 11 MiB x pods + 255 MiB.
func TestAllocatable(t *testing.T) {
	tests := []struct {
		name                           string
		vcpu, memory, maxPods, evicted int
		cpu, free                      int
	}{
		{"m5.large", 2, 8192, 29, 100, 1930, 8192 - 574 - 100}, // 11 x 29 + 255 = 574
		{"m5.xlarge", 4, 16384, 58, 100, 3920, 16384 - 893 - 100},
		{"m5.2xlarge", 8, 32768, 58, 0, 7910, 32768 - 893},
		{"16 vCPUs", 16, 65536, 110, 100, 15890, 65536 - 1465 - 100}, // 60 + 10 + 10 + 30
		{"one core", 1, 2048, 8, 100, 940, 2048 - 343 - 100},
		{"too small", 0, 256, 8, 100, 0, 0},
	}
	for _, tt := range tests {
		cpu, free := Allocatable(tt.vcpu, tt.memory, tt.maxPods, tt.evicted)
		if cpu != tt.cpu || free != tt.free {
			t.Errorf("%s: %d m, %d MiB; want %d m, %d MiB", tt.name, cpu, free, tt.cpu, tt.free)
		}
	}
}

// From the table of the VPC CNI (eni-max-pods.txt) and the formulas of the EKS
// best practices guide; what exceeds 110, or 250 above 30 vCPUs, is cut.
func TestMaxPods(t *testing.T) {
	tests := []struct {
		name           string
		enis, ips      int
		custom, prefix bool
		vcpu, want     int
	}{
		{"m5.large", 3, 10, false, false, 2, 29},
		{"m5.large, custom networking", 3, 10, true, false, 2, 20},
		{"m5.large, prefixes, 434 uncapped", 3, 10, false, true, 2, 110},
		{"m5.large, both, 290 uncapped", 3, 10, true, true, 2, 110},
		{"t3.nano", 2, 2, false, false, 2, 4},
		{"t3.nano, prefixes: 2 x 1 x 16 + 2", 2, 2, false, true, 2, 34},
		{"t3.nano, both: 1 x 1 x 16 + 2", 2, 2, true, true, 2, 18},
		{"t3.medium", 3, 6, false, false, 2, 17},
		{"m5.xlarge", 4, 15, false, false, 4, 58},
		{"c5.4xlarge, 234 uncapped", 8, 30, false, false, 16, 110},
		{"m5.24xlarge, 737 uncapped", 15, 50, false, false, 96, 250},
		{"30 vCPUs are not above 30", 15, 50, false, false, 30, 110},
		{"32 vCPUs are", 15, 50, false, false, 32, 250},
		{"one interface, custom networking", 1, 4, true, false, 1, 2},
		{"nothing known", 0, 0, true, true, 0, 2},
	}
	for _, tt := range tests {
		if got := MaxPods(tt.enis, tt.ips, tt.custom, tt.prefix, tt.vcpu); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestPodsPerNode(t *testing.T) {
	n := Node{CPU: 1930, Memory: 7000, Pods: 27}
	tests := []struct {
		d    Demand
		want int
	}{
		{Demand{CPU: 500, Memory: 1024}, 3},  // 1930/500 < 7000/1024
		{Demand{CPU: 100, Memory: 2048}, 3},  // 7000/2048
		{Demand{CPU: 10, Memory: 10}, 27},    // the number of pods
		{Demand{}, 27},                       // no requests at all
		{Demand{CPU: 1931, Memory: 10}, 0},   // one millicore too many
		{Demand{CPU: 1930, Memory: 7000}, 1}, // to the brim
	}
	for _, tt := range tests {
		if got := PodsPerNode(tt.d, n); got != tt.want {
			t.Errorf("%+v: %d, want %d", tt.d, got, tt.want)
		}
	}
	if got := PodsPerNode(Demand{CPU: 1}, Node{CPU: -5, Memory: 1, Pods: 1}); got != 0 {
		t.Errorf("on a node that daemonsets overfill: %d", got)
	}
}

func TestSharedNodesEdges(t *testing.T) {
	n := Node{CPU: 1000, Memory: 1000, Pods: 10}
	tests := []struct {
		name    string
		demands []Demand
		atLeast int
		want    int
		ok      bool
	}{
		{"no pods", nil, 0, 0, true},
		{"no pods, a node per zone", []Demand{{CPU: 100}}, 3, 3, true},
		{"one pod, a node per zone", []Demand{{Pods: 1, CPU: 100}}, 3, 3, true},
		{"the floor does not add", []Demand{{Pods: 41}}, 3, 5, true},
		{"a pod larger than a node", []Demand{{Pods: 1, CPU: 10}, {Pods: 1, Memory: 1001}}, 3, 0, false},
		{"an app of no pods may be of any size", []Demand{{Pods: 1, CPU: 10}, {CPU: 5000}}, 0, 1, true},
		// First fit goes back: the small pods fill the gap of the first node.
		{"gaps are filled", []Demand{{Pods: 2, CPU: 600}, {Pods: 2, CPU: 400}}, 0, 2, true},
		// 700 + 300, 600 + 400, 500 + 500.
		{"three exact bins", []Demand{{Pods: 1, CPU: 700}, {Pods: 1, CPU: 600}, {Pods: 1, CPU: 500}, {Pods: 1, CPU: 500}, {Pods: 1, CPU: 400}, {Pods: 1, CPU: 300}}, 0, 3, true},
	}
	for _, tt := range tests {
		got, ok := SharedNodes(tt.demands, n, tt.atLeast)
		if got != tt.want || ok != tt.ok {
			t.Errorf("%s: %d, %t; want %d, %t", tt.name, got, ok, tt.want, tt.ok)
		}
	}
}

// firstFit places single pods, the textbook way.
func firstFit(demands []Demand, n Node) int {
	var pods []Demand
	for _, d := range demands {
		for range d.Pods {
			pods = append(pods, d)
		}
	}
	slices.SortStableFunc(pods, func(a, b Demand) int {
		if a.CPU != b.CPU {
			return b.CPU - a.CPU
		}
		return b.Memory - a.Memory
	})
	var nodes []Node
	for _, p := range pods {
		i := slices.IndexFunc(nodes, func(f Node) bool { return f.CPU >= p.CPU && f.Memory >= p.Memory && f.Pods >= 1 })
		if i < 0 {
			i, nodes = len(nodes), append(nodes, n)
		}
		nodes[i].CPU -= p.CPU
		nodes[i].Memory -= p.Memory
		nodes[i].Pods--
	}
	return len(nodes)
}

func TestSharedNodesAgainstTextbook(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := Node{
			CPU:    rapid.IntRange(20, 60).Draw(t, "cpu"),
			Memory: rapid.IntRange(20, 60).Draw(t, "memory"),
			Pods:   rapid.IntRange(1, 12).Draw(t, "pods"),
		}
		demands := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Demand {
			return Demand{
				Pods:   rapid.IntRange(0, 15).Draw(t, "pods"),
				CPU:    rapid.IntRange(0, 20).Draw(t, "cpu"),
				Memory: rapid.IntRange(0, 20).Draw(t, "memory"),
			}
		}), 0, 25).Draw(t, "demands")
		got, ok := SharedNodes(demands, n, 0)
		if want := firstFit(demands, n); !ok || got != want {
			t.Fatalf("%d nodes, %t; one by one %d", got, ok, want)
		}
		apart := 0
		for _, d := range demands {
			k, _ := DedicatedNodes([]Demand{d}, n, 0)
			apart += k
		}
		if got > apart {
			t.Fatalf("%d nodes shared, but %d apart", got, apart)
		}
	})
}

// A group of one app: its pods over the pods per node, rounded up, and never
// fewer than one node per zone.
func TestDedicatedNodesOfOneApp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := Node{CPU: 1930, Memory: 7000, Pods: 27}
		d := Demand{
			Pods:   rapid.IntRange(0, 500).Draw(t, "pods"),
			CPU:    rapid.IntRange(0, 1930).Draw(t, "cpu"),
			Memory: rapid.IntRange(0, 7000).Draw(t, "memory"),
		}
		zones := rapid.IntRange(0, 4).Draw(t, "zones")
		want := zones
		for want*PodsPerNode(d, n) < d.Pods {
			want++
		}
		if got, ok := DedicatedNodes([]Demand{d}, n, zones); !ok || got != want {
			t.Fatalf("%d, %t; want %d", got, ok, want)
		}
	})
}

// estates returns 10,000 apps of 12 pods: in a few usual sizes, in all sizes, and
// in sizes made to send a search for a node astray (CPU-heavy, then memory-heavy).
func estates() map[string][]Demand {
	const apps = 10_000
	out := map[string][]Demand{"usual": {}, "varied": {}, "lopsided": {}}
	x := uint32(1)
	random := func(n int) int {
		x = x*1664525 + 1013904223
		return int(x>>8) % n
	}
	for i := range apps {
		key := fmt.Sprint(i)
		out["usual"] = append(out["usual"], Demand{key, 12, []int{100, 250, 500, 1000}[random(4)], []int{128, 256, 512, 1024, 2048}[random(5)]})
		out["varied"] = append(out["varied"], Demand{key, 12, 50 + random(1900), 64 + random(6000)})
		d := Demand{key, 12, 1500 + random(400), 64 + random(500)}
		if i%2 == 1 {
			d = Demand{key, 12, 20 + random(200), 2000 + random(5000)}
		}
		out["lopsided"] = append(out["lopsided"], d)
	}
	return out
}

func TestSharedNodesOfTenThousandApps(t *testing.T) {
	for name, demands := range estates() {
		start := time.Now()
		nodes, ok := SharedNodes(demands, Node{CPU: 3920, Memory: 15000, Pods: 56}, 3)
		took := time.Since(start)
		t.Logf("%s: %d nodes in %s", name, nodes, took)
		if !ok || nodes < 1000 {
			t.Errorf("%s: %d nodes, %t", name, nodes, ok)
		}
		if took > 5*time.Second { // generous: the point is that it is not quadratic
			t.Errorf("%s took %s", name, took)
		}
	}
}

func BenchmarkSharedNodes(b *testing.B) {
	for name, demands := range estates() {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				SharedNodes(demands, Node{CPU: 3920, Memory: 15000, Pods: 56}, 3)
			}
		})
	}
}
