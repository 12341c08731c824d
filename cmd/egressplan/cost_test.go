package main

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"egressplan/planner"
)

// multiplication is a line of a bill as it is printed: 3,500 GB x 0.045 = 157.50.
var multiplication = regexp.MustCompile(`([0-9][0-9,.]*) \S+ x ([0-9][0-9,.]*) = +([0-9,]+\.[0-9][0-9])( |$)`)

// Whoever has a calculator gets the printed amounts from the printed figures, to
// the cent, and adds the lines up to what is billed; on every example plan and at
// both widths, which no line exceeds.
func TestPrintedArithmetic(t *testing.T) {
	plans, err := filepath.Glob(filepath.Join("..", "..", "fixtures", "plans", "*", "environment.yaml"))
	if err != nil || len(plans) < 6 {
		t.Fatalf("%d example plans, %v", len(plans), err)
	}
	plain := strings.NewReplacer(",", "")
	for _, columns := range []int{80, 140} {
		t.Setenv("COLUMNS", strconv.Itoa(columns))
		for _, plan := range plans {
			var out, errs bytes.Buffer
			if code := run(context.Background(), []string{"cost", filepath.Dir(plan)}, strings.NewReader(""), &out, &errs); code > exitNo {
				t.Fatalf("%s: exit %d: %s", plan, code, errs.String())
			}
			lines, sum := 0, dec("0")
			for line := range strings.Lines(out.String()) {
				line = strings.TrimRight(line, "\n")
				if textWidth(line) > columns {
					t.Errorf("%s: wider than %d: %q", plan, columns, line)
				}
				if m := multiplication.FindStringSubmatch(line); m != nil && !strings.Contains(line, "USD") {
					lines++
					q, p, a := dec(plain.Replace(m[1])), dec(plain.Replace(m[2])), dec(plain.Replace(m[3]))
					sum = sum.Add(a)
					if !q.Mul(p).Round(2).Equal(a) {
						t.Errorf("%s: %q: %s", plan, line, q.Mul(p))
					}
				}
				fields := strings.Fields(line)
				if strings.HasPrefix(line, "  "+centsRow) && len(fields) == 5 {
					sum = sum.Add(dec(fields[4]))
				}
				if strings.HasPrefix(line, "  billed (total)") {
					if want := dec(plain.Replace(fields[2])); !sum.Equal(want) {
						t.Errorf("%s: the lines add up to %s, billed are %s", plan, sum, want)
					}
					sum = dec("0")
				}
			}
			if lines < 4 {
				t.Errorf("%s: %d lines with arithmetic", plan, lines)
			}
		}
	}
}

// 200 / 3 GB at 1 USD are 66.67: two decimals of the quantity will do. At 100 USD
// they are 6,666.67, and 66.67 x 100 would be 6,667.
func TestArithmeticShowsEnoughDecimals(t *testing.T) {
	for price, want := range map[string]string{"1": "66.67 GB x 1.00 =", "100": "66.6667 GB x 100.00 ="} {
		q := dec("66.6666666666666667")
		if got := arithmetic(planner.Line{Quantity: q, Unit: "GB", UnitPrice: dec(price), Amount: q.Mul(dec(price))}); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	// Tiers have no single price; the average is rounded and proves nothing.
	l := planner.Line{Quantity: dec("60000"), Unit: "GB", UnitPrice: dec("0.08365333"), Amount: dec("5019.2"),
		How: "60000 GB: out = 60000 GB: 10240 x 0.09 + 40960 x 0.085 + 8800 x 0.07 USD"}
	if got := arithmetic(l); got != "60,000 GB, by tier =" {
		t.Errorf("%q", got)
	}
	if got := derivation(l, "USD"); !strings.Contains(got, "40960 x 0.085") {
		t.Errorf("the tiers are lost: %q", got)
	}
	if got := derivation(planner.Line{Quantity: dec("1460"), Unit: "h", UnitPrice: dec("0.045"), How: "2 NAT gateways x 730 h = 1460 h x 0.045 USD"}, "USD"); got != "2 NAT gateways x 730 h" {
		t.Errorf("%q", got)
	}
}

// Prose hangs below the last line of its row, also where a cell is wrapped.
func TestProseBelowARow(t *testing.T) {
	var out bytes.Buffer
	w := bufio.NewWriter(&out)
	p := &page{w: w, width: 30}
	tab := &table{columns: []column{{title: "what", flex: 8}, {title: "n", right: true}}}
	tab.add("one two three four five six seven", "1")
	tab.hang("under one")
	tab.add("b", "2")
	tab.add("c", "3")
	tab.hang("under c \x1b[31m")
	if err := p.table(tab, ""); err != nil {
		t.Fatal(err)
	}
	w.Flush()
	lines := strings.Split(strings.TrimRight(out.String(), "\n"), "\n")
	at := func(text string) int {
		return slices.IndexFunc(lines, func(l string) bool { return strings.Contains(l, text) })
	}
	if at("under one") != at("seven")+1 || at("under one") != at("b ")-1 || at("under c") != at("c ")+1 {
		t.Errorf("\n%s", out.String())
	}
	if !strings.Contains(out.String(), `\u{1b}`) {
		t.Error("an escape sequence went through")
	}
}

// The embedded book is shown whole: a row or tier each for the rows of
// fixtures/prices.yaml and ec2-prices.csv.
func TestEveryPriceIsShown(t *testing.T) {
	csvRows, err := os.ReadFile(filepath.Join("..", "..", "fixtures", "ec2-prices.csv"))
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"prices", "show", "--item", "ec2-hour", "-o", "csv"}, strings.NewReader(""), &out, &errs); code != 0 {
		t.Fatal(errs.String())
	}
	if got, want := strings.Count(out.String(), "\n"), bytes.Count(csvRows, []byte("\n")); got != want { // a heading each
		t.Errorf("%d rows, want %d", got, want)
	}
}
