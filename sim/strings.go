package sim

// String is the verdict as people read it. A loop is a drop to whoever waits
// for the packet; its Code tells the difference.
func (v Verdict) String() string {
	switch v {
	case Delivered:
		return "delivered"
	case Dropped, Looped:
		return "dropped"
	case Unauthorized:
		return "unauthorized"
	case Blackhole:
		return "blackhole"
	case Unreachable:
		return "unreachable"
	}
	return "undecided"
}

// String is the code as programs read it.
func (c Code) String() string {
	switch c {
	case CodeDelivered:
		return "delivered"
	case CodeIngressDenied:
		return "ingress-denied"
	case CodeEgressDenied:
		return "egress-denied"
	case CodeNoRoute:
		return "no-route"
	case CodeRouteDrop:
		return "route-drop"
	case CodeNodeDown:
		return "node-down"
	case CodeNoSession:
		return "no-session"
	case CodeProtocol:
		return "protocol"
	case CodeNoTranslation:
		return "no-translation"
	case CodeUnauthorized:
		return "unauthorized"
	case CodeLoop:
		return "loop"
	case CodeTooBig:
		return "too-big"
	case CodeNoUpstream:
		return "no-upstream"
	case CodeNoOrigin:
		return "no-origin"
	}
	return "none"
}

// String is the action as programs read it. Both directions of a source
// translation are "snat".
func (a Action) String() string {
	switch a {
	case ActForward:
		return "forward"
	case ActSNAT, ActUnSNAT:
		return "snat"
	case ActTunnel:
		return "tunnel"
	case ActProxy:
		return "proxy"
	case ActDrop:
		return "drop"
	case ActDeliver:
		return "deliver"
	}
	return "none"
}

// String is the protocol's name.
func (p Protocol) String() string {
	switch p {
	case Any:
		return "any"
	case TCP:
		return "tcp"
	case UDP:
		return "udp"
	case ICMP:
		return "icmp"
	}
	return "other"
}
