package inventory

import (
	"strings"

	"github.com/shopspring/decimal"
	"gopkg.in/yaml.v3"
)

// Bounds of what can be planned. They are far above what AWS offers; their task
// is to stop typing errors and to keep products within range.
const (
	maxPods      = 100_000
	maxCPUMillis = 1_000_000   // 1,000 cores
	maxMemoryMiB = 64 << 20    // 64 TiB
	maxCount     = 100_000_000 // connections, rules
)

var (
	maxVolume   = decimal.New(1, 12) // GB a month
	maxMoney    = decimal.New(1, 12)
	maxCapacity = decimal.New(1, 8) // Mbit/s: 100 Tbit/s
)

// unit is a suffix and what it multiplies by.
type unit struct {
	suffix string
	times  decimal.Decimal
}

// The suffixes of Kubernetes resource quantities (Kubernetes, Resource
// Management for Pods and Containers), to millicores and to bytes.
var (
	cpuUnits    = []unit{{"m", decimal.New(1, 0)}, {"", decimal.New(1, 3)}}
	memoryUnits = []unit{
		{"Ki", binary(1)}, {"Mi", binary(2)}, {"Gi", binary(3)}, {"Ti", binary(4)},
		{"k", decimal.New(1, 3)}, {"M", decimal.New(1, 6)}, {"G", decimal.New(1, 9)}, {"T", decimal.New(1, 12)},
		{"", decimal.New(1, 0)},
	}
	capacityUnits = []unit{{"Mbps", decimal.New(1, 0)}, {"Gbps", decimal.New(1, 3)}, {"Tbps", decimal.New(1, 6)}}
)

func binary(power int64) decimal.Decimal { return decimal.New(1<<(10*power), 0) }

// measure parses a plain decimal with one of the suffixes, in base units.
func measure(s string, units []unit) (decimal.Decimal, bool) {
	for _, u := range units {
		if digits, ok := strings.CutSuffix(s, u.suffix); ok && isDecimal(digits) {
			return decimal.RequireFromString(digits).Mul(u.times), true
		}
	}
	return decimal.Decimal{}, false
}

// parseCPU reads a Kubernetes CPU quantity in millicores, rounded up.
func parseCPU(s string) (int, bool) { return roundUp(s, cpuUnits, decimal.New(1, 0), maxCPUMillis) }

// parseMemory reads a Kubernetes memory quantity in MiB, rounded up.
func parseMemory(s string) (int, bool) { return roundUp(s, memoryUnits, binary(2), maxMemoryMiB) }

// roundUp counts whole steps, from 1 to most.
func roundUp(s string, units []unit, step decimal.Decimal, most int64) (int, bool) {
	v, ok := measure(s, units)
	if !ok || v.Sign() <= 0 || v.GreaterThan(step.Mul(decimal.New(most, 0))) {
		return 0, false
	}
	whole, rest := v.QuoRem(step, 0)
	if rest.Sign() > 0 {
		return int(whole.IntPart()) + 1, true
	}
	return int(whole.IntPart()), true
}

// parseCapacity reads a line rate in Mbit/s.
func parseCapacity(s string) (decimal.Decimal, bool) {
	v, ok := measure(s, capacityUnits)
	return v, ok && v.Sign() > 0 && !v.GreaterThan(maxCapacity)
}

// parsePercent reads "20%" as 0.2; most is in percent.
func parsePercent(s string, most int64) (decimal.Decimal, bool) {
	digits, ok := strings.CutSuffix(s, "%")
	if !ok || !isDecimal(digits) {
		return decimal.Decimal{}, false
	}
	v := decimal.RequireFromString(digits)
	return v.Shift(-2), !v.GreaterThan(decimal.New(most, 0))
}

// parseVolume reads "400" or "100..400".
func parseVolume(s string) (low, high decimal.Decimal, ok bool) {
	from, to, isRange := strings.Cut(s, "..")
	if !isRange {
		to = from
	}
	if !isDecimal(from) || !isDecimal(to) {
		return low, high, false
	}
	low = decimal.RequireFromString(from)
	if high = low; isRange {
		high = decimal.RequireFromString(to)
	}
	return low, high, !low.GreaterThan(high) && !high.GreaterThan(maxVolume)
}

// quantity turns a reader of text into a parser of scalars, number or text.
// unit is what people leave out at the end, "" if nothing.
func quantity[T any](read func(string) (T, bool), want, such, unit string) parser[T] {
	return func(d *decoder, n *yaml.Node, key string) (T, bool) {
		fix := "write " + want + ", such as " + such
		if n.Kind != yaml.ScalarNode || n.Tag != "!!str" && n.Tag != "!!int" && n.Tag != "!!float" {
			var zero T
			d.problem(n, CodeWrongType, fix, "%s is %s, want %s", key, describe(n), want)
			return zero, false
		}
		v, ok := read(n.Value)
		if !ok {
			if _, near := read(n.Value + unit); near && !strings.Contains(n.Value, ".") { // 0.2 may be 20% as well
				fix = "write " + n.Value + unit
			}
			d.problem(n, CodeBadQuantity, fix, "%s %s is not %s", key, quote(n.Value), want)
		}
		return v, ok
	}
}

var (
	cpu      = quantity(parseCPU, "a number of cores from 1m to 1000", "500m, 0.5 or 2", "")
	memory   = quantity(parseMemory, "a number of bytes from 1 to 64Ti", "512Mi, 1Gi or 128M", "")
	capacity = quantity(parseCapacity, "a line rate", "500Mbps or 10Gbps", "ps")
)

// percent reads a percentage as a ratio; most is in percent.
func percent(most int64) parser[decimal.Decimal] {
	return quantity(func(s string) (decimal.Decimal, bool) { return parsePercent(s, most) },
		"a percentage from 0% to "+decimal.New(most, 0).String()+"%", "20%", "%")
}

// volume reads GB a month; absent means unknown, which is not 0.
func (o object) volume(key string) Volume {
	n := o.field(key)
	if n == nil {
		return Volume{At: o.at()}
	}
	read := quantity(func(s string) (v Volume, ok bool) {
		v.Low, v.High, v.Known = parseVolume(s)
		return v, v.Known
	}, "a volume in GB a month", "400, or low..high as in 100..400, at most 1000000000000", "")
	v, _ := read(o.d, n, key)
	v.At = o.d.at(n)
	return v
}
