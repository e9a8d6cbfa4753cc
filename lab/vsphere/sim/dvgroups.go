// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"reflect"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	nsxBacked = string(types.DistributedVirtualPortgroupBackingTypeNsx)
	// The transport zone of all groups that NSX backs.
	nsxZone = "9d2a2d4c-2a7d-4c6e-9d5e-6f0f8f6a7b11"
)

// AddDVPortgroupTask lets the simulator make the groups, and gives them what a vCenter would.
func (x *extension) AddDVPortgroupTask(ctx *simulator.Context, req *types.AddDVPortgroup_Task) soap.HasFault {
	vds := switchOf(ctx, req.This)
	if vds == nil {
		return &methods.AddDVPortgroup_TaskBody{Fault_: soapFault(&types.ManagedObjectNotFound{Obj: req.This})}
	}
	task := x.task(ctx, vds, vds, "addPortgroup", func() (types.AnyType, types.BaseMethodFault) {
		for _, spec := range req.Spec {
			if _, fault := x.addGroup(ctx, vds, spec); fault != nil {
				return nil, fault
			}
		}
		return nil, nil
	})
	return &methods.AddDVPortgroup_TaskBody{Res: &types.AddDVPortgroup_TaskResponse{Returnval: task}}
}

func (x *extension) addGroup(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, spec types.DVPortgroupConfigSpec) (*simulator.DistributedVirtualPortgroup, types.BaseMethodFault) {
	if spec.Name == "" {
		return nil, invalid("spec.name")
	}
	parent, given := asSetting(configOf(vds).DefaultPortConfig), asSetting(spec.DefaultPortConfig)
	if fault := checkSetting("spec.defaultPortConfig", given, vds); fault != nil {
		return nil, fault
	}
	setting := inheritAll(parent)
	merge(setting, given, parent)
	if spec.BackingType == nsxBacked {
		setting = nsxSetting(setting)
		spec.Type, spec.NumPorts = string(types.DistributedVirtualPortgroupPortgroupTypeEphemeral), 0
		spec.TransportZoneUuid, spec.TransportZoneName = nsxZone, "overlay"
	}
	return x.makeGroup(ctx, vds, spec, setting)
}

// nsxSetting is a setting of which NSX has set all, and refuses all three.
func nsxSetting(setting *portSetting) *portSetting {
	no := boolPolicy(false)
	setting.SecurityPolicy = &types.DVSSecurityPolicy{AllowPromiscuous: no, MacChanges: no, ForgedTransmits: no}
	macValuesFromSecurity(setting)
	if setting.MacManagementPolicy != nil {
		setting.MacManagementPolicy.MacLearningPolicy = new(types.DVSMacLearningPolicy)
	}
	setInherited(reflect.ValueOf(setting), false)
	return setting
}

// makeGroup makes a group with this setting, whatever of it is inherited.
func (x *extension) makeGroup(
	ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, spec types.DVPortgroupConfigSpec, setting *portSetting,
) (*simulator.DistributedVirtualPortgroup, types.BaseMethodFault) {
	wanted := spec.NumPorts
	spec.DefaultPortConfig, spec.ConfigVersion, spec.NumPorts = setting, firstVersion, 0
	spec.Policy = groupPolicy(defaultGroupPolicy(), spec.Policy)
	if spec.Type == "" {
		spec.Type = string(types.DistributedVirtualPortgroupPortgroupTypeEarlyBinding)
	}
	if spec.BackingType == "" {
		spec.BackingType = string(types.DistributedVirtualPortgroupBackingTypeStandard)
	}
	answer := vds.AddDVPortgroupTask(ctx, &types.AddDVPortgroup_Task{This: vds.Self, Spec: []types.DVPortgroupConfigSpec{spec}}).(*methods.AddDVPortgroup_TaskBody)
	if _, fault := waitFor(ctx, answer.Res.Returnval); fault != nil {
		return nil, fault
	}
	group := ctx.Map.Get(vds.Portgroup[len(vds.Portgroup)-1]).(*simulator.DistributedVirtualPortgroup)
	group.Config.Uplink = types.NewBool(false)
	group.Config.TransportZoneUuid, group.Config.TransportZoneName = spec.TransportZoneUuid, spec.TransportZoneName
	_ = x.resizeGroup(vds, group, wanted)
	return group, nil
}

// addUplinkGroup makes the group that every distributed switch has. It inherits nothing, and lets pass what the guests send.
func (x *extension) addUplinkGroup(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch) types.BaseMethodFault {
	setting := clone(asSetting(configOf(vds).DefaultPortConfig))
	setting.Vlan = &types.VmwareDistributedVirtualSwitchTrunkVlanSpec{VlanId: []types.NumericRange{{Start: 0, End: 4094}}}
	setting.SecurityPolicy.ForgedTransmits = boolPolicy(true)
	macValuesFromSecurity(setting)
	setting.UplinkTeamingPolicy.UplinkPortOrder = new(types.VMwareUplinkPortOrderPolicy)
	setInherited(reflect.ValueOf(setting), false)
	group, fault := x.makeGroup(ctx, vds, types.DVPortgroupConfigSpec{
		Name: vds.Name + "-DVUplinks-" + vds.Self.Value[len("dvs-"):], AutoExpand: types.NewBool(false),
	}, setting)
	if fault != nil {
		return fault
	}
	group.Config.Uplink = types.NewBool(true)
	group.Tag = []types.Tag{{Key: "SYSTEM/DVS.UPLINKPG"}}
	config := clone(configOf(vds))
	config.UplinkPortgroup = []types.ManagedObjectReference{group.Self}
	ctx.Update(vds, []types.PropertyChange{{Name: "config", Val: config}})
	return nil
}

// groupPolicy merges a group's policy: required flags as given, optional ones only if set.
func groupPolicy(current *types.VMwareDVSPortgroupPolicy, spec types.BaseDVPortgroupPolicy) *types.VMwareDVSPortgroupPolicy {
	if spec == nil {
		return current
	}
	keep := func(given, otherwise *bool) *bool {
		if given == nil {
			return otherwise
		}
		return given
	}
	merged := clone(current)
	base := spec.GetDVPortgroupPolicy()
	merged.DVPortgroupPolicy = *base
	merged.NetworkResourcePoolOverrideAllowed = keep(base.NetworkResourcePoolOverrideAllowed, current.NetworkResourcePoolOverrideAllowed)
	merged.TrafficFilterOverrideAllowed = keep(base.TrafficFilterOverrideAllowed, current.TrafficFilterOverrideAllowed)
	if each, ok := spec.(*types.VMwareDVSPortgroupPolicy); ok {
		merged.VlanOverrideAllowed, merged.UplinkTeamingOverrideAllowed = each.VlanOverrideAllowed, each.UplinkTeamingOverrideAllowed
		merged.SecurityPolicyOverrideAllowed = each.SecurityPolicyOverrideAllowed
		merged.IpfixOverrideAllowed = keep(each.IpfixOverrideAllowed, current.IpfixOverrideAllowed)
		merged.MacManagementOverrideAllowed = keep(each.MacManagementOverrideAllowed, current.MacManagementOverrideAllowed)
	}
	return merged
}

func policyOf(group *simulator.DistributedVirtualPortgroup) *types.VMwareDVSPortgroupPolicy {
	return groupPolicy(defaultGroupPolicy(), group.Config.Policy)
}

// ReconfigureDVPortgroupTask merges the specification into the group.
func (x *extension) ReconfigureDVPortgroupTask(ctx *simulator.Context, req *types.ReconfigureDVPortgroup_Task) soap.HasFault {
	group, ok := ctx.Map.Get(req.This).(*simulator.DistributedVirtualPortgroup)
	if !ok {
		return &methods.ReconfigureDVPortgroup_TaskBody{Fault_: soapFault(&types.ManagedObjectNotFound{Obj: req.This})}
	}
	vds := switchOf(ctx, *group.Config.DistributedVirtualSwitch)
	task := x.task(ctx, vds, group, "reconfigureDvPortgroup", func() (types.AnyType, types.BaseMethodFault) {
		var fault types.BaseMethodFault
		ctx.WithLock(group, func() { fault = x.reconfigureGroup(ctx, vds, group, &req.Spec) })
		return nil, fault
	})
	return &methods.ReconfigureDVPortgroup_TaskBody{Res: &types.ReconfigureDVPortgroup_TaskResponse{Returnval: task}}
}

func (x *extension) reconfigureGroup(
	ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, group *simulator.DistributedVirtualPortgroup, spec *types.DVPortgroupConfigSpec,
) types.BaseMethodFault {
	if fault := x.stale(&group.Config.ConfigVersion, spec.ConfigVersion, group.Name, group.Self.Value); fault != nil {
		return fault
	}
	if group.Config.BackingType == nsxBacked {
		return new(types.NotSupported)
	}
	given := asSetting(spec.DefaultPortConfig)
	if fault := checkSetting("spec.defaultPortConfig", given, vds); fault != nil {
		return fault
	}
	if fault := checkRename(ctx, vds, group, spec.Name); fault != nil {
		return fault
	}
	if spec.NumPorts != 0 {
		if fault := x.resizeGroup(vds, group, spec.NumPorts); fault != nil {
			return fault
		}
	}
	config := clone(group.Config)
	setting := asSetting(config.DefaultPortConfig)
	merge(setting, given, asSetting(configOf(vds).DefaultPortConfig))
	config.DefaultPortConfig, config.Policy = setting, groupPolicy(policyOf(group), spec.Policy)
	mergePlain(&config, spec)
	config.ConfigVersion = nextVersion(config.ConfigVersion)
	ctx.Update(group, []types.PropertyChange{{Name: "config", Val: config}, {Name: "name", Val: config.Name}})
	group.ManagedEntity.Name = config.Name
	return nil
}

// mergePlain takes over the fields that are not inherited from anywhere: what is not set stays.
func mergePlain(config *types.DVPortgroupConfigInfo, spec *types.DVPortgroupConfigSpec) {
	for _, each := range []struct {
		field *string
		given string
	}{
		{&config.Name, spec.Name}, {&config.Description, spec.Description}, {&config.Type, spec.Type},
		{&config.PortNameFormat, spec.PortNameFormat}, {&config.VmVnicNetworkResourcePoolKey, spec.VmVnicNetworkResourcePoolKey},
	} {
		if each.given != "" {
			*each.field = each.given
		}
	}
	if config.VmVnicNetworkResourcePoolKey == "-1" {
		// "To clear the value of this property and revert to unset, set [it] to -1 in an update operation."
		config.VmVnicNetworkResourcePoolKey = ""
	}
	if spec.AutoExpand != nil {
		config.AutoExpand = spec.AutoExpand
	}
	if spec.Scope != nil {
		config.Scope = slices.Clone(spec.Scope)
	}
	if spec.VendorSpecificConfig != nil {
		config.VendorSpecificConfig = spec.VendorSpecificConfig
	}
}

func checkRename(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, group *simulator.DistributedVirtualPortgroup, name string) types.BaseMethodFault {
	if name == "" || name == group.Name {
		return nil
	}
	folder := ctx.Map.Get(*vds.Parent).(*simulator.Folder)
	if other := ctx.Map.FindByName(name, folder.ChildEntity); other != nil {
		return &types.DuplicateName{Name: name, Object: other.Reference()}
	}
	return nil
}
