//go:build linux

package lab

import (
	"net/netip"
	"testing"
	"time"

	"egressplan/sim"
)

// TestPortPool: a translator holds as many connections to one destination at a
// time as its address has ports, and no more. The same ports serve another
// destination. Formulas that say so can rely on it.
func TestPortPool(t *testing.T) {
	needLab(t)
	tests := []struct {
		name         string
		ports, tries int
		others       []netip.Addr
		want         int
	}{
		{"100 ports", 100, 1200, nil, 100},
		{"1,000 ports", 1000, 1200, nil, 1000},
		{"100 ports and three destinations", 100, 400, ips("10.1.4.2", "10.1.4.3"), 300},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := chain(sim.Node{NAT: []sim.NAT{{To: ips("10.20.80.5"), PortFrom: 50000, PortTo: 50000 + uint16(tt.ports) - 1}}})
			w := Walk{Packet: query(sim.TCP)}
			w.Packet.Src = at(clientAddr + ":20000")
			l, err := Build(n, w)
			if err != nil {
				t.Fatal(err)
			}
			opened, err := l.Open(tt.tries, 2*time.Second, tt.others...)
			if err != nil || opened != tt.want {
				t.Errorf("opened %d connections, want %d; %v", opened, tt.want, err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
