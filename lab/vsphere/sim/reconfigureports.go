// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"fmt"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// ReconfigureDVPortTask overrides the setting of single ports, or none if one of them is refused.
func (x *extension) ReconfigureDVPortTask(ctx *simulator.Context, req *types.ReconfigureDVPort_Task) soap.HasFault {
	vds := switchOf(ctx, req.This)
	if vds == nil {
		return &methods.ReconfigureDVPort_TaskBody{Fault_: soapFault(&types.ManagedObjectNotFound{Obj: req.This})}
	}
	task := x.task(ctx, vds, vds, "reconfigurePort", func() (types.AnyType, types.BaseMethodFault) {
		adapters := distributedNICs(ctx, vds)
		x.ports.Lock()
		defer x.ports.Unlock()
		x.settle(ctx, vds, adapters)
		changed := make([]*port, 0, len(req.Port))
		for i := range req.Port {
			each, fault := x.overridden(ctx, vds, req.Port, i)
			if fault != nil {
				return nil, fault
			}
			changed = append(changed, each)
		}
		for i, each := range changed {
			x.replacePort(ctx, vds, req.Port[i], each)
		}
		return nil, nil
	})
	return &methods.ReconfigureDVPort_TaskBody{Res: &types.ReconfigureDVPort_TaskResponse{Returnval: task}}
}

// overridden is a copy of the port as the specification wants it.
func (x *extension) overridden(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, specs []types.DVPortConfigSpec, index int) (*port, types.BaseMethodFault) {
	spec := specs[index]
	if slices.ContainsFunc(specs[:index], func(other types.DVPortConfigSpec) bool { return other.Key == spec.Key }) {
		// "If the array have different elements for the same port."
		return nil, invalid("port.key")
	}
	found := slices.IndexFunc(x.ports.bySwitch[vds.Self], func(each *port) bool { return each.key == spec.Key })
	if found < 0 {
		return nil, new(types.NotFound)
	}
	known := x.ports.bySwitch[vds.Self][found]
	if x.lab.bumps.take("port " + known.key) {
		known.version = nextVersion(known.version)
	}
	if spec.ConfigVersion != "" && spec.ConfigVersion != known.version {
		return nil, new(types.ConcurrentAccess)
	}
	changed := *known
	switch types.ConfigSpecOperation(spec.Operation) {
	case types.ConfigSpecOperationRemove:
		if known.connectee != nil {
			return nil, &types.ResourceInUse{Type: "DistributedVirtualPort", Name: known.key}
		}
		return &changed, nil
	case types.ConfigSpecOperationEdit:
	default:
		return nil, invalid("port.operation")
	}
	group := ctx.Map.Get(known.group).(*simulator.DistributedVirtualPortgroup)
	given := asSetting(spec.Setting)
	if group.Config.BackingType == nsxBacked {
		return nil, new(types.NotSupported)
	}
	if fault := checkSetting("port.setting", given, vds); fault != nil {
		return nil, fault
	}
	if name := forbidden(given, policyOf(group)); name != "" {
		return nil, overrideFault(group.Name, known.key, name)
	}
	changed.setting = clone(known.setting)
	merge(changed.setting, given, asSetting(group.Config.DefaultPortConfig))
	if spec.Name != "" {
		changed.name = spec.Name
	}
	if spec.Description != "" {
		changed.description = spec.Description
	}
	changed.version = nextVersion(known.version)
	return &changed, nil
}

func (x *extension) replacePort(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, spec types.DVPortConfigSpec, changed *port) {
	table := x.ports.bySwitch[vds.Self]
	at := slices.IndexFunc(table, func(each *port) bool { return each.key == changed.key })
	if types.ConfigSpecOperation(spec.Operation) == types.ConfigSpecOperationRemove {
		table = slices.Delete(table, at, at+1)
		x.ports.bySwitch[vds.Self] = table
		showPorts(ctx.Map.Get(changed.group).(*simulator.DistributedVirtualPortgroup), table)
		return
	}
	table[at] = changed
}

// overrideFault says what the documentation leaves to "other update failures".
func overrideFault(group, key, flag string) types.BaseMethodFault {
	fault := new(types.DvsFault)
	fault.FaultMessage = []types.LocalizableMessage{{
		Key: "vspherelab.overrideNotAllowed", Message: fmt.Sprintf("Port %s may not override its setting: %s of group %s is false.", key, flag, group),
	}}
	return fault
}

// forbidden names the flag of the group that is needed for an override, and not set. Going back to the group's value is
// always allowed.
func forbidden(spec *portSetting, policy *types.VMwareDVSPortgroupPolicy) string {
	allowed := func(flag *bool) bool { return flag != nil && *flag }
	for _, each := range []struct {
		overrides, allowed bool
		flag               string
	}{
		{spec.Blocked != nil && !spec.Blocked.Inherited, policy.BlockOverrideAllowed, "blockOverrideAllowed"},
		{spec.InShapingPolicy != nil && !spec.InShapingPolicy.Inherited, policy.ShapingOverrideAllowed, "shapingOverrideAllowed"},
		{spec.OutShapingPolicy != nil && !spec.OutShapingPolicy.Inherited, policy.ShapingOverrideAllowed, "shapingOverrideAllowed"},
		{spec.VendorSpecificConfig != nil && !spec.VendorSpecificConfig.Inherited, policy.VendorConfigOverrideAllowed, "vendorConfigOverrideAllowed"},
		{
			spec.NetworkResourcePoolKey != nil && !spec.NetworkResourcePoolKey.Inherited,
			allowed(policy.NetworkResourcePoolOverrideAllowed), "networkResourcePoolOverrideAllowed",
		},
		{spec.FilterPolicy != nil && !spec.FilterPolicy.Inherited, allowed(policy.TrafficFilterOverrideAllowed), "trafficFilterOverrideAllowed"},
		{spec.Vlan != nil && !spec.Vlan.GetVmwareDistributedVirtualSwitchVlanSpec().Inherited, policy.VlanOverrideAllowed, "vlanOverrideAllowed"},
		{spec.UplinkTeamingPolicy != nil && !spec.UplinkTeamingPolicy.Inherited, policy.UplinkTeamingOverrideAllowed, "uplinkTeamingOverrideAllowed"},
		{overridesSecurity(spec.SecurityPolicy), policy.SecurityPolicyOverrideAllowed, "securityPolicyOverrideAllowed"},
		{spec.IpfixEnabled != nil && !spec.IpfixEnabled.Inherited, allowed(policy.IpfixOverrideAllowed), "ipfixOverrideAllowed"},
		{
			spec.MacManagementPolicy != nil && !spec.MacManagementPolicy.Inherited,
			allowed(policy.MacManagementOverrideAllowed), "macManagementOverrideAllowed",
		},
	} {
		if each.overrides && !each.allowed {
			return each.flag
		}
	}
	return ""
}

// overridesSecurity says whether the deprecated policy overrides anything: it inherits each field by itself.
func overridesSecurity(spec *types.DVSSecurityPolicy) bool {
	if spec == nil || spec.Inherited {
		return false
	}
	return slices.ContainsFunc([]*types.BoolPolicy{spec.AllowPromiscuous, spec.MacChanges, spec.ForgedTransmits}, func(each *types.BoolPolicy) bool {
		return each != nil && !each.Inherited
	})
}
