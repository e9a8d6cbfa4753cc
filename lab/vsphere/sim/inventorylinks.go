// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

type references = []types.ManagedObjectReference

// putChild adds an object to a folder. The simulator's own way is not exported.
func putChild(ctx *simulator.Context, folder *simulator.Folder, child mo.Entity) {
	ctx.Map.NewEntity(child)
	ctx.WithLock(folder, func() {
		folder.ChildEntity = append(slices.Clone(folder.ChildEntity), child.Reference())
		ctx.Map.PutEntity(folder, child)
	})
}

// datacenterOf finds the datacenter of anything in the inventory.
func datacenterOf(ctx *simulator.Context, entity mo.Entity) *simulator.Datacenter {
	for parent := entity.Entity().Parent; parent != nil; parent = entity.Entity().Parent {
		if datacenter, ok := ctx.Map.Get(*parent).(*simulator.Datacenter); ok {
			return datacenter
		}
		entity = ctx.Map.Get(*parent).(mo.Entity)
	}
	return nil
}

// linkNetworks keeps the Network objects of a datacenter in step with the port groups of a host. Hosts of one datacenter
// share the object of a name, so that its "host" property lists those that have a group of that name.
func (x *extension) linkNetworks(ctx *simulator.Context, ref types.ManagedObjectReference, before, after []string) {
	host := ctx.Map.Get(ref).(*simulator.HostSystem)
	for _, name := range after {
		if !slices.Contains(before, name) {
			x.joinNetwork(ctx, host, name)
		}
	}
	for _, name := range before {
		if !slices.Contains(after, name) {
			x.leaveNetwork(ctx, host, name)
		}
	}
}

func (x *extension) joinNetwork(ctx *simulator.Context, host *simulator.HostSystem, name string) {
	x.networks.Lock()
	defer x.networks.Unlock()
	datacenter := datacenterOf(ctx, host)
	network := standardNetwork(ctx, datacenter, name)
	if network == nil {
		network = new(mo.Network)
		network.Name, network.ManagedEntity.Name = name, name
		putChild(ctx, ctx.Map.Get(datacenter.NetworkFolder).(*simulator.Folder), network)
		network.Summary = &types.NetworkSummary{Network: &network.Self, Name: name, Accessible: true}
		ctx.Map.AddReference(ctx, datacenter, &datacenter.Network, network.Self)
	}
	setReferences(ctx, network, "host", &network.Host, host.Self, true)
	setReferences(ctx, host, "network", &host.Network, network.Self, true)
	if resource := computeResource(ctx, host); resource != nil {
		setReferences(ctx, ctx.Map.Get(resource.Self), "network", &resource.Network, network.Self, true)
	}
}

func (x *extension) leaveNetwork(ctx *simulator.Context, host *simulator.HostSystem, name string) {
	x.networks.Lock()
	defer x.networks.Unlock()
	datacenter := datacenterOf(ctx, host)
	network := standardNetwork(ctx, datacenter, name)
	if network == nil {
		return
	}
	setReferences(ctx, network, "host", &network.Host, host.Self, false)
	setReferences(ctx, host, "network", &host.Network, network.Self, false)
	if len(network.Host) > 0 || len(network.Vm) > 0 {
		return
	}
	if resource := computeResource(ctx, host); resource != nil {
		setReferences(ctx, ctx.Map.Get(resource.Self), "network", &resource.Network, network.Self, false)
	}
	folder := ctx.Map.Get(*network.Parent).(*simulator.Folder)
	setReferences(ctx, folder, "childEntity", &folder.ChildEntity, network.Self, false)
	ctx.Map.RemoveReference(ctx, datacenter, &datacenter.Network, network.Self)
	ctx.Map.Remove(ctx, network.Self)
}

func standardNetwork(ctx *simulator.Context, datacenter *simulator.Datacenter, name string) *mo.Network {
	for _, ref := range ctx.Map.Get(datacenter.NetworkFolder).(*simulator.Folder).ChildEntity {
		if network, ok := ctx.Map.Get(ref).(*mo.Network); ok && network.Name == name {
			return network
		}
	}
	return nil
}

func computeResource(ctx *simulator.Context, host *simulator.HostSystem) *mo.ComputeResource {
	switch parent := ctx.Map.Get(*host.Parent).(type) {
	case *mo.ComputeResource:
		return parent
	case *simulator.ClusterComputeResource:
		return &parent.ComputeResource
	}
	return nil
}

// setReferences adds or removes one reference and tells those who wait for changes.
func setReferences(ctx *simulator.Context, object mo.Reference, property string, field *references, ref types.ManagedObjectReference, present bool) {
	ctx.WithLock(object, func() {
		if slices.Contains(*field, ref) == present {
			return
		}
		changed := slices.Clone(*field)
		if present {
			changed = append(changed, ref)
		} else {
			changed = slices.DeleteFunc(changed, func(each types.ManagedObjectReference) bool { return each == ref })
		}
		ctx.Update(object, []types.PropertyChange{{Name: property, Val: changed}})
	})
}
