package planner

// Simulation is the answer of simulate.
type Simulation struct {
	APIVersion  string `json:"apiVersion"`
	Kind        string `json:"kind"`
	Environment string `json:"environment"`
	Pattern     string `json:"pattern"`
	// Exceptions are the apps that do not go by this pattern and are not walked.
	Exceptions []Exception `json:"exceptions"`
	// Notes say what has no path: misuses that change nothing, faults that
	// paths do not meet.
	Notes []string `json:"notes"`
	Paths []Path   `json:"paths"`
}

// Path is one flow in one state from one zone and pod variant, both ways.
type Path struct {
	Pattern     string   `json:"pattern"`
	App         string   `json:"app"`
	From        string   `json:"from,omitempty"` // misuses: whose packets they are, in words
	Variant     string   `json:"variant"`
	Zone        string   `json:"zone"`
	To          string   `json:"to"`
	Destination string   `json:"destination"`
	Protocol    string   `json:"protocol"`
	Port        int      `json:"port"`
	Initiator   string   `json:"initiator"`
	State       string   `json:"state"`
	Verdict     string   `json:"verdict"`
	Reason      Reason   `json:"reason"`
	Sources     []string `json:"sources"`
	Allowed     bool     `json:"allowed"`
	Replied     bool     `json:"replied"`
	Ways        Ways     `json:"ways"`
	// MTU is the largest packet that passes both ways, in bytes with the IP
	// header; 0 where no part of the way is known to limit it.
	MTU     int     `json:"mtu"`
	Outage  *Outage `json:"outage,omitempty"`
	Lasts   *Lasts  `json:"lasts,omitempty"`
	Proof   *Proof  `json:"proof,omitempty"`
	Forward []Hop   `json:"forward"`
	Return  []Hop   `json:"return"`
}

// Ways counts the alternatives a packet may take (gateways, addresses), and
// those of them that do what the flow needs. Verdict and hops of a path are of
// the first that does not.
type Ways struct {
	Good int `json:"good"`
	Of   int `json:"of"`
}

// Proof is what became of the path's packet when it was sent for real through a
// network of the kernel's that is built like the one it was walked in. Agrees is
// false where that is not what was walked.
type Proof struct {
	Arrived bool   `json:"arrived"`
	Seen    string `json:"seen,omitempty"` // source and port as they arrived
	At      string `json:"at,omitempty"`
	Replied bool   `json:"replied"`
	Agrees  bool   `json:"agrees"`
}

// Outage is what becomes of a path until a fault is noticed, where that differs
// from what comes after.
type Outage struct {
	Verdict string `json:"verdict"`
	Ways    Ways   `json:"ways"`
}

// Lasts says how long a fault's outage or a misuse lasts. Known is false where
// the sources give no figure.
type Lasts struct {
	Text  string `json:"text"`
	Known bool   `json:"known"`
}

// Reason says why a path ended as it did: a code for programs, a text for
// people.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// Hop is one step of a path: the packet as it came to the hop and as it leaves
// it, what the hop did, why, and the fact behind that.
type Hop struct {
	Hop       string `json:"hop"`
	Kind      string `json:"kind"`
	Zone      string `json:"zone,omitempty"`
	Action    string `json:"action"`
	SrcBefore string `json:"srcBefore"`
	DstBefore string `json:"dstBefore"`
	Src       string `json:"src"`
	Dst       string `json:"dst"`
	Why       string `json:"why"`
	Source    string `json:"source,omitempty"`
}
