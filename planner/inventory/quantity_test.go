package inventory

import (
	"testing"
)

// Kubernetes, Resource Management for Pods and Containers: m is a thousandth,
// Ki/Mi/Gi are powers of 1024, k/M/G powers of 1000.
func TestCPUAndMemory(t *testing.T) {
	tests := []struct {
		in          string
		cpu, memory int // 0: refused
	}{
		{"500m", 500, 0}, {"0.5", 500, 1}, {"2", 2000, 1}, {"1m", 1, 0}, {"0.0001", 1, 1}, {"1.0005", 1001, 1},
		{"1000", 1_000_000, 1}, {"1001", 0, 1}, {"0", 0, 0}, {"-1", 0, 0}, {"1e3", 0, 0}, {"", 0, 0}, {"m", 0, 0}, {"01", 0, 0},
		{".5", 0, 0}, {"5.", 0, 0}, {" 1", 0, 0}, {"1 ", 0, 0}, {"+1", 0, 0}, {"1_0", 0, 0}, {"0x1", 0, 0}, {"∞", 0, 0},
		{"512Mi", 0, 512}, {"1Gi", 0, 1024}, {"1.5Gi", 0, 1536}, {"1Ti", 0, 1 << 20}, {"64Ti", 0, 64 << 20}, {"65Ti", 0, 0},
		{"1Ki", 0, 1},
		{"128M", 0, 123}, // 128,000,000 / 1,048,576 = 122.07, rounded up
		{"1G", 0, 954},   // 1,000,000,000 / 1,048,576 = 953.67
		{"1k", 0, 1}, {"1048576", 0, 1}, {"1048577", 0, 2}, {"1gb", 0, 0}, {"1GB", 0, 0}, {"1Mi ", 0, 0}, {"1mi", 0, 0},
	}
	for _, tt := range tests {
		cpu, okCPU := parseCPU(tt.in)
		// Plain numbers are a CPU and a memory quantity; only CPU is bounded at 1000.
		if cpu != tt.cpu || okCPU != (tt.cpu > 0) {
			t.Errorf("CPU %q: %d, %v; want %d", tt.in, cpu, okCPU, tt.cpu)
		}
		memory, okMemory := parseMemory(tt.in)
		if memory != tt.memory || okMemory != (tt.memory > 0) {
			t.Errorf("memory %q: %d, %v; want %d", tt.in, memory, okMemory, tt.memory)
		}
	}
}

func TestCapacityPercentVolume(t *testing.T) {
	capacities := map[string]string{"1Gbps": "1000", "500Mbps": "500", "2.5Gbps": "2500", "400Gbps": "400000", "1Tbps": "1000000",
		"0Gbps": "", "1gbps": "", "1Gb": "", "1G": "", "1000": "", "Gbps": "", "-1Gbps": "", "1e3Mbps": ""}
	for in, want := range capacities {
		if got, ok := parseCapacity(in); ok != (want != "") || ok && got.String() != want {
			t.Errorf("capacity %q: %s, %v; want %q", in, got, ok, want)
		}
	}
	percents := map[string]string{"0%": "0", "20%": "0.2", "12.5%": "0.125", "100%": "1", "100.1%": "", "20": "", "%": "", "20 %": "", "-1%": "", "1e1%": ""}
	for in, want := range percents {
		if got, ok := parsePercent(in, 100); ok != (want != "") || ok && got.String() != want {
			t.Errorf("percent %q: %s, %v; want %q", in, got, ok, want)
		}
	}
	volumes := map[string]string{"0": "0 0", "400": "400 400", "100..400": "100 400", "0.5..1.5": "0.5 1.5", "5..5": "5 5",
		"1000000000000": "1000000000000 1000000000000", "1000000000001": "", "400..100": "", "..5": "", "5..": "", "1..2..3": "",
		"-1": "", "1e3": "", ".nan": "", ".inf": "", "1 .. 2": "", "": ""}
	for in, want := range volumes {
		low, high, ok := parseVolume(in)
		if ok != (want != "") || ok && low.String()+" "+high.String() != want {
			t.Errorf("volume %q: %s..%s, %v; want %q", in, low, high, ok, want)
		}
	}
}
