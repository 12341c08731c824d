package inventory

// everyKeyYAML is a plan that uses every key of the input once, for tests that
// try them all. A test holds that none is missing.
const everyKeyYAML = `apiVersion: egressplan/v1
kind: Environment
metadata: {name: every}
spec:
  region: eu-central-1
  zones: [{name: eu-central-1a, id: euc1-az2}, eu-central-1b]
  vpc:
    cidrs: [10.20.0.0/16, {cidr: 100.65.0.0/16, routable: false}]
    changeable: true
    subnets:
      - {name: nodes-a, cidr: 10.20.0.0/24, zone: eu-central-1a, role: nodes, freeIPs: 120, used: [10.20.0.4/30], cni: true}
      - {name: nat-a, cidr: 10.20.1.0/28, zone: eu-central-1a, role: nat}
    natGateways: [{name: nat-a, subnet: nat-a, private: true, ips: [10.20.1.9]}]
    routeTables: [{name: rt-a, subnets: [nodes-a], routes: [{to: 10.0.0.0/8, via: transit-gateway, propagated: true}]}]
    endpoints: [s3]
    networkACLs: [{name: strict, subnets: [nodes-a], inbound: ["100 allow tcp/22 10.0.0.0/8"], outbound: ["100 allow any 0.0.0.0/0"]}]
  pools: [{name: routable, cidrs: [10.20.64.0/18], routable: true, keepFree: 20%}, {name: bench, cidrs: [198.19.0.0/20], routable: false, associable: true}]
  reserved: [10.20.255.0/24]
  onPrem:
    sites:
      - name: dc1
        cidrs: [10.0.0.0/14]
        links:
          - {name: dx1, gateway: transit-gateway, over: direct-connect, role: primary, capacity: 1Gbps, ports: 2, shared: true, location: Europe, mtu: 1500, advertised: [10.20.0.0/16]}
          - {name: vpn1, over: site-to-site-vpn, mtu: 1400}
  connected: [{name: shared-services, cidrs: [10.30.0.0/16]}]
  cluster:
    name: prod
    cni: vpc-cni
    mesh: none
    provisioning: managed
    nodeType: m5.large
    serviceCIDR: 172.20.0.0/16
    vpcCNI: {externalSNAT: true, excludeSNATCIDRs: [10.0.0.0/8], randomizeSNAT: prng, customNetworking: false, prefixDelegation: false, podSecurityGroups: standard, subnetDiscovery: true, externalServiceCIDRs: [10.9.0.0/16]}
    cilium: {ipam: eni, nativeRoutingCIDRs: [10.20.0.0/16], nonMasqueradeCIDRs: [10.0.0.0/8], excludedCIDRs: [10.9.0.0/16]}
    ciliumHA: oss
    istio: {outboundTrafficPolicy: ALLOW_ANY, excludeOutboundIPRanges: [10.9.0.0/16]}
    egressNodeType: c6gn.large
    securityGroupEgress: ["any 0.0.0.0/0"]
    securityGroupIngress: ["tcp/443 10.0.0.0/8"]
  quotas: {natGatewaysPerZone: 5, vpcCIDRs: 5, subnets: 200, routeTables: 200, routesPerTable: 500, fixed: [subnets]}
---
apiVersion: egressplan/v1
kind: AppInventory
labels: {team: a, tier: 1}
owner: core
spec:
  newAppsPerMonth: 0.5
  apps:
    - name: ledger
      namespace: payments
      tenant: retail
      serviceAccount: ledger.core
      podLabels: {app: ledger, example.com/part: db}
      compute: ec2
      os: linux
      hostNetwork: false
      subnets: [nodes-a]
      pods: {min: 3, max: 40, typical: 20}
      requests: {cpu: 500m, memory: 1Gi}
      growth: 25%
      changesPerMonth: 0.2
      maxChangeDays: 30
      flows: [{to: core-db, ports: [tcp/1521], initiator: app, outGB: 400, inGB: 100..400, peakConnections: 10, connectionsPerSecond: 5}]
    - {name: batch, namespace: payments, compute: fargate, pods: {min: 0, max: 1}}
---
apiVersion: egressplan/v1
kind: FirewallRequirements
spec:
  firewalls: [{name: edge, site: dc1, syntax: text, identity: app, broadestSource: 27, maxEntries: 1000, openToGateways: false, leadTimeDays: 10}]
  destinations:
    - {name: core-db, kind: on-premises, firewall: edge, cidrs: [10.1.4.0/28], clusterIP: 172.20.5.5, hosts: ["*.core.example"], ports: [tcp/1521], application: tcp, identity: app, authorization: address, delegatedIdentity: false, mustSurvive: [node-lost, zone-lost]}
    - {name: storage, kind: aws-service, service: s3, ports: [tcp/443]}
    - {name: partner, kind: network, cidrs: [10.30.0.0/24], ports: [any]}
---
apiVersion: egressplan/v1
kind: Policy
spec:
  exclude: [istio-egress-gateway]
  reject: [shared-source]
  accept: [nat-gateway-quota]
  maxExceptions: 1
  allowOverPermission: true
  redundancy: {natZones: 2, egressNodesPerZone: 1, gatewayReplicasPerZone: 2}
  licences: {isovalentMonthlyUSD: 1000, tetrateMonthlyUSD: "1000.50"}
  assumptions:
    accessChangeHours: 0.5
    accessChangeHoursMesh: 1.5
    amortisationMonths: 36
    ciliumMigrationHours: 160
    ciliumUpkeepHoursPerMonth: 16
    crossZoneSides: 2
    daemonsetCPUMillis: 200
    daemonsetMemoryMiB: 300
    daemonsetPods: 2
    egressPolicyHoursPerMonth: 0.1
    engineerHourUSD: 90
    evictionMemoryMiB: 100
    firewallChangeHours: 2
    gatewayCPUMillis: 100
    gatewayMemoryMiB: 128
    gatewayUtilisation: 0.6
    hoursPerMonth: 730
    istioUpkeepHoursPerMonth: 24
    istiodCPUMillis: 500
    istiodMemoryMiB: 2048
    istiodReplicas: 2
    meshAppHoursPerMonth: 0.2
    meshOnboardHoursPerApp: 3
    natGatewayHoursPerMonth: 0.25
    nearTiePercent: 5
    newAppHours: 6
    newAppHoursKubernetes: 2
    nodeGroupHoursPerMonth: 0.5
    peakFactor: 4
    sidecarCPUMillis: 100
    sidecarMemoryMiB: 128
---
apiVersion: egressplan/v1
kind: PriceBook
spec:
  source: contract
  asOf: 2026-09-25
  currency: USD
  prices:
    - {region: eu-central-1, item: nat-gateway-hour, price: "0.05", unit: Hrs, source: contract, asOf: 2026-09, confidence: given}
    - {region: "*", item: nat-gateway-gb, tiers: [{upTo: 1000, price: 0.05}, {price: 0.04}]}
---
apiVersion: egressplan/v1
kind: Allocations
metadata: {name: every}
spec:
  entries:
    - {name: app/payments/ledger/eu-central-1a/nodes, pattern: vpc-subnet-cidr, pool: routable, zone: eu-central-1a, purpose: nodes, cidr: 10.20.64.0/26}
`
