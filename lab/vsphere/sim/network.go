// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"fmt"
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// edit changes the network configuration of one host, or nothing at all.
func (x *extension) edit(ctx *simulator.Context, ref types.ManagedObjectReference, change func(*network) types.BaseMethodFault) *soap.Fault {
	system, ok := ctx.Map.Get(ref).(*simulator.HostNetworkSystem)
	if !ok {
		return soapFault(&types.ManagedObjectNotFound{Obj: ref})
	}
	if x.hostOf(ref) == nil {
		// A host that a client has added has the network of govmomi's simulator, without any policy.
		return soapFault(new(types.NotSupported))
	}
	var fault types.BaseMethodFault
	ctx.WithLock(system, func() {
		if fault = reachable(system.Host); fault == nil {
			fault = x.editLocked(ctx, system, change)
		}
	})
	return soapFault(fault)
}

func (x *extension) editLocked(ctx *simulator.Context, system *simulator.HostNetworkSystem, change func(*network) types.BaseMethodFault) types.BaseMethodFault {
	info := clone(system.NetworkInfo)
	before := groupNames(info)
	net := &network{HostNetworkInfo: info}
	attached := attachedNICs(ctx, system.Host)
	net.inUse = func(group string) string { return user(net, attached, group) }
	net.ports = func(group string) []types.HostPortGroupPort { return ports(net, attached, group) }
	if fault := change(net); fault != nil {
		return fault
	}
	net.derive()
	publish(ctx, system, info)
	x.linkNetworks(ctx, system.Host.Self, before, groupNames(info))
	return nil
}

// publish shows the new configuration in both places where the API has it. They never differ.
func publish(ctx *simulator.Context, system *simulator.HostNetworkSystem, info *types.HostNetworkInfo) {
	ctx.Update(system, []types.PropertyChange{{Name: "networkInfo", Val: *info}})
	host := ctx.Map.Get(system.Host.Self)
	ctx.WithLock(host, func() { ctx.Update(host, []types.PropertyChange{{Name: "config.network", Val: *info}}) })
}

// reachable is the fault that a call to the host's own agent meets.
func reachable(host *mo.HostSystem) types.BaseMethodFault {
	switch host.Runtime.ConnectionState {
	case types.HostSystemConnectionStateConnected:
		return nil
	case types.HostSystemConnectionStateNotResponding:
		return new(types.HostCommunication)
	default:
		return new(types.HostNotConnected)
	}
}

func groupNames(info *types.HostNetworkInfo) []string {
	var names []string
	for i := range info.Portgroup {
		names = append(names, info.Portgroup[i].Spec.Name)
	}
	return names
}

// nic is a virtual adapter of a virtual machine that runs.
type nic struct {
	machine, group, mac string
	key                 int32
}

// attachedNICs are the adapters of running machines on the host's standard port groups.
func attachedNICs(ctx *simulator.Context, host *mo.HostSystem) []nic {
	var found []nic
	for _, ref := range slices.Clone(host.Vm) {
		machine, ok := ctx.Map.Get(ref).(*simulator.VirtualMachine)
		if !ok {
			continue
		}
		ctx.WithLock(machine, func() {
			if machine.Runtime.PowerState != types.VirtualMachinePowerStatePoweredOn {
				return
			}
			for _, device := range machine.Config.Hardware.Device {
				card, ok := device.(types.BaseVirtualEthernetCard)
				if !ok {
					continue
				}
				if backing, ok := card.GetVirtualEthernetCard().Backing.(*types.VirtualEthernetCardNetworkBackingInfo); ok {
					adapter := card.GetVirtualEthernetCard()
					found = append(found, nic{machine.Name, backing.DeviceName, adapter.MacAddress, adapter.Key})
				}
			}
		})
	}
	return found
}

// user names a virtual adapter on the group, of the host itself or of a running machine.
func user(net *network, attached []nic, group string) string {
	for i := range net.Vnic {
		if net.Vnic[i].Portgroup == group {
			return net.Vnic[i].Device
		}
	}
	for _, each := range attached {
		if each.group == group {
			return each.machine
		}
	}
	return ""
}

func ports(net *network, attached []nic, group string) []types.HostPortGroupPort {
	var found []types.HostPortGroupPort
	for i := range net.Vnic {
		if net.Vnic[i].Portgroup == group {
			found = append(found, types.HostPortGroupPort{Key: net.Vnic[i].Port, Mac: []string{net.Vnic[i].Spec.Mac}, Type: "host"})
		}
	}
	for _, each := range attached {
		if each.group == group {
			key := fmt.Sprintf("key-vim.host.PortGroup.Port-%s-%d", each.machine, each.key)
			found = append(found, types.HostPortGroupPort{Key: key, Mac: []string{each.mac}, Type: "virtualMachine"})
		}
	}
	return found
}

// AddVirtualSwitch makes a standard switch as its spec says.
func (x *extension) AddVirtualSwitch(ctx *simulator.Context, req *types.AddVirtualSwitch) soap.HasFault {
	fault := x.edit(ctx, req.This, func(net *network) types.BaseMethodFault { return net.addSwitch(req.VswitchName, req.Spec) })
	if fault != nil {
		return &methods.AddVirtualSwitchBody{Fault_: fault}
	}
	return &methods.AddVirtualSwitchBody{Res: new(types.AddVirtualSwitchResponse)}
}

// UpdateVirtualSwitch replaces the spec of a standard switch.
func (x *extension) UpdateVirtualSwitch(ctx *simulator.Context, req *types.UpdateVirtualSwitch) soap.HasFault {
	fault := x.edit(ctx, req.This, func(net *network) types.BaseMethodFault { return net.updateSwitch(req.VswitchName, req.Spec) })
	if fault != nil {
		return &methods.UpdateVirtualSwitchBody{Fault_: fault}
	}
	return &methods.UpdateVirtualSwitchBody{Res: new(types.UpdateVirtualSwitchResponse)}
}

// RemoveVirtualSwitch removes a standard switch that nothing uses.
func (x *extension) RemoveVirtualSwitch(ctx *simulator.Context, req *types.RemoveVirtualSwitch) soap.HasFault {
	fault := x.edit(ctx, req.This, func(net *network) types.BaseMethodFault { return net.removeSwitch(req.VswitchName) })
	if fault != nil {
		return &methods.RemoveVirtualSwitchBody{Fault_: fault}
	}
	return &methods.RemoveVirtualSwitchBody{Res: new(types.RemoveVirtualSwitchResponse)}
}

// AddPortGroup makes a standard port group.
func (x *extension) AddPortGroup(ctx *simulator.Context, req *types.AddPortGroup) soap.HasFault {
	fault := x.edit(ctx, req.This, func(net *network) types.BaseMethodFault { return net.addGroup(req.Portgrp) })
	if fault != nil {
		return &methods.AddPortGroupBody{Fault_: fault}
	}
	return &methods.AddPortGroupBody{Res: new(types.AddPortGroupResponse)}
}

// UpdatePortGroup replaces the spec of a standard port group.
func (x *extension) UpdatePortGroup(ctx *simulator.Context, req *types.UpdatePortGroup) soap.HasFault {
	fault := x.edit(ctx, req.This, func(net *network) types.BaseMethodFault { return net.updateGroup(req.PgName, req.Portgrp) })
	if fault != nil {
		return &methods.UpdatePortGroupBody{Fault_: fault}
	}
	return &methods.UpdatePortGroupBody{Res: new(types.UpdatePortGroupResponse)}
}

// RemovePortGroup removes a standard port group that nothing uses.
func (x *extension) RemovePortGroup(ctx *simulator.Context, req *types.RemovePortGroup) soap.HasFault {
	fault := x.edit(ctx, req.This, func(net *network) types.BaseMethodFault { return net.removeGroup(req.PgName) })
	if fault != nil {
		return &methods.RemovePortGroupBody{Fault_: fault}
	}
	return &methods.RemovePortGroupBody{Res: new(types.RemovePortGroupResponse)}
}

// UpdateVirtualNic changes what is given of an adapter of the host itself, which is on a standard group or on a distributed one.
func (x *extension) UpdateVirtualNic(ctx *simulator.Context, req *types.UpdateVirtualNic) soap.HasFault {
	fault := x.edit(ctx, req.This, func(net *network) types.BaseMethodFault { return net.updateAdapter(req.Device, req.Nic) })
	if fault != nil {
		return &methods.UpdateVirtualNicBody{Fault_: fault}
	}
	return &methods.UpdateVirtualNicBody{Res: new(types.UpdateVirtualNicResponse)}
}

// updateAdapter is UpdateVirtualNic. Where the adapter is on a distributed group its portgroup is empty, and not unset.
func (n *network) updateAdapter(device string, spec types.HostVirtualNicSpec) types.BaseMethodFault {
	at := slices.IndexFunc(n.Vnic, func(each types.HostVirtualNic) bool { return each.Device == device })
	if at < 0 {
		return new(types.NotFound)
	}
	if spec.Portgroup != "" && (spec.DistributedVirtualPort != nil || n.group(spec.Portgroup) == nil) {
		return invalid("nic.portgroup")
	}
	vnic := &n.Vnic[at]
	vnic.Spec = overlay(vnic.Spec, spec)
	switch {
	case spec.DistributedVirtualPort != nil:
		vnic.Portgroup, vnic.Spec.Portgroup, vnic.Port = "", "", ""
	case spec.Portgroup != "":
		vnic.Portgroup, vnic.Spec.DistributedVirtualPort = spec.Portgroup, nil
	}
	return nil
}

// UpdateNetworkConfig is refused: govmomi's simulator answers with success and does nothing.
func (x *extension) UpdateNetworkConfig(*types.UpdateNetworkConfig) soap.HasFault {
	return &methods.UpdateNetworkConfigBody{Fault_: soapFault(new(types.NotSupported))}
}
