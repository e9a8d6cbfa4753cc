// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"fmt"
	"slices"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// adapters of each host: two on vSwitch0, one on the distributed switch, one free.
const hostAdapters = 4

// prepare turns the template of a host into one with a network of its own.
func (b *builder) prepare(host *simulator.HostSystem, name string) {
	ctx, x := b.lab.context(), b.lab.extension
	// The template's reference is that of all hosts.
	host.ConfigManager.ImageConfigManager = &types.ManagedObjectReference{Type: "HostImageConfigManager", Value: "imageConfigManager-" + host.Self.Value}
	x.own(host)
	// The template's slices are shared by all hosts.
	host.Network = slices.Clip(slices.Clone(host.Network))
	host.Name, host.Summary.Config.Name = name, name
	ctx.WithLock(host, func() { showOptions(ctx, host, defaultOptions()) })
	system := ctx.Map.Get(*host.ConfigManager.NetworkSystem).(*simulator.HostNetworkSystem)
	system.NetworkInfo = adoptTemplate(host.Config.Network, b.hosts)
	for _, group := range groupNames(system.NetworkInfo) {
		x.joinNetwork(ctx, host, group)
	}
	_ = x.edit(ctx, system.Self, func(net *network) types.BaseMethodFault {
		for number := 1; number <= b.Groups; number++ {
			spec := types.HostPortGroupSpec{Name: fmt.Sprintf("pg%02d", number), VlanId: int32(100 + number), VswitchName: "vSwitch0"}
			if fault := net.addGroup(spec); fault != nil {
				return fault
			}
		}
		return nil
	})
}

// adoptTemplate gives the captured network of an ESXi host more adapters, and addresses that differ from host to host.
func adoptTemplate(template *types.HostNetworkInfo, number int) *types.HostNetworkInfo {
	info := clone(template)
	info.Pnic = nil
	for i := range hostAdapters {
		adapter := clone(template.Pnic[0])
		adapter.Device = fmt.Sprintf("vmnic%d", i)
		adapter.Key, adapter.Pci = nicKey(adapter.Device), fmt.Sprintf("0000:%02x:00.0", 11+i)
		adapter.Mac = fmt.Sprintf("02:0c:29:%02x:%02x:%02x", number>>8, number&255, i)
		info.Pnic = append(info.Pnic, adapter)
	}
	for i := range info.Vnic {
		info.Vnic[i].Spec.Mac = info.Pnic[0].Mac
	}
	vswitch := &info.Vswitch[0].Spec
	vswitch.Bridge.(*types.HostVirtualSwitchBondBridge).NicDevice = []string{"vmnic0", "vmnic1"}
	vswitch.Policy.NicTeaming.NicOrder = &types.HostNicOrderPolicy{ActiveNic: []string{"vmnic0"}, StandbyNic: []string{"vmnic1"}}
	return info
}

// machines makes the virtual machines of a host: one adapter on a standard port group, one on the first distributed group.
func (b *builder) machines(host *simulator.HostSystem, folders *object.DatacenterFolders, datacenter string) error {
	if b.Machines == 0 {
		return nil
	}
	ref := object.NewHostSystem(b.client, host.Self)
	store, err := ref.ConfigManager().DatastoreSystem(b.ctx)
	if err != nil {
		return err
	}
	if _, err = store.CreateLocalDatastore(b.ctx, "datastore1", b.lab.datastore); err != nil {
		return err
	}
	pool, err := ref.ResourcePool(b.ctx)
	if err != nil {
		return err
	}
	for number := range b.Machines {
		config := types.VirtualMachineConfigSpec{
			Name: fmt.Sprintf("vm%02d-%d", b.number(host), number+1), GuestId: string(types.VirtualMachineGuestOsIdentifierOtherGuest),
			Files: &types.VirtualMachineFileInfo{VmPathName: "[datastore1]"}, DeviceChange: b.cards(number, datacenter),
		}
		result, err := b.finish(folders.VmFolder.CreateVM(b.ctx, config, pool, ref))
		if err != nil {
			return err
		}
		if err := b.wait(object.NewVirtualMachine(b.client, result.(types.ManagedObjectReference)).PowerOn(b.ctx)); err != nil {
			return err
		}
	}
	// The ports of the groups are those of running machines.
	b.lab.extension.edit(b.lab.context(), *host.ConfigManager.NetworkSystem, func(*network) types.BaseMethodFault { return nil })
	return nil
}

// number is the host's own in its name; 1 for a standalone host.
func (b *builder) number(host *simulator.HostSystem) int {
	number := 1
	_, _ = fmt.Sscanf(host.Name, "esxi%d.", &number)
	return number
}

func (b *builder) cards(number int, datacenter string) []types.BaseVirtualDeviceConfigSpec {
	group := "VM Network"
	if b.Groups > 0 {
		group = fmt.Sprintf("pg%02d", number%b.Groups+1)
	}
	backings := []types.BaseVirtualDeviceBackingInfo{&types.VirtualEthernetCardNetworkBackingInfo{
		VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: group},
	}}
	if distributed := b.vmnet[datacenter]; distributed != nil {
		backings = append(backings, clone(distributed))
	}
	var changes []types.BaseVirtualDeviceConfigSpec
	for i, backing := range backings {
		card := &types.VirtualVmxnet3{}
		card.Key, card.Backing = int32(-1-i), backing
		card.Connectable = &types.VirtualDeviceConnectInfo{StartConnected: true, Connected: true, AllowGuestControl: true}
		changes = append(changes, &types.VirtualDeviceConfigSpec{Operation: types.VirtualDeviceConfigSpecOperationAdd, Device: card})
	}
	return changes
}
