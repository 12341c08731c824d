//go:build linux

package planner

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"egressplan/planner/inventory"
	"egressplan/sim"
	"egressplan/sim/lab"
)

// kernelSeed replays a run of TestEstatesAgainstKernel, kernelWalks makes it
// longer or shorter.
const (
	kernelSeed  = "EGRESSPLAN_KERNEL_SEED"
	kernelWalks = "EGRESSPLAN_KERNEL_WALKS"
)

// TestEstatesAgainstKernel builds the networks of random estates, patterns and
// states from Linux namespaces and sends the packets for real: what arrives, as
// whom, and whether the answer comes back must be what was walked. It needs root.
func TestEstatesAgainstKernel(t *testing.T) {
	if err := lab.Available(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	seed, want := numberOf(t, kernelSeed, 1), int(numberOf(t, kernelWalks, 600))
	if testing.Short() {
		want = 60
	}
	t.Logf("%s=%d", kernelSeed, seed)
	tally := newTally()
	jobs := make(chan kernelJob)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for j := range jobs {
				tally.add(j, j.compare())
			}
		})
	}
	r := rand.New(rand.NewPCG(seed, 2))
	for sent, estate := 0, 0; sent < want; estate++ {
		list := estateWalks(t, r, fmt.Sprintf("estate %d of seed %d", estate, seed))
		for _, j := range list[:min(len(list), want-sent)] {
			jobs <- j
			sent++
		}
	}
	close(jobs)
	all.Wait()
	tally.report(t)
}

func numberOf(t *testing.T, name string, def uint64) uint64 {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return def
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// kernelJob is one walk to be sent.
type kernelJob struct {
	label string
	path  Path
	walk  Walk
}

// compare sends the packet and says where kernel and walk differ; "" where they
// do not. A packet that seems lost is sent again with more time, since a busy
// machine may be slow.
func (j kernelJob) compare() string {
	text := ""
	for _, wait := range []time.Duration{400 * time.Millisecond, 4 * time.Second} {
		l, err := lab.Build(j.walk.Net, lab.Walk{Start: j.walk.Start, Packet: j.walk.Packet, Choice: j.walk.Choice, Fault: j.walk.Fault})
		if err != nil {
			return "build: " + err.Error()
		}
		got, err := l.Run(wait)
		if closing := l.Close(); err == nil {
			err = closing
		}
		if err != nil {
			return "run: " + err.Error()
		}
		if text = j.differ(got); text == "" {
			return ""
		}
	}
	return text
}

// differ holds what the kernel did against the walk.
func (j kernelJob) differ(k lab.Result) string {
	w := sim.NewWalker(j.walk.Net)
	w.Fail(sim.Break(j.walk.Net, j.walk.Fault))
	w.Port = j.walk.Packet.Src.Port() // the kernel keeps it where the pool has it
	there := w.Forward(j.walk.Start, j.walk.Packet, j.walk.Choice)
	back := w.Reply()
	switch {
	case (there.Verdict == sim.Delivered) != (k.Verdict == sim.Delivered):
		return fmt.Sprintf("walked %v (%v at %s), the kernel %v", there.Verdict, there.Code, j.name(there.At), k.Verdict)
	case there.Verdict != sim.Delivered:
		return ""
	case there.At != k.At || there.Packet.Src.Addr() != k.Packet.Src.Addr() || there.Packet.Dst != k.Packet.Dst:
		return fmt.Sprintf("walked as %v at %s, the kernel as %v at %s", there.Packet, j.name(there.At), k.Packet, j.name(k.At))
	case (back.Verdict == sim.Delivered) != k.Replied:
		return fmt.Sprintf("walked back %v (%v at %s), the kernel's answer came: %v", back.Verdict, back.Code, j.name(back.At), k.Replied)
	}
	return ""
}

func (j kernelJob) name(id sim.NodeID) string {
	if id == sim.None {
		return "nowhere"
	}
	return j.walk.Net.Nodes[id].Name
}

// tally counts comparisons by what they were about.
type tally struct {
	sync.Mutex
	n, wrong  int
	verdicts  map[string]int
	states    map[string]int
	patterns  map[string]int
	protocols map[string]int
	failures  []string
}

func newTally() *tally {
	return &tally{verdicts: map[string]int{}, states: map[string]int{}, patterns: map[string]int{}, protocols: map[string]int{}}
}

func (c *tally) add(j kernelJob, differ string) {
	c.Lock()
	defer c.Unlock()
	c.n++
	kind, _, _ := strings.Cut(j.path.State, ":")
	c.verdicts[j.path.Verdict]++
	c.states[kind]++
	c.patterns[j.path.Pattern]++
	c.protocols[j.path.Protocol]++
	if differ != "" {
		c.wrong++
		c.failures = append(c.failures, fmt.Sprintf("%s, %s %s -> %s %s/%d from %s (%s) in %s: %s", j.label, j.path.Pattern, j.path.App, j.path.To,
			j.path.Protocol, j.path.Port, j.path.Zone, j.path.Variant, j.path.State, differ))
	}
}

// report prints the counts even where the tests' logs are not shown, and fails
// for what differed and for what was hardly compared.
func (c *tally) report(t *testing.T) {
	fmt.Printf("estates against the kernel: %d comparisons, %d differ; verdicts %v, patterns %v, protocols %v, states %v\n",
		c.n, c.wrong, c.verdicts, c.patterns, c.protocols, c.states)
	slices.Sort(c.failures)
	for _, f := range c.failures[:min(len(c.failures), 30)] {
		t.Error(f)
	}
	if c.n < 300 {
		return
	}
	for _, id := range inventory.PatternIDs {
		if c.patterns[id] < c.n/20 {
			t.Errorf("only %d of %d comparisons were of %s", c.patterns[id], c.n, id)
		}
	}
	for _, v := range []string{"delivered", "dropped", "blackhole"} {
		if c.verdicts[v] < c.n/50 {
			t.Errorf("only %d of %d walks were %s", c.verdicts[v], c.n, v)
		}
	}
}

// estateWalks draws an estate and a few walks of each pattern in several states.
func estateWalks(t *testing.T, r *rand.Rand, label string) []kernelJob {
	t.Helper()
	text := drawEstate(r)
	plan, problems := inventory.Load([]inventory.Source{{Name: "plan.yaml", Data: []byte(text)}})
	if len(problems) > 0 {
		t.Fatalf("%s: %s\n%s", label, problems[0].Message, text)
	}
	var list []kernelJob
	for _, id := range inventory.PatternIDs {
		c := pick(plan, id)
		f := &Following{work: c.work, Simulation: Simulation{Pattern: id}, state: healthyState, options: SimulateOptions{Faults: true, NoHops: true}}
		list = append(list, someWalks(r, label, f, 8)...)
		for _, kind := range misuseKinds() {
			if r.IntN(3) == 0 {
				f.state, f.options.Faults = State{Kind: kind}, false
				list = append(list, someWalks(r, label, f, 1)...)
			}
		}
	}
	return list
}

// someWalks draws walks of a run; at most n, none twice. What the lab cannot send
// (a packet from the network itself, a source that is nobody's) is left out.
func someWalks(r *rand.Rand, label string, f *Following, n int) []kernelJob {
	var list []kernelJob
	for p, w := range f.EachWalk() {
		if w.Packet.Src.Addr().IsUnspecified() || w.Packet.Dst.Addr().IsUnspecified() {
			continue
		}
		w.Choice = r.IntN(max(1, p.Ways.Of))
		list = append(list, kernelJob{label, p, w})
	}
	r.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(n, len(list))]
}

// drawEstate writes a plan with two or three zones, one or two links and apps of
// all kinds.
func drawEstate(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	maybe := func(percent int, text string) string {
		if r.IntN(100) < percent {
			return text
		}
		return ""
	}
	zones := "us-east-1a, us-east-1b" + maybe(50, ", us-east-1c")
	cni := "externalSNAT: " + pick("false", "true") + ", randomizeSNAT: " + pick("prng", "none", "hashrandom") + ", customNetworking: " + pick("false", "false", "true") +
		", podSecurityGroups: \"" + pick("off", "off", "standard", "strict") + "\"" + maybe(30, ", excludeSNATCIDRs: ["+pick("10.1.0.0/24", "0.0.0.0/0")+"]") + maybe(30, ", externalServiceCIDRs: [10.2.1.0/24]")
	subnets := "{name: tagged, cidr: 10.20.9.0/26, zone: us-east-1a, role: other, cni: true}, {name: peers, cidr: 10.20.8.0/28, zone: us-east-1a, role: other}"
	acl := maybe(30, "\n    networkACLs: [{name: strict, subnets: [new], inbound: ["+pick("\"100 allow tcp/1024-65535 0.0.0.0/0\", \"110 allow udp/* 0.0.0.0/0\"", "\"100 allow any 10.0.0.0/8\"", "\"90 deny tcp/32768-60999 10.1.0.0/24\", \"100 allow any 0.0.0.0/0\"")+
		"], outbound: [\"100 allow any 0.0.0.0/0\"]}]")
	vpn := maybe(50, ", {name: vpn1, over: site-to-site-vpn, role: backup"+maybe(30, ", gateway: virtual-private-gateway")+"}")
	var apps strings.Builder
	for i, extra := range []string{"", "", pick("compute: fargate, ", "hostNetwork: true, ", "")} {
		fmt.Fprintf(&apps, "\n    - {name: app%d, namespace: %s, %spods: {min: 2, max: 6}, flows: [{to: db}, {to: %s}, {to: %s}%s]}",
			i, pick("one", "two"), extra, pick("syslog", "web"), pick("peer", "store", "service"), maybe(20, ", {to: caller, initiator: destination}"))
	}
	return fmt.Sprintf(`apiVersion: egressplan/v1
kind: Environment
spec:
  region: us-east-1
  zones: [%s]
  vpc:
    cidrs: [10.20.0.0/16, {cidr: 100.64.0.0/16, routable: false}]
    endpoints: [s3]
    subnets: [%s]%s
  pools: [{name: routable, cidrs: [10.20.64.0/18], routable: true}, {name: inside, cidrs: [100.64.0.0/16], routable: false}]
  onPrem: {sites: [{name: dc1, cidrs: [10.0.0.0/14], links: [{name: dx1, over: direct-connect}%s]}]}
  cluster: {nodeType: m5.large, ciliumHA: %s, cilium: {ipam: %s%s}, istio: {outboundTrafficPolicy: %s%s}, vpcCNI: {%s}%s}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, identity: %s, broadestSource: 16}]
  destinations:
    - {name: db, kind: on-premises, firewall: edge, cidrs: [10.1.0.10/32%s], ports: [tcp/1521]}
    - {name: web, kind: on-premises, firewall: edge, cidrs: [10.2.0.0/24], ports: [tcp/443%s]}
    - {name: syslog, kind: on-premises, firewall: edge, cidrs: [10.1.0.20/32], ports: [%s]}
    - {name: caller, kind: on-premises, firewall: edge, cidrs: [10.1.0.30/32], ports: [tcp/8443]}
    - {name: service, kind: on-premises, firewall: edge, cidrs: [10.2.1.7/32], ports: [tcp/5432], clusterIP: 172.20.0.77}
    - {name: peer, kind: network, cidrs: [10.20.8.4/32], ports: [tcp/5000]}
    - {name: store, kind: aws-service, service: s3, ports: [tcp/443]}
---
apiVersion: egressplan/v1
kind: Policy
spec: {redundancy: {natZones: %s, egressNodesPerZone: %s}}
---
apiVersion: egressplan/v1
kind: AppInventory
spec:
  apps:%s
`, zones, subnets, acl, vpn, pick("oss", "enterprise"), pick("eni", "cluster-pool"), maybe(30, ", excludedCIDRs: ["+pick("10.2.0.0/28", "10.2.0.0/24", "10.0.0.0/8")+"]")+maybe(20, ", nonMasqueradeCIDRs: [10.2.0.0/16]"),
		pick("ALLOW_ANY", "REGISTRY_ONLY"), maybe(30, ", excludeOutboundIPRanges: ["+pick("10.1.0.0/16", "10.2.0.0/28")+"]"), cni,
		maybe(25, ", securityGroupEgress: [tcp/1521 10.1.0.0/16, tcp/20000-20100 10.20.0.0/16, udp/8472 10.20.0.0/16]")+maybe(20, ", securityGroupIngress: [tcp/8443 10.1.0.0/24]"),
		pick("app", "namespace", "cluster"), maybe(40, ", 10.1.0.11/32"), maybe(30, ", udp/8000-8010"), pick("udp/514", "icmp"), pick("all", "1"), pick("1", "2"), apps.String())
}

// A comparison that could not fail would prove nothing: a network whose NAT
// gateway is given another address behind the walk's back is caught.
func TestKernelCatchesAWrongAddress(t *testing.T) {
	if err := lab.Available(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	f, err := Follow(loadFixture(t, "bank"), SimulateOptions{Pattern: "private-nat-gateway", App: "payments/ledger", To: "mainframe"})
	if err != nil {
		t.Fatal(err)
	}
	for p, w := range f.EachWalk() {
		j := kernelJob{"bank", p, w}
		if differ := j.compare(); differ != "" {
			t.Fatalf("as it is: %s", differ)
		}
		l, err := lab.Build(w.Net, lab.Walk{Start: w.Start, Packet: w.Packet, Choice: w.Choice})
		if err != nil {
			t.Fatal(err)
		}
		got, err := l.Run(time.Second)
		if err := errors.Join(err, l.Close()); err != nil {
			t.Fatal(err)
		}
		wrong := *w.Net
		wrong.Nodes = slices.Clone(w.Net.Nodes)
		for i := range wrong.Nodes {
			if n := &wrong.Nodes[i]; n.Kind == kindNAT {
				n.NAT = slices.Clone(n.NAT)
				n.NAT[0].To = []netip.Addr{n.NAT[0].To[0].Next()}
			}
		}
		j.walk.Net = &wrong
		if j.differ(got) == "" {
			t.Error("a wrong NAT address went unnoticed")
		}
		return
	}
	t.Fatal("no walk")
}
