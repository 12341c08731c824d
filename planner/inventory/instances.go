package inventory

import (
	"cmp"
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/shopspring/decimal"

	"egressplan/fixtures"
)

// Instance is what the plan needs to know of an EC2 instance type. Zero means
// unknown for BandwidthMbps, VCPU and MemoryMiB.
type Instance struct {
	Type string
	// ENIs and IPv4PerENI count the interfaces of the default network card, the
	// only one the VPC CNI uses, and the addresses of each.
	ENIs, IPv4PerENI int
	// BandwidthMbps is the baseline, not the burst.
	BandwidthMbps int
	// BranchENIs is how many pods can have security groups of their own.
	BranchENIs int
	VCPU       int
	MemoryMiB  int
	// Hypervisor is nitro, xen or "".
	Hypervisor string
	BareMetal  bool
}

// InstanceType returns the limits of an instance type.
func InstanceType(name string) (Instance, bool) {
	list := instances()
	i, ok := slices.BinarySearchFunc(list, name, func(e Instance, n string) int { return cmp.Compare(e.Type, n) })
	if !ok {
		return Instance{}, false
	}
	return list[i], true
}

func instanceNames() []string {
	var names []string
	for _, i := range instances() {
		names = append(names, i.Type)
	}
	return names
}

// instances is the embedded table, by type; parsed when first used.
var instances = sync.OnceValue(func() []Instance {
	rows := newTable(fixtures.InstanceLimits())
	list := make([]Instance, 0, len(rows.records))
	for _, r := range rows.records {
		memory, _ := decimal.NewFromString(rows.cell(r, "memory_gib"))
		list = append(list, Instance{
			Type: rows.cell(r, "type"),
			ENIs: rows.count(r, "enis"), IPv4PerENI: rows.count(r, "ipv4_per_eni"),
			BandwidthMbps: rows.count(r, "bandwidth_mbps"), BranchENIs: rows.count(r, "branch_enis"), VCPU: rows.count(r, "vcpu"),
			MemoryMiB:  int(memory.Mul(decimal.New(1024, 0)).IntPart()),
			Hypervisor: rows.cell(r, "hypervisor"), BareMetal: rows.cell(r, "bare_metal") == "true",
		})
	}
	slices.SortFunc(list, func(a, b Instance) int { return cmp.Compare(a.Type, b.Type) })
	return list
})

// table is an embedded CSV whose first line names the columns. The files are
// part of the program and held by tests of their own, so a fault in one panics.
type table struct {
	column  map[string]int
	records [][]string
}

func newTable(data []byte) table {
	records, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil || len(records) == 0 {
		panic("inventory: embedded table: no rows or not CSV")
	}
	t := table{column: map[string]int{}, records: records[1:]}
	for i, name := range records[0] {
		t.column[name] = i
	}
	return t
}

func (t table) cell(record []string, name string) string {
	i, ok := t.column[name]
	if !ok {
		panic("inventory: embedded table has no column " + name)
	}
	return record[i]
}

// count is a whole number, 0 where the cell is empty.
func (t table) count(record []string, name string) int {
	n, _ := strconv.Atoi(t.cell(record, name))
	return n
}
