// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// A vCenter names the type VmwareDistributedVirtualSwitch. The simulator's objects can't have a reference of that type, so messages are
// rewritten on their way in and out.
const switchType = "DistributedVirtualSwitch"

// firstVersion is the configVersion of a group, and of a port, that nobody has changed yet.
const firstVersion = "0"

func switchOf(ctx *simulator.Context, ref types.ManagedObjectReference) *simulator.DistributedVirtualSwitch {
	vds, _ := ctx.Map.Get(ref).(*simulator.DistributedVirtualSwitch)
	return vds
}

func configOf(vds *simulator.DistributedVirtualSwitch) *types.VMwareDVSConfigInfo {
	return vds.Config.(*types.VMwareDVSConfigInfo)
}

func versionOf(vds *simulator.DistributedVirtualSwitch) string {
	return vds.Summary.ProductInfo.Version
}

// nextVersion counts configurations; clients must not read more into a version than that it differs.
func nextVersion(version string) string {
	number, _ := strconv.Atoi(version)
	return strconv.Itoa(number + 1)
}

// stale checks the version that a caller has seen against the current one, after changes by "others" on request.
func (x *extension) stale(current *string, seen string, names ...string) types.BaseMethodFault {
	if x.lab.bumps.take(names...) {
		*current = nextVersion(*current)
	}
	switch seen {
	case "":
		// "This property is required in reconfiguring a portgroup"
		return invalid("spec.configVersion")
	case *current:
		return nil
	}
	return new(types.ConcurrentAccess)
}

// CreateDVSTask makes a VMware distributed switch with its uplink group.
func (x *extension) CreateDVSTask(ctx *simulator.Context, req *types.CreateDVS_Task) soap.HasFault {
	folder := ctx.Map.Get(req.This).(*simulator.Folder)
	task := x.task(ctx, folder, folder, "createDVS", func() (types.AnyType, types.BaseMethodFault) {
		return x.createSwitch(ctx, folder, req.Spec)
	})
	return &methods.CreateDVS_TaskBody{Res: &types.CreateDVS_TaskResponse{Returnval: task}}
}

func (x *extension) createSwitch(ctx *simulator.Context, folder *simulator.Folder, create types.DVSCreateSpec) (types.AnyType, types.BaseMethodFault) {
	spec := vmwareSpec(create.ConfigSpec)
	version := dvsVersions[len(dvsVersions)-1]
	if create.ProductInfo != nil && create.ProductInfo.Version != "" {
		version = create.ProductInfo.Version
	}
	if !slices.Contains(dvsVersions, version) {
		return nil, invalid("spec.productInfo.version")
	}
	if other := ctx.Map.FindByName(spec.Name, folder.ChildEntity); other != nil {
		return nil, &types.DuplicateName{Name: spec.Name, Object: other.Reference()}
	}
	uplinks := uplinkNames(spec.UplinkPortPolicy)
	setting := defaultSetting(version, uplinks)
	if given := asSetting(spec.DefaultPortConfig); spec.DefaultPortConfig != nil {
		if fault := checkValues("spec.configSpec.defaultPortConfig", given, version); fault != nil {
			return nil, fault
		}
		merge(setting, given, setting)
		setInherited(reflect.ValueOf(setting), false)
	}
	vds := &simulator.DistributedVirtualSwitch{}
	vds.Self.Type = switchType
	vds.Name, vds.ManagedEntity.Name = spec.Name, spec.Name
	vds.Uuid = dvsUUID()
	product := productSpec(version)
	if create.ProductInfo != nil && create.ProductInfo.ForwardingClass != "" {
		product.ForwardingClass = create.ProductInfo.ForwardingClass
	}
	vds.Summary = types.DVSSummary{Name: spec.Name, Uuid: vds.Uuid, ProductInfo: &product, Description: spec.Description}
	vds.Capability = types.DVSCapability{
		DvsOperationSupported: types.NewBool(true), DvPortGroupOperationSupported: types.NewBool(true), DvPortOperationSupported: types.NewBool(true),
		FeaturesSupported: featuresOf(version),
	}
	vds.Config = switchConfig(vds, spec, setting, uplinks)
	putChild(ctx, folder, vds)
	return vds.Self, x.addUplinkGroup(ctx, vds)
}

func switchConfig(vds *simulator.DistributedVirtualSwitch, spec *types.VMwareDVSConfigSpec, setting *portSetting, uplinks []string) *types.VMwareDVSConfigInfo {
	config := &types.VMwareDVSConfigInfo{
		DVSConfigInfo: types.DVSConfigInfo{
			Uuid: vds.Uuid, Name: spec.Name, MaxPorts: 2147483647, DefaultPortConfig: setting, ProductInfo: *vds.Summary.ProductInfo,
			UplinkPortPolicy: &types.DVSNameArrayUplinkPortPolicy{UplinkPortName: uplinks}, Description: spec.Description, ConfigVersion: "1",
			CreateTime: time.Now(), NetworkResourceControlVersion: "version3",
		},
		MaxMtu: 1500, LacpApiVersion: cmp.Or(spec.LacpApiVersion, multipleLag), MulticastFilteringMode: "snooping",
		LinkDiscoveryProtocolConfig: &types.LinkDiscoveryProtocolConfig{Protocol: "cdp", Operation: "listen"},
	}
	if spec.MaxMtu != 0 {
		config.MaxMtu = spec.MaxMtu
	}
	return config
}

func vmwareSpec(spec types.BaseDVSConfigSpec) *types.VMwareDVSConfigSpec {
	if each, ok := spec.(*types.VMwareDVSConfigSpec); ok {
		return each
	}
	return &types.VMwareDVSConfigSpec{DVSConfigSpec: *spec.GetDVSConfigSpec()}
}

func uplinkNames(policy types.BaseDVSUplinkPortPolicy) []string {
	if names, ok := policy.(*types.DVSNameArrayUplinkPortPolicy); ok && len(names.UplinkPortName) > 0 {
		return names.UplinkPortName
	}
	return []string{"Uplink 1", "Uplink 2", "Uplink 3", "Uplink 4"}
}

// dvsUUID has the form of a switch's UUID: bytes in hexadecimal with blanks, a dash in the middle.
func dvsUUID() string {
	id := uuid.New()
	return fmt.Sprintf("% x-% x", id[:8], id[8:])
}

// ReconfigureDvsTask changes a switch; groups that inherit follow.
func (x *extension) ReconfigureDvsTask(ctx *simulator.Context, req *types.ReconfigureDvs_Task) soap.HasFault {
	vds := switchOf(ctx, req.This)
	if vds == nil {
		return &methods.ReconfigureDvs_TaskBody{Fault_: soapFault(&types.ManagedObjectNotFound{Obj: req.This})}
	}
	task := x.task(ctx, vds, vds, "reconfigureDvs", func() (types.AnyType, types.BaseMethodFault) {
		return nil, x.reconfigureSwitch(ctx, vds, vmwareSpec(req.Spec))
	})
	return &methods.ReconfigureDvs_TaskBody{Res: &types.ReconfigureDvs_TaskResponse{Returnval: task}}
}

func (x *extension) reconfigureSwitch(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, spec *types.VMwareDVSConfigSpec) types.BaseMethodFault {
	config := clone(configOf(vds))
	fault := x.stale(&config.ConfigVersion, spec.ConfigVersion, vds.Name, vds.Self.Value)
	if fault == nil && spec.DefaultPortConfig != nil {
		given, setting := asSetting(spec.DefaultPortConfig), asSetting(config.DefaultPortConfig)
		if fault = checkSetting("spec.defaultPortConfig", given, vds); fault == nil {
			merge(setting, given, setting)
			setInherited(reflect.ValueOf(setting), false) // there is nothing above a switch
		}
	}
	if fault != nil {
		// Even so the version may be a new one.
		configOf(vds).ConfigVersion = config.ConfigVersion
		return fault
	}
	if len(spec.Host) > 0 {
		if fault := x.changeMembers(ctx, vds, config, spec); fault != nil {
			return fault
		}
	}
	if spec.Description != "" {
		config.Description = spec.Description
	}
	if spec.MaxMtu != 0 {
		config.MaxMtu = spec.MaxMtu
	}
	config.LacpApiVersion = cmp.Or(spec.LacpApiVersion, config.LacpApiVersion)
	config.ConfigVersion = nextVersion(config.ConfigVersion)
	ctx.Update(vds, []types.PropertyChange{{Name: "config", Val: config}})
	return x.passDown(ctx, vds)
}

// changeMembers lets the simulator do what it can, and keeps the switch's own list of hosts.
func (x *extension) changeMembers(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, config *types.VMwareDVSConfigInfo, spec *types.VMwareDVSConfigSpec) types.BaseMethodFault {
	answer := vds.ReconfigureDvsTask(ctx, &types.ReconfigureDvs_Task{This: vds.Self, Spec: spec}).(*methods.ReconfigureDvs_TaskBody)
	if _, fault := waitFor(ctx, answer.Res.Returnval); fault != nil {
		return fault
	}
	for _, member := range spec.Host {
		config.Host = slices.DeleteFunc(config.Host, func(each types.DistributedVirtualSwitchHostMember) bool { return *each.Config.Host == member.Host })
		if member.Operation == string(types.ConfigSpecOperationAdd) {
			config.Host = append(config.Host, types.DistributedVirtualSwitchHostMember{
				Status: "up",
				Config: types.DistributedVirtualSwitchHostMemberConfigInfo{Host: &member.Host, MaxProxySwitchPorts: 9216, Backing: member.Backing},
			})
		}
		x.setProxySwitch(ctx, vds, member)
	}
	return x.sizeUplinkGroup(ctx, vds, config)
}

// sizeUplinkGroup gives each member its ports.
func (x *extension) sizeUplinkGroup(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, config *types.VMwareDVSConfigInfo) types.BaseMethodFault {
	group := ctx.Map.Get(config.UplinkPortgroup[0]).(*simulator.DistributedVirtualPortgroup)
	x.leavePorts(vds, group, config.Host)
	return x.resizeGroup(vds, group, int32(len(config.Host)*len(uplinkNames(config.UplinkPortPolicy))))
}

// setProxySwitch shows the switch in the network configuration of a member.
func (x *extension) setProxySwitch(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch, member types.DistributedVirtualSwitchHostMemberConfigSpec) {
	host := ctx.Map.Get(member.Host).(*simulator.HostSystem)
	var nics []string
	if backing, ok := member.Backing.(*types.DistributedVirtualSwitchHostMemberPnicBacking); ok {
		for _, each := range backing.PnicSpec {
			nics = append(nics, nicKey(each.PnicDevice))
		}
	}
	_ = x.edit(ctx, *host.ConfigManager.NetworkSystem, func(net *network) types.BaseMethodFault {
		net.ProxySwitch = slices.DeleteFunc(net.ProxySwitch, func(each types.HostProxySwitch) bool { return each.DvsUuid == vds.Uuid })
		if member.Operation == string(types.ConfigSpecOperationAdd) {
			net.ProxySwitch = append(net.ProxySwitch, types.HostProxySwitch{
				DvsUuid: vds.Uuid, DvsName: vds.Name, Key: fmt.Sprintf("DvsPortset-%d", len(net.ProxySwitch)), NumPorts: 9216, NumPortsAvailable: 9200,
				Mtu: defaultMTU, Pnic: nics, Spec: types.HostProxySwitchSpec{Backing: member.Backing},
				NsxtEnabled: types.NewBool(vds.Summary.ProductInfo.ForwardingClass == nsxForwarding),
			})
		}
		return nil
	})
}

// passDown gives a switch's new values to the groups that inherit them. Ports are computed when they are read.
func (x *extension) passDown(ctx *simulator.Context, vds *simulator.DistributedVirtualSwitch) types.BaseMethodFault {
	for _, ref := range vds.Portgroup {
		group := ctx.Map.Get(ref).(*simulator.DistributedVirtualPortgroup)
		ctx.WithLock(group, func() {
			setting := clone(asSetting(group.Config.DefaultPortConfig))
			refresh(setting, asSetting(configOf(vds).DefaultPortConfig))
			ctx.Update(group, []types.PropertyChange{{Name: "config.defaultPortConfig", Val: setting}})
		})
	}
	return nil
}
