// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// dvsVersions are the versions of a distributed switch that can be made, the recommended one last.
var dvsVersions = []string{"6.5.0", "6.6.0", "7.0.0", "7.0.2", "7.0.3", "8.0.0", "8.0.3"}

// nsxForwarding is the forwardingClass of a switch that NSX uses.
const nsxForwarding = "cswitch"

// macManagementSince is the first version with macManagementPolicy and MAC learning (vSphere API 6.7).
const macManagementSince = "6.6.0"

// multipleLag is the LACP of a switch whose link aggregation groups have it, and not its ports (VMwareDvsLacpApiVersion).
const multipleLag = string(types.VMwareDvsLacpApiVersionMultipleLag)

// The limits of MAC learning are those of the vSphere 8 documentation: up to 4096 addresses a port, which is the default too.
const maxLearned = 4096

func productSpec(version string) types.DistributedVirtualSwitchProductSpec {
	return types.DistributedVirtualSwitchProductSpec{
		Name: "DVS", Vendor: "VMware, Inc.", Version: version, Build: "0", ForwardingClass: "etherswitch",
	}
}

// atLeast compares dotted versions by number.
func atLeast(version, wanted string) bool {
	numbers := func(text string) []int {
		var found []int
		for part := range strings.SplitSeq(text, ".") {
			number, _ := strconv.Atoi(part)
			found = append(found, number)
		}
		return found
	}
	return slices.Compare(numbers(version), numbers(wanted)) >= 0
}

func featuresOf(version string) *types.VMwareDVSFeatureCapability {
	yes, recent := types.NewBool(true), types.NewBool(atLeast(version, "7.0.2"))
	return &types.VMwareDVSFeatureCapability{
		DVSFeatureCapability: types.DVSFeatureCapability{
			NetworkResourceManagementSupported: true,
			NicTeamingPolicy:                   []string{"loadbalance_ip", "loadbalance_srcmac", "loadbalance_srcid", "failover_explicit", "loadbalance_loadbased"},
			NetworkFilterSupported:             yes,
			MacLearningSupported:               types.NewBool(atLeast(version, macManagementSince)),
		},
		VspanSupported: yes, LldpSupported: yes, IpfixSupported: yes, MulticastSnoopingSupported: yes,
		NsxSupported:   types.NewBool(atLeast(version, "7.0.0")),
		LacpCapability: &types.VMwareDvsLacpCapability{LacpSupported: yes, MultiLacpGroupSupported: yes, LacpFastModeSupported: recent},
		MtuCapability:  &types.VMwareDvsMtuCapability{MinMtuSupported: 1280, MaxMtuSupported: 9190},
	}
}

func boolPolicy(value bool) *types.BoolPolicy { return &types.BoolPolicy{Value: &value} }

func shaping() *types.DVSTrafficShapingPolicy {
	return &types.DVSTrafficShapingPolicy{
		Enabled: boolPolicy(false), AverageBandwidth: &types.LongPolicy{Value: 100_000_000},
		PeakBandwidth: &types.LongPolicy{Value: 100_000_000}, BurstSize: &types.LongPolicy{Value: 104_857_600},
	}
}

// defaultSetting is the port setting of a new distributed switch. Its security refuses all three.
func defaultSetting(version string, uplinks []string) *portSetting {
	setting := &portSetting{
		DVPortSetting: types.DVPortSetting{
			Blocked: boolPolicy(false), VmDirectPathGen2Allowed: boolPolicy(false), InShapingPolicy: shaping(), OutShapingPolicy: shaping(),
			VendorSpecificConfig: &types.DVSVendorSpecificConfig{}, NetworkResourcePoolKey: &types.StringPolicy{Value: "-1"},
			FilterPolicy: &types.DvsFilterPolicy{},
		},
		Vlan:   &types.VmwareDistributedVirtualSwitchVlanIdSpec{},
		QosTag: &types.IntPolicy{Value: -1},
		UplinkTeamingPolicy: &types.VmwareUplinkPortTeamingPolicy{
			Policy:        &types.StringPolicy{Value: "loadbalance_srcid"},
			ReversePolicy: boolPolicy(true), NotifySwitches: boolPolicy(true), RollingOrder: boolPolicy(false),
			FailureCriteria: &types.DVSFailureCriteria{
				CheckSpeed: &types.StringPolicy{Value: "minimum"}, Speed: &types.IntPolicy{Value: 10}, CheckDuplex: boolPolicy(false), FullDuplex: boolPolicy(false),
				CheckErrorPercent: boolPolicy(false), Percentage: &types.IntPolicy{}, CheckBeacon: boolPolicy(false),
			},
			UplinkPortOrder: &types.VMwareUplinkPortOrderPolicy{ActiveUplinkPort: uplinks},
		},
		SecurityPolicy: &types.DVSSecurityPolicy{AllowPromiscuous: boolPolicy(false), MacChanges: boolPolicy(false), ForgedTransmits: boolPolicy(false)},
		IpfixEnabled:   boolPolicy(false), TxUplink: boolPolicy(false),
		LacpPolicy: &types.VMwareUplinkLacpPolicy{Enable: boolPolicy(false), Mode: &types.StringPolicy{Value: "passive"}},
	}
	if atLeast(version, "8.0.0") {
		setting.VNI = new(types.IntPolicy)
	}
	if atLeast(version, macManagementSince) {
		setting.MacManagementPolicy = &types.DVSMacManagementPolicy{
			AllowPromiscuous: types.NewBool(false), MacChanges: types.NewBool(false), ForgedTransmits: types.NewBool(false),
			MacLearningPolicy: &types.DVSMacLearningPolicy{},
		}
	}
	return setting
}

// defaultGroupPolicy is what a port may override in a group that is made without a policy.
func defaultGroupPolicy() *types.VMwareDVSPortgroupPolicy {
	no := types.NewBool(false)
	return &types.VMwareDVSPortgroupPolicy{
		DVPortgroupPolicy: types.DVPortgroupPolicy{
			BlockOverrideAllowed: true, PortConfigResetAtDisconnect: true, NetworkResourcePoolOverrideAllowed: no, TrafficFilterOverrideAllowed: no,
		},
		IpfixOverrideAllowed: no, MacManagementOverrideAllowed: no,
	}
}

// asSetting reads a specification's setting, which may be of the base type.
func asSetting(spec types.BaseDVPortSetting) *portSetting {
	switch each := spec.(type) {
	case *portSetting:
		return each
	case *types.DVPortSetting:
		return &portSetting{DVPortSetting: *each}
	}
	return new(portSetting)
}

// checkSetting refuses values out of range, features that the switch does not have and, where link aggregation groups have it, LACP of ports.
func checkSetting(path string, spec *portSetting, vds *simulator.DistributedVirtualSwitch) types.BaseMethodFault {
	if spec.LacpPolicy != nil && !spec.LacpPolicy.Inherited && configOf(vds).LacpApiVersion == multipleLag {
		return new(types.ConflictingConfiguration)
	}
	return checkValues(path, spec, versionOf(vds))
}

func checkValues(path string, spec *portSetting, version string) types.BaseMethodFault {
	if vlan, ok := spec.Vlan.(*types.VmwareDistributedVirtualSwitchVlanIdSpec); ok && (vlan.VlanId < 0 || vlan.VlanId > 4094) {
		return invalid(path + ".vlan.vlanId")
	}
	mac := spec.MacManagementPolicy
	if mac == nil {
		return nil
	}
	if !atLeast(version, macManagementSince) {
		// "if the spec includes settings for any VDS feature that is not supported on this switch"
		return new(types.NotSupported)
	}
	learning := mac.MacLearningPolicy
	if learning == nil || learning.Inherited {
		return nil
	}
	if learning.Limit != nil && (*learning.Limit < 0 || *learning.Limit > maxLearned) {
		return invalid(path + ".macManagementPolicy.macLearningPolicy.limit")
	}
	if policy := strings.ToLower(learning.LimitPolicy); policy != "" && policy != "allow" && policy != "drop" {
		return invalid(path + ".macManagementPolicy.macLearningPolicy.limitPolicy")
	}
	return nil
}
