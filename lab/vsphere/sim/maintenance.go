// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// EnterMaintenanceModeTask puts a host into maintenance mode. Its machines are taken to be gone at once.
func (x *extension) EnterMaintenanceModeTask(ctx *simulator.Context, req *types.EnterMaintenanceMode_Task) soap.HasFault {
	return &methods.EnterMaintenanceMode_TaskBody{Res: &types.EnterMaintenanceMode_TaskResponse{
		Returnval: x.switchMaintenance(ctx, req.This, "enterMaintenanceMode", true),
	}}
}

// ExitMaintenanceModeTask takes it out.
func (x *extension) ExitMaintenanceModeTask(ctx *simulator.Context, req *types.ExitMaintenanceMode_Task) soap.HasFault {
	return &methods.ExitMaintenanceMode_TaskBody{Res: &types.ExitMaintenanceMode_TaskResponse{
		Returnval: x.switchMaintenance(ctx, req.This, "exitMaintenanceMode", false),
	}}
}

func (x *extension) switchMaintenance(ctx *simulator.Context, ref types.ManagedObjectReference, name string, in bool) types.ManagedObjectReference {
	host := x.hostOf(ref)
	return x.task(ctx, host, host, name, func() (types.AnyType, types.BaseMethodFault) {
		if fault := reachable(&host.HostSystem); fault != nil {
			return nil, fault
		}
		// "if the operation cannot be performed because of the host's current state. For example, if the host is already in maintenance mode."
		if host.Runtime.InMaintenanceMode == in {
			return nil, new(types.InvalidState)
		}
		ctx.Update(host, []types.PropertyChange{{Name: "runtime.inMaintenanceMode", Val: in}})
		return nil, nil
	})
}

// RebootHostTask restarts a host. The task succeeds when the restart begins; a vCenter sees the host again when it is over.
func (x *extension) RebootHostTask(ctx *simulator.Context, req *types.RebootHost_Task) soap.HasFault {
	host, packages := x.softwareOf(req.This)
	ref := x.task(ctx, host, host, "reboot", func() (types.AnyType, types.BaseMethodFault) {
		if fault := reachable(&host.HostSystem); fault != nil {
			return nil, fault
		}
		// "force: ... whether or not the host should be rebooted regardless of whether it is in maintenance mode"
		if !req.Force && !host.Runtime.InMaintenanceMode {
			return nil, new(types.InvalidState)
		}
		go x.lab.restart(host, packages)
		return nil, nil
	})
	return &methods.RebootHost_TaskBody{Res: &types.RebootHost_TaskResponse{Returnval: ref}}
}

// restart takes a host away for a while. A host without a vCenter takes its API and all sessions with it.
func (l *Lab) restart(host *simulator.HostSystem, packages *software) {
	time.Sleep(restartBegins)
	duration := l.calls.restartTime()
	if l.standalone {
		l.away.Store(true)
		time.Sleep(duration)
		l.dropSessions()
	} else {
		l.setRuntime(host, "runtime.connectionState", types.HostSystemConnectionStateNotResponding)
		time.Sleep(duration)
	}
	packages.restart()
	l.setRuntime(host, "runtime.bootTime", time.Now().UTC())
	l.setRuntime(host, "runtime.connectionState", types.HostSystemConnectionStateConnected)
	l.away.Store(false)
}

// restartBegins leaves the client of a host without a vCenter the time to read that its task has succeeded.
const restartBegins = 100 * time.Millisecond

func (l *Lab) setRuntime(host *simulator.HostSystem, name string, value types.AnyType) {
	ctx := l.context()
	if now, ok := value.(time.Time); ok {
		value = &now
	}
	ctx.WithLock(host, func() { ctx.Update(host, []types.PropertyChange{{Name: name, Val: value}}) })
}
