// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"slices"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// machineWatch keeps the "vm" property of networks and distributed groups, which the simulator leaves empty, in step with
// the "network" property of virtual machines.
type machineWatch struct {
	self  types.ManagedObjectReference
	mutex sync.Mutex
	known map[types.ManagedObjectReference]references
}

// Reference names the watch among those that are told of changes.
func (w *machineWatch) Reference() types.ManagedObjectReference { return w.self }

// PutObject is told of new objects, before machines have adapters.
func (w *machineWatch) PutObject(*simulator.Context, mo.Reference) {}

// UpdateObject is told of changes.
func (w *machineWatch) UpdateObject(ctx *simulator.Context, object mo.Reference, changes []types.PropertyChange) {
	machine, ok := object.(*mo.VirtualMachine)
	if !ok || !slices.ContainsFunc(changes, func(change types.PropertyChange) bool { return change.Name == "network" }) {
		return
	}
	w.replace(ctx, machine.Self, slices.Clone(machine.Network))
}

// RemoveObject is told of objects that go.
func (w *machineWatch) RemoveObject(ctx *simulator.Context, ref types.ManagedObjectReference) {
	if ref.Type == "VirtualMachine" {
		w.replace(ctx, ref, nil)
	}
}

func (w *machineWatch) replace(ctx *simulator.Context, machine types.ManagedObjectReference, networks references) {
	if machine.Value == "" {
		return
	}
	w.mutex.Lock()
	before := w.known[machine]
	w.known[machine] = networks
	w.mutex.Unlock()
	for _, ref := range before {
		if !slices.Contains(networks, ref) {
			setMachine(ctx, ref, machine, false)
		}
	}
	for _, ref := range networks {
		setMachine(ctx, ref, machine, true)
	}
}

func setMachine(ctx *simulator.Context, network, machine types.ManagedObjectReference, present bool) {
	switch object := ctx.Map.Get(network).(type) {
	case *mo.Network:
		setReferences(ctx, object, "vm", &object.Vm, machine, present)
	case *simulator.DistributedVirtualPortgroup:
		setReferences(ctx, object, "vm", &object.Vm, machine, present)
	}
}
