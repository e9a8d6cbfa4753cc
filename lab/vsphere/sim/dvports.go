// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"slices"
	"strconv"
	"sync"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// port is one port of a distributed switch. Its setting holds the overrides; what is inherited in it is brought up to date
// when it is read.
type port struct {
	key, name, description, version string
	group                           types.ManagedObjectReference
	setting                         *portSetting
	connectee                       *types.DistributedVirtualSwitchPortConnectee
	host                            *types.ManagedObjectReference
	running                         bool
}

// portTables are the ports of all switches.
type portTables struct {
	sync.Mutex
	bySwitch map[types.ManagedObjectReference][]*port
	next     map[types.ManagedObjectReference]int
}

// resizeGroup makes or removes ports: "If the number cannot be met by deleting free ports, a fault is raised."
func (x *extension) resizeGroup(vds *simulator.DistributedVirtualSwitch, group *simulator.DistributedVirtualPortgroup, wanted int32) types.BaseMethodFault {
	if wanted < 0 {
		return invalid("spec.numPorts")
	}
	x.ports.Lock()
	defer x.ports.Unlock()
	var kept []*port
	mine, connected := 0, int32(0)
	for _, each := range x.ports.bySwitch[vds.Self] {
		if each.group == group.Self && each.connectee != nil {
			connected++
		}
	}
	if wanted < connected {
		return &types.ResourceInUse{Type: "DistributedVirtualPort", Name: group.Name}
	}
	free := int(wanted - connected)
	for _, each := range x.ports.bySwitch[vds.Self] {
		switch {
		case each.group != group.Self:
		case each.connectee != nil:
			mine++
		case free > 0:
			free--
			mine++
		default:
			continue
		}
		kept = append(kept, each)
	}
	for ; mine < int(wanted); mine++ {
		kept = append(kept, x.newPort(vds, group))
	}
	x.ports.bySwitch[vds.Self] = kept
	showPorts(group, kept)
	return nil
}

// leavePorts frees the ports of hosts that are no members any more.
func (x *extension) leavePorts(
	vds *simulator.DistributedVirtualSwitch, group *simulator.DistributedVirtualPortgroup, members []types.DistributedVirtualSwitchHostMember,
) {
	x.ports.Lock()
	defer x.ports.Unlock()
	for _, each := range x.ports.bySwitch[vds.Self] {
		left := each.host != nil && !slices.ContainsFunc(members, func(member types.DistributedVirtualSwitchHostMember) bool {
			return *member.Config.Host == *each.host
		})
		if each.group == group.Self && left {
			each.connectee, each.host, each.running = nil, nil, false
		}
	}
}

func (x *extension) newPort(vds *simulator.DistributedVirtualSwitch, group *simulator.DistributedVirtualPortgroup) *port {
	key := strconv.Itoa(x.ports.next[vds.Self])
	if group.Config.BackingType == nsxBacked {
		key = uuid.New().String()
	} else {
		x.ports.next[vds.Self]++
	}
	return &port{key: key, version: firstVersion, group: group.Self, setting: inheritAll(asSetting(group.Config.DefaultPortConfig))}
}

func showPorts(group *simulator.DistributedVirtualPortgroup, all []*port) {
	var keys []string
	for _, each := range all {
		if each.group == group.Self {
			keys = append(keys, each.key)
		}
	}
	group.PortKeys, group.Config.NumPorts = keys, int32(len(keys))
}

// settle connects adapters to ports and brings inherited values up to date. The caller holds the lock of the
// tables, so that machines and hosts have to be asked before.
func (x *extension) settle(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, adapters []dvNIC) {
	seen := map[*port]bool{}
	for _, adapter := range adapters {
		if each := x.portFor(ctx, vds, adapter); each != nil {
			each.connectee, each.host, each.running = adapter.connectee(), adapter.host, adapter.running
			seen[each] = true
		}
	}
	x.dropPorts(ctx, vds, seen)
	for _, each := range x.ports.bySwitch[vds.Self] {
		group, ok := ctx.Map.Get(each.group).(*simulator.DistributedVirtualPortgroup)
		if !ok {
			continue
		}
		if each.connectee != nil && !seen[each] {
			each.connectee, each.host, each.running = nil, nil, false
			if policyOf(group).PortConfigResetAtDisconnect {
				each.setting = inheritAll(asSetting(group.Config.DefaultPortConfig))
			}
		}
		refresh(each.setting, asSetting(group.Config.DefaultPortConfig))
	}
	x.ports.bySwitch[vds.Self] = slices.DeleteFunc(x.ports.bySwitch[vds.Self], func(each *port) bool { return ctx.Map.Get(each.group) == nil })
}

// dropPorts takes the ports that NSX made for adapters which have gone.
func (x *extension) dropPorts(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, seen map[*port]bool) {
	for _, ref := range vds.Portgroup {
		group := ctx.Map.Get(ref).(*simulator.DistributedVirtualPortgroup)
		if group.Config.BackingType != nsxBacked {
			continue
		}
		x.ports.bySwitch[vds.Self] = slices.DeleteFunc(x.ports.bySwitch[vds.Self], func(each *port) bool { return each.group == ref && !seen[each] })
		showPorts(group, x.ports.bySwitch[vds.Self])
	}
}

// portFor is the port of an adapter: the one that it has or asks for, else the first free one of its group.
func (x *extension) portFor(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, adapter dvNIC) *port {
	var free *port
	for _, each := range x.ports.bySwitch[vds.Self] {
		if each.group != adapter.group {
			continue
		}
		if each.connectee != nil && *each.connectee.ConnectedEntity == adapter.entity && each.connectee.NicKey == adapter.key || each.key == adapter.port {
			return each
		}
		if free == nil && each.connectee == nil {
			free = each
		}
	}
	if group, ok := ctx.Map.Get(adapter.group).(*simulator.DistributedVirtualPortgroup); ok && free == nil {
		free = x.newPort(vds, group)
		x.ports.bySwitch[vds.Self] = append(x.ports.bySwitch[vds.Self], free)
		showPorts(group, x.ports.bySwitch[vds.Self])
	}
	return free
}

// dvNIC is an adapter of a machine or of a host on a distributed switch.
type dvNIC struct {
	entity, group types.ManagedObjectReference
	host          *types.ManagedObjectReference
	key, port     string
	kind          types.DistributedVirtualSwitchPortConnecteeConnecteeType
	running       bool
}

func (n dvNIC) connectee() *types.DistributedVirtualSwitchPortConnectee {
	return &types.DistributedVirtualSwitchPortConnectee{ConnectedEntity: &n.entity, NicKey: n.key, Type: string(n.kind)}
}

// hostNICs are the adapters of hosts on a distributed switch: the physical ones on its uplink group, and the hosts' own virtual ones.
func hostNICs(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch) []dvNIC {
	var found []dvNIC
	for _, member := range configOf(vds).Host {
		host := ctx.Map.Get(*member.Config.Host).(*simulator.HostSystem)
		own := dvNIC{entity: host.Self, host: &host.Self, running: true}
		if backing, ok := member.Config.Backing.(*types.DistributedVirtualSwitchHostMemberPnicBacking); ok {
			for _, each := range backing.PnicSpec {
				own.kind, own.key, own.group = types.DistributedVirtualSwitchPortConnecteeConnecteeTypePnic, each.PnicDevice, configOf(vds).UplinkPortgroup[0]
				found = append(found, own)
			}
		}
		ctx.WithLock(host, func() {
			for i := range host.Config.Network.Vnic {
				vnic := &host.Config.Network.Vnic[i]
				if at := vnic.Spec.DistributedVirtualPort; at != nil && at.SwitchUuid == vds.Uuid {
					own.kind, own.key, own.port = types.DistributedVirtualSwitchPortConnecteeConnecteeTypeHostVmkVnic, vnic.Device, at.PortKey
					own.group = types.ManagedObjectReference{Type: "DistributedVirtualPortgroup", Value: at.PortgroupKey}
					found = append(found, own)
				}
			}
		})
	}
	return found
}

func distributedNICs(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch) []dvNIC {
	found := hostNICs(ctx, vds)
	for _, entity := range ctx.Map.All("VirtualMachine") {
		machine := entity.(*simulator.VirtualMachine)
		ctx.WithLock(machine, func() {
			for _, device := range machine.Config.Hardware.Device {
				card, ok := device.(types.BaseVirtualEthernetCard)
				if !ok {
					continue
				}
				backing, ok := card.GetVirtualEthernetCard().Backing.(*types.VirtualEthernetCardDistributedVirtualPortBackingInfo)
				if !ok || backing.Port.SwitchUuid != vds.Uuid {
					continue
				}
				found = append(found, dvNIC{
					entity: machine.Self, kind: types.DistributedVirtualSwitchPortConnecteeConnecteeTypeVmVnic, host: machine.Runtime.Host, key: strconv.Itoa(int(card.GetVirtualEthernetCard().Key)), port: backing.Port.PortKey,
					group:   types.ManagedObjectReference{Type: "DistributedVirtualPortgroup", Value: backing.Port.PortgroupKey},
					running: machine.Runtime.PowerState == types.VirtualMachinePowerStatePoweredOn,
				})
			}
		})
	}
	return found
}

// FetchDVPorts lists the ports that meet the criteria.
func (x *extension) FetchDVPorts(ctx *simulator.Context, req *types.FetchDVPorts) soap.HasFault {
	vds := switchOf(ctx, req.This)
	if vds == nil {
		return &methods.FetchDVPortsBody{Fault_: soapFault(&types.ManagedObjectNotFound{Obj: req.This})}
	}
	response := new(types.FetchDVPortsResponse)
	x.eachPort(ctx, vds, req.Criteria, func(each *port) {
		response.Returnval = append(response.Returnval, describe(vds, each))
	})
	return &methods.FetchDVPortsBody{Res: response}
}

// FetchDVPortKeys lists their keys.
func (x *extension) FetchDVPortKeys(ctx *simulator.Context, req *types.FetchDVPortKeys) soap.HasFault {
	vds := switchOf(ctx, req.This)
	if vds == nil {
		return &methods.FetchDVPortKeysBody{Fault_: soapFault(&types.ManagedObjectNotFound{Obj: req.This})}
	}
	response := new(types.FetchDVPortKeysResponse)
	x.eachPort(ctx, vds, req.Criteria, func(each *port) { response.Returnval = append(response.Returnval, each.key) })
	return &methods.FetchDVPortKeysBody{Res: response}
}

func (x *extension) eachPort(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, criteria *types.DistributedVirtualSwitchPortCriteria, visit func(*port)) {
	ctx.WithLock(vds, func() {
		adapters := distributedNICs(ctx, vds)
		x.ports.Lock()
		defer x.ports.Unlock()
		x.settle(ctx, vds, adapters)
		for _, each := range x.ports.bySwitch[vds.Self] {
			if meets(ctx, each, criteria) {
				visit(each)
			}
		}
	})
}

func describe(vds *simulator.DistributedVirtualSwitch, each *port) types.DistributedVirtualPort {
	shown := types.DistributedVirtualPort{
		Key: each.key, DvsUuid: vds.Uuid, PortgroupKey: each.group.Value, ProxyHost: each.host, Connectee: each.connectee,
		Config: types.DVPortConfigInfo{Name: each.name, Description: each.description, Setting: clone(each.setting), ConfigVersion: each.version},
		State:  &types.DVPortState{RuntimeInfo: &types.DVPortStatus{LinkUp: each.running, Blocked: each.setting.Blocked != nil && *each.setting.Blocked.Value}},
	}
	return shown
}

// meets applies DistributedVirtualSwitchPortCriteria.
func meets(ctx *simulator.Context, each *port, criteria *types.DistributedVirtualSwitchPortCriteria) bool {
	if criteria == nil {
		return true
	}
	group, _ := ctx.Map.Get(each.group).(*simulator.DistributedVirtualPortgroup)
	for _, flag := range []struct {
		wanted *bool
		is     bool
	}{
		{criteria.Connected, each.connectee != nil},
		{criteria.Active, each.running},
		{criteria.UplinkPort, group != nil && group.Config.Uplink != nil && *group.Config.Uplink},
		{criteria.NsxPort, group != nil && group.Config.BackingType == nsxBacked},
	} {
		if flag.wanted != nil && *flag.wanted != flag.is {
			return false
		}
	}
	if criteria.Inside != nil {
		// Without keys, "any portgroup" is meant; each port here is in one.
		inside := len(criteria.PortgroupKey) == 0 || slices.Contains(criteria.PortgroupKey, each.group.Value)
		if inside != *criteria.Inside {
			return false
		}
	}
	if len(criteria.PortKey) > 0 && !slices.Contains(criteria.PortKey, each.key) {
		return false
	}
	return len(criteria.Host) == 0 || each.host != nil && slices.Contains(criteria.Host, *each.host)
}
