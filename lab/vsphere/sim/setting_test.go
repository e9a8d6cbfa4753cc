// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"reflect"
	"testing"

	"github.com/vmware/govmomi/vim25/types"
)

func levels() (*portSetting, *portSetting) {
	parent := defaultSetting("8.0.3", []string{"Uplink 1"})
	return parent, inheritAll(parent)
}

func TestAnEmptySpecificationChangesNothing(t *testing.T) {
	parent, group := levels()
	merge(group, &portSetting{DVPortSetting: blocked(false, true)}, parent)
	before := clone(group)
	merge(group, new(portSetting), parent)
	if !reflect.DeepEqual(group, before) {
		t.Errorf("%+v", group)
	}
	if parent.Blocked.Inherited || *parent.Blocked.Value {
		t.Error("the level above has changed")
	}
}

// blocked is a setting with only that.
func blocked(inherited, value bool) types.DVPortSetting {
	return types.DVPortSetting{Blocked: &types.BoolPolicy{InheritablePolicy: types.InheritablePolicy{Inherited: inherited}, Value: &value}}
}

func TestInheritedIgnoresTheRest(t *testing.T) {
	parent, group := levels()
	merge(group, &portSetting{DVPortSetting: blocked(false, true)}, parent)
	if group.Blocked.Inherited || !*group.Blocked.Value {
		t.Fatalf("%+v", group.Blocked)
	}
	merge(group, &portSetting{DVPortSetting: blocked(true, true)}, parent)
	if !group.Blocked.Inherited || *group.Blocked.Value {
		t.Errorf("%+v", group.Blocked)
	}
}

func TestAnotherKindOfVLANReplaces(t *testing.T) {
	parent, group := levels()
	trunk := &types.VmwareDistributedVirtualSwitchTrunkVlanSpec{VlanId: []types.NumericRange{{Start: 1, End: 9}}}
	merge(group, &portSetting{Vlan: trunk}, parent)
	if !reflect.DeepEqual(group.Vlan, types.BaseVmwareDistributedVirtualSwitchVlanSpec(trunk)) {
		t.Fatalf("%+v", group.Vlan)
	}
	refresh(group, parent)
	if !reflect.DeepEqual(group.Vlan, types.BaseVmwareDistributedVirtualSwitchVlanSpec(trunk)) {
		t.Errorf("%+v", group.Vlan)
	}
	// Zero is a VLAN, not an absent value.
	merge(group, &portSetting{Vlan: &types.VmwareDistributedVirtualSwitchVlanIdSpec{VlanId: 5}}, parent)
	merge(group, &portSetting{Vlan: &types.VmwareDistributedVirtualSwitchVlanIdSpec{VlanId: 0}}, parent)
	if vlan := group.Vlan.(*types.VmwareDistributedVirtualSwitchVlanIdSpec); vlan.VlanId != 0 || vlan.Inherited {
		t.Errorf("%+v", vlan)
	}
}

func TestBothPoliciesAlwaysAgree(t *testing.T) {
	choices := []*types.BoolPolicy{nil, boolPolicy(false), boolPolicy(true), {InheritablePolicy: types.InheritablePolicy{Inherited: true}}}
	for _, promiscuous := range choices {
		for _, changes := range choices {
			parent, group := levels()
			merge(group, &portSetting{SecurityPolicy: &types.DVSSecurityPolicy{AllowPromiscuous: promiscuous, MacChanges: changes}}, parent)
			merge(parent, &portSetting{SecurityPolicy: &types.DVSSecurityPolicy{AllowPromiscuous: boolPolicy(true), ForgedTransmits: boolPolicy(true)}}, parent)
			refresh(group, parent)
			mac, security := group.MacManagementPolicy, group.SecurityPolicy
			if *mac.AllowPromiscuous != *security.AllowPromiscuous.Value || *mac.MacChanges != *security.MacChanges.Value || *mac.ForgedTransmits != *security.ForgedTransmits.Value {
				t.Errorf("%+v %+v: %+v, %+v", promiscuous, changes, mac, security)
			}
			all := security.AllowPromiscuous.Inherited && security.MacChanges.Inherited && security.ForgedTransmits.Inherited
			if mac.Inherited != all || !*mac.ForgedTransmits {
				t.Errorf("%+v %+v: %+v", promiscuous, changes, mac)
			}
		}
	}
}

func TestCloneSharesNothing(t *testing.T) {
	original := defaultSetting("8.0.3", []string{"Uplink 1"})
	copied := clone(original)
	setInherited(reflect.ValueOf(copied), true)
	copied.UplinkTeamingPolicy.UplinkPortOrder.ActiveUplinkPort[0] = "other"
	if !reflect.DeepEqual(original, defaultSetting("8.0.3", []string{"Uplink 1"})) {
		t.Errorf("%+v", original)
	}
}

func TestVersionsAreComparedByNumber(t *testing.T) {
	for _, each := range []struct {
		version, wanted string
		is              bool
	}{{"6.5.0", "6.6.0", false}, {"6.6.0", "6.6.0", true}, {"7.0.3", "6.6.0", true}, {"10.0.0", "6.6.0", true}, {"6.6", "6.6.0", false}} {
		if atLeast(each.version, each.wanted) != each.is {
			t.Errorf("%+v", each)
		}
	}
}

func TestFailoverOrderIsOneValue(t *testing.T) {
	vswitch := *defaultSwitchPolicy()
	vswitch.NicTeaming.NicOrder = &types.HostNicOrderPolicy{ActiveNic: []string{"vmnic0"}, StandbyNic: []string{"vmnic1"}}
	group := types.HostNetworkPolicy{NicTeaming: &types.HostNicTeamingPolicy{NicOrder: &types.HostNicOrderPolicy{ActiveNic: []string{"vmnic1"}}}}
	found := overlay(vswitch, group).NicTeaming
	if !reflect.DeepEqual(found.NicOrder, group.NicTeaming.NicOrder) || found.Policy != "loadbalance_srcid" {
		t.Errorf("%+v", found)
	}
	if vswitch.NicTeaming.NicOrder.ActiveNic[0] != "vmnic0" {
		t.Error("the switch has changed")
	}
}
