package planner

// Sources that several states, variants and barriers stand on.
const (
	articleText   = "On-premises egress design patterns for Amazon EKS"
	ciliumText    = "Cilium documentation, Egress Gateway"
	istioText     = "Istio documentation, Egress Gateways"
	cniText       = "Amazon VPC CNI README"
	podStandards  = "Kubernetes documentation, Pod Security Standards"
	serviceTokens = "Kubernetes documentation, Service Accounts"
)

// stateNote is what is said of a kind of state beside its meaning: what notices
// it or where it matters, the way out where it has no guard, and the fact.
type stateNote struct{ detail, fix, source string }

var stateNotes = map[string]stateNote{
	stateHealthy: {"The exit code of simulate is 1 if a flow of this state does not get through or its reply does not come back.", "", "the walk itself"},
	stateZoneLost: {"What was in it is noticed by whatever watches that: Kubernetes, a health check, a routing protocol.",
		"keep pods and gateways in every zone, each pod on its own zone's; mustSurvive: [zone-lost] makes it a requirement", articleText + ", patterns 2 and 3: high availability"},
	stateNodeLost: {"Kubernetes notices it and runs the pods on another node of the same subnets, so that the source stays.",
		"keep replicas on more than one node; mustSurvive: [node-lost] makes it a requirement", "Kubernetes documentation, Nodes"},
	stateNATLost: {"Nothing in the VPC notices it: route tables are static.",
		"lead the route tables of its subnets to another gateway, and plan for one in every zone", "Amazon VPC User Guide, NAT gateways and Route tables"},
	stateEgressNodeLost: {"The open-source edition checks no health: pods hashed to the node have no way out until its Node object goes. The enterprise edition checks it.",
		"delete the Node object automatically, or use ciliumHA: enterprise; mustSurvive: [node-lost] makes it a requirement", ciliumText},
	stateEgressNodeDeleted: {"The operator notices it within about a second and hashes the pods over the rest; their open connections break.",
		"drain connections before the label or the Node object goes", ciliumText},
	stateEgressIPMissing: {"Nobody notices it: the node drops what it should translate to an address that it does not have.",
		"assign the addresses to the node's interface and configure them in Linux before the policy is applied, and apply it again after a change", ciliumText + ": egress IPs are not provisioned by Cilium"},
	stateGatewayLost: {"Kubernetes withdraws the gateways' endpoints; sidecars then take those of other zones.",
		"run gateways in every zone, with outlier detection", istioText},
	stateLinkLost: {"The routing protocol notices it after its hold time, sooner with BFD; a backup on the same gateway takes over.",
		"order a second link of the site on the same gateway; mustSurvive: [link-lost] makes it a requirement", "AWS Direct Connect User Guide, Resiliency"},
	stateMislabelled:         {"Matters where labels decide the source: cilium-egress-gateway.", "", articleText + ", pattern 3: security"},
	stateMisplaced:           {"Matters wherever nodes decide the source, the nodes of gateways included.", "", articleText + ", pattern 1: security"},
	stateImpostor:            {"Shows the app's source where labels decide; where nodes decide it must run there as well, and where certificates decide it is refused.", "", articleText + ", pattern 3: security"},
	stateNoSidecar:           {"Matters where a sidecar leads to the gateway: istio-egress-gateway. Without one the pod leaves as its node does.", "", articleText + ", pattern 4: security consideration; " + istioText},
	stateProxyUID:            {"The sidecar's rules leave its own traffic alone, which they know by UID and GID 1337.", "", istioText},
	stateHostNetwork:         {"Such a pod has the node's address and no identity of its own.", "", podStandards},
	statePolicyLag:           {"Lasts a second or two with Cilium, until the sidecar is ready with Istio.", "", ciliumText + "; " + istioText},
	statePolicyOverlap:       {"Which of two egress policies with the same prefix wins is not defined.", "", ciliumText + ": conflicting policies"},
	stateSubnetDiscovery:     {"Matters where the pod's own address is the source, and custom networking is off.", "", cniText + ", subnet discovery"},
	stateServiceEntryMissing: {"With ALLOW_ANY the sidecar lets the connection leave directly, with REGISTRY_ONLY it refuses it.", "", "Istio documentation, Accessing External Services"},
	statePortsExhausted: {"New connections fail until others to the destination end.",
		"plan more addresses, gateways or nodes, or keep connections open in a pool; see connections-short", "Amazon VPC User Guide, NAT gateway basics; " + ciliumText},
}

// verdictNotes are the verdicts in their documented order.
var verdictNotes = []ending{
	{"delivered", "The packet reached the destination; whether the allow-list admits it and the reply comes back is said beside it.", "", "the walk itself"},
	{"dropped", "A filter, a missing route or a translation refused the packet, or it turned in a circle; the reason says which.", "Read the reason, and the hop it names.", "the walk itself"},
	{"unauthorized", "The mesh refused it: the gateway knows the workload and no policy allows it.", "Declare the flow, if the app is meant to have it.", "Istio documentation, AuthorizationPolicy"},
	{"blackhole", "The packet was sent to something that is gone; no answer of any kind comes back, so that clients wait for a time-out.", "Shorten the time until the loss is noticed; the state says what notices it.", "the walk itself"},
	{"unreachable", "There is no pod, zone or link to start from.", "Run the app in other zones as well, or order a second link.", "the walk itself"},
}

// variantNotes are the ways pods are attached, in the order of their constants.
var variantNotes = []ending{
	{variantPrimary, "The pod has an address of the node's primary interface, and leaves by it.", "", cniText},
	{variantSecondary, "The pod has an address of another interface of the node; where the CNI does not translate it leaves by that one, with that subnet's route table and network ACL.", "", cniText + ", host network rules"},
	{variantBranch, "The pod has an interface and security groups of its own (podSecurityGroups); in strict mode it is never translated.", "", cniText + ", security groups for pods"},
	{variantHost, "The pod uses the host network: its address is the node's.", "", "Kubernetes documentation, Pod Security Standards"},
	{variantFargate, "The pod runs on Fargate, with an interface of its own in one of its subnets.", "", "Amazon EKS User Guide, Fargate pod networking"},
	{variantDiscovered, "The pod has an address from another subnet that is tagged for the CNI.",
		"Set ENABLE_SUBNET_DISCOVERY to false or tag subnets per cluster.", cniText + ", subnet discovery"},
}

// barrierNotes are the barriers from the lowest to the highest; what they mean
// stands in barrierWords.
var barrierNotes = []ending{
	{barrierSameApp, "the app itself is in both groups, towards different destinations", "", "the input"},
	{barrierNone, "", "Ask for a finer identity at the firewall if they must be told apart.", articleText + ", introduction"},
	{barrierLabel, "", "Pin policies to namespace and service account, and refuse the label on other workloads at admission.", articleText + ", pattern 3: security"},
	{barrierServiceAccount, "", "Refuse the service account to other workloads of the namespace at admission.", serviceTokens},
	{barrierSchedule, "", "Refuse foreign tolerations, node selectors and spec.nodeName at admission, also on update.", articleText + ", pattern 1: security"},
	{barrierNamespace, "", "Give the right to create pods in the namespace to its team alone (RBAC).", "Kubernetes documentation, Using RBAC Authorization"},
	{barrierCertificate, "", "Guard the mesh's CA, and the right to create pods in the namespace (RBAC).", "Istio documentation, Security"},
	{barrierRoute, "", "Give the right to place instances in the subnets and to change their route tables to few (IAM).", "Amazon VPC User Guide, Identity and access management"},
}
