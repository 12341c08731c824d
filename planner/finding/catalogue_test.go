package finding

import "testing"

// The catalogue is sorted, each entry says what it means, what to do and on what
// it stands, and whatever else names codes names those of the catalogue. That
// code and documentation name the same is held in package planner, which files
// them.
func TestCatalogue(t *testing.T) {
	for i, e := range catalogue {
		if i > 0 && catalogue[i-1].Code >= e.Code {
			t.Errorf("%s stands before %s", catalogue[i-1].Code, e.Code)
		}
		if e.Meaning == "" || e.Source == "" || e.Severity != Note && e.Fix == "" {
			t.Errorf("%s: what it means, what to do or the source is missing", e.Code)
		}
	}
	for _, code := range prominent {
		if _, ok := Lookup(code); !ok {
			t.Errorf("%s is prominent and no code", code)
		}
	}
	for code := range otherwise {
		if _, ok := Lookup(code); !ok {
			t.Errorf("%s has another severity and is no code", code)
		}
	}
}

// What a policy makes of a code, by its severity and scope (docs/input.md,
// Policy: reject treats as blockers, accept as notes).
func TestEffectsOfAPolicy(t *testing.T) {
	cases := []struct{ code, effect, rejected, accepted string }{
		{"no-space", "rejects the pattern", "changes nothing: it is a blocker already", "makes it a note: it rejects nothing any more, and what it says stays true"},
		{"label-trust", "stands among the risks; it rejects nothing and adds nothing to the bill", "makes it a blocker: it rejects the pattern",
			"makes it a note: it no longer stands among the risks, and what it says stays true"},
		{"snat-to-node", "is for the record", "makes it a blocker: it rejects the pattern", "changes nothing: it is a note already"},
		{"tls-origination", "stands among the risks; it rejects nothing and adds nothing to the bill",
			"makes it a blocker: it makes each app it names an exception, which leaves by another door; more exceptions than Policy.maxExceptions reject the pattern",
			"makes it a note: it no longer stands among the risks, and what it says stays true"},
	}
	for _, c := range cases {
		e, ok := Lookup(c.code)
		if !ok {
			t.Fatalf("no code %s", c.code)
		}
		if e.Effect() != c.effect || e.Rejected() != c.rejected || e.Accepted() != c.accepted {
			t.Errorf("%s: %q, %q, %q", c.code, e.Effect(), e.Rejected(), e.Accepted())
		}
	}
}
