// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// Lab is a simulated vCenter or ESXi host.
type Lab struct {
	model     *simulator.Model
	extension *extension
	calls     *callLog
	rules     *ruleTable
	bumps     *bumpTable
	// properties say what is not told, or not as it is.
	properties propertyTable
	datastore  string
	// standalone is a host without a vCenter, which takes its API away while it restarts.
	standalone bool
	away       atomic.Bool
}

// extension has the methods that are added to the simulator or replace its own. Calls to them are redirected here: the
// objects themselves must keep the simulator's types, which its code relies on.
type extension struct {
	Self     types.ManagedObjectReference
	lab      *Lab
	ports    portTables
	networks sync.Mutex
	hosts    sync.Map // a reference's value -> the host that it belongs to, for hosts and their parts
	pending  sync.Map // *simulator.Context -> the fault that its task will have
	software sync.Map // a host's reference value -> its *software
	cancels  sync.Map // a task's reference value -> what ends it
	tasks    atomic.Int64
}

// Reference makes it an object of the registry.
func (x *extension) Reference() types.ManagedObjectReference { return x.Self }

// Lock keeps the simulator from serialising all calls: each method locks what it changes.
func (x *extension) Lock() {}

// Unlock belongs to Lock.
func (x *extension) Unlock() {}

// extended are the methods of the extension.
var extended = map[string][]string{
	"HostNetworkSystem": {
		"AddVirtualSwitch", "UpdateVirtualSwitch", "RemoveVirtualSwitch", "AddPortGroup", "UpdatePortGroup", "RemovePortGroup",
		"UpdateVirtualNic", "UpdateNetworkConfig",
	},
	"DistributedVirtualPortgroup":     {"ReconfigureDVPortgroup_Task"},
	switchType:                        {"AddDVPortgroup_Task", "ReconfigureDvs_Task", "ReconfigureDVPort_Task", "FetchDVPorts", "FetchDVPortKeys"},
	"DistributedVirtualSwitchManager": {"QueryAvailableDvsSpec", "QueryDvsFeatureCapability", "QueryDvsByUuid", "DVSManagerLookupDvPortGroup"},
	"Folder":                          {"CreateDVS_Task", "RegisterVM_Task"},
	"OptionManager":                   {"QueryOptions", "UpdateOptions"},
	"HostSystem":                      {"EnterMaintenanceMode_Task", "ExitMaintenanceMode_Task", "RebootHost_Task"},
	"HostDatastoreBrowser":            {"SearchDatastoreSubFolders_Task"},
	"FileManager":                     {"DeleteDatastoreFile_Task"},
	"HostImageConfigManager": {
		"HostImageConfigGetAcceptance", "UpdateHostImageAcceptanceLevel", "HostImageConfigGetProfile", "fetchSoftwarePackages",
	},
	"ManagedMethodExecuter": {"ExecuteSoap"},
	"Task":                  {"CancelTask"},
	"PropertyCollector":     {"RetrievePropertiesEx", "ContinueRetrievePropertiesEx", "RetrieveProperties"},
}

// handle sees each call before the simulator, when its session is known. What is delayed here is carried out also when the client has
// hung up or logged out meanwhile, as vCenter and ESXi do it.
func (x *extension) handle(ctx *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	time.Sleep(x.lab.calls.delay(method.Name))
	if x.lab.away.Load() {
		panic(http.ErrAbortHandler)
	}
	if ctx.Session == nil {
		return nil, anonymous(method)
	}
	if rule := x.lab.rules.match(method.Name, x.ownerName(method.This.Value), x.name(ctx, method.This), false); rule != nil {
		if fault := x.obey(ctx, method, rule); fault != nil {
			return nil, fault
		}
	}
	if slices.Contains(extended[method.This.Type], method.Name) && x.takes(method) {
		method.This = x.Self
	}
	return nil, nil
}

// takes says whether a method that is extended is so for this object.
func (x *extension) takes(method *simulator.Method) bool {
	switch method.This.Type {
	case "OptionManager", "HostSystem", "HostImageConfigManager":
		return x.hostOf(method.This) != nil
	case "PropertyCollector":
		return x.lab.properties.any()
	case "ManagedMethodExecuter":
		return x.hostOf(method.This) != nil && commandOf(method.Body).ours()
	}
	return true
}

// anonymous refuses what the simulator allows without a session: reading anything but the way to the login.
func anonymous(method *simulator.Method) types.BaseMethodFault {
	var objects references
	switch body := method.Body.(type) {
	case *types.RetrieveProperties:
		objects = objectsOf(body.SpecSet)
	case *types.RetrievePropertiesEx:
		objects = objectsOf(body.SpecSet)
	default:
		if method.Name == "Fetch" {
			objects = references{reflect.ValueOf(body).Elem().FieldByName("This").Interface().(types.ManagedObjectReference)}
		}
	}
	for _, each := range objects {
		if each.Type != "ServiceInstance" && each.Type != "SessionManager" {
			return &types.NotAuthenticated{NoPermission: types.NoPermission{Object: &each, PrivilegeId: "System.View"}}
		}
	}
	return nil
}

func objectsOf(specs []types.PropertyFilterSpec) references {
	var found references
	for _, spec := range specs {
		for _, each := range spec.ObjectSet {
			found = append(found, each.Obj)
		}
	}
	return found
}

// obey does what a rule says when its call has come.
func (x *extension) obey(ctx *simulator.Context, method *simulator.Method, rule *Rule) types.BaseMethodFault {
	switch rule.Action {
	case actionClose:
		panic(http.ErrAbortHandler) // net/http closes the connection without an answer
	case actionDropSessions:
		_ = x.lab.dropSessions()
		fault, _ := newFault("NotAuthenticated", method.This)
		return fault
	case actionHost:
		host := x.hostOf(method.This)
		if host == nil {
			return nil
		}
		x.lab.setHostState(host, rule.State)
		return reachable(&host.HostSystem)
	}
	fault, _ := newFault(rule.Fault, method.This)
	if rule.Message != "" {
		fault.GetMethodFault().FaultMessage = []types.LocalizableMessage{{Key: "vspherelab.injected", Message: rule.Message}}
	}
	if rule.In == inTask {
		x.pending.Store(ctx, fault)
		return nil
	}
	return fault
}

// task runs a change behind a task. Changes of a switch, of its groups and of its ports hold the lock of the switch, but not while the
// task is delayed: what is there can be read meanwhile.
func (x *extension) task(
	ctx *simulator.Context, lock, entity mo.Entity, name string, run func() (types.AnyType, types.BaseMethodFault),
) types.ManagedObjectReference {
	// The simulator holds the lock of a task's entity until its end, so it gets one of its own.
	own := types.ManagedObjectReference{Type: "LabTask", Value: fmt.Sprintf("lab-task-%d", x.tasks.Add(1))}
	cancelled := make(chan struct{})
	task := simulator.CreateTask(own, name, func(*simulator.Task) (result types.AnyType, fault types.BaseMethodFault) {
		select {
		case <-time.After(x.lab.calls.taskDelay()):
		case <-cancelled:
			return nil, new(types.RequestCanceled)
		}
		if fault, ok := x.pending.LoadAndDelete(ctx); ok {
			return nil, fault.(types.BaseMethodFault)
		}
		ctx.WithLock(lock, func() { result, fault = run() })
		return result, fault
	})
	self := entity.Reference()
	task.Info.DescriptionId = lock.Reference().Type + "." + name
	ref := task.Run(ctx)
	x.cancels.Store(ref.Value, sync.OnceFunc(func() { close(cancelled) }))
	ctx.Map.AtomicUpdate(ctx, task, []types.PropertyChange{{Name: "info.entity", Val: self}, {Name: "info.entityName", Val: self.Value}})
	return ref
}

// CancelTask notes that somebody wants a task to end. It may still succeed.
func (x *extension) CancelTask(ctx *simulator.Context, req *types.CancelTask) soap.HasFault {
	task := ctx.Map.Get(req.This).(*simulator.Task)
	if state := infoOf(ctx, task).State; state == types.TaskInfoStateSuccess || state == types.TaskInfoStateError {
		// "InvalidState: if the task is already canceled or completed."
		return &methods.CancelTaskBody{Fault_: soapFault(new(types.InvalidState))}
	}
	ctx.Map.AtomicUpdate(ctx, task, []types.PropertyChange{{Name: "info.cancelled", Val: true}})
	if cancel, ok := x.cancels.Load(req.This.Value); ok && x.lab.calls.cancelDelay() >= 0 {
		time.AfterFunc(x.lab.calls.cancelDelay(), cancel.(func()))
	}
	return &methods.CancelTaskBody{Res: new(types.CancelTaskResponse)}
}

// waitFor waits for a task of the simulator's own, much shorter than its own way of waiting does.
func waitFor(ctx *simulator.Context, ref types.ManagedObjectReference) (types.AnyType, types.BaseMethodFault) {
	task := ctx.Map.Get(ref).(*simulator.Task)
	for {
		info := infoOf(ctx, task)
		switch info.State {
		case types.TaskInfoStateSuccess:
			return info.Result, nil
		case types.TaskInfoStateError:
			return nil, info.Error.Fault
		}
		time.Sleep(200 * time.Microsecond)
	}
}

func infoOf(ctx *simulator.Context, task *simulator.Task) (info types.TaskInfo) {
	other := &simulator.Context{} // locks are held by context, and the task changes under that of its caller
	ctx.Map.WithLock(other, task, func() { info = task.Info })
	return info
}

// own notes which host the parts of a host belong to.
func (x *extension) own(host *simulator.HostSystem) {
	parts := mo.References(host.ConfigManager)
	for _, ref := range append(parts, host.Self) {
		x.hosts.Store(ref.Value, host)
	}
}

// hostOf is the host that an object is or belongs to, nil if there is none.
func (x *extension) hostOf(ref types.ManagedObjectReference) *simulator.HostSystem {
	host, _ := x.hosts.Load(ref.Value)
	found, _ := host.(*simulator.HostSystem)
	return found
}

func (x *extension) ownerName(value string) string {
	if host := x.hostOf(types.ManagedObjectReference{Value: value}); host != nil {
		return host.Name
	}
	return ""
}

// name is an object's name in the inventory, its reference if it has none.
func (x *extension) name(ctx *simulator.Context, ref types.ManagedObjectReference) string {
	if entity, ok := ctx.Map.Get(ref).(mo.Entity); ok {
		return entity.Entity().Name
	}
	return ref.Value
}

// context is a fresh one for work that no call asked for: locks are held by context.
func (l *Lab) context() *simulator.Context {
	copied := *l.model.Service.Context
	return &copied
}

// findHost returns the host of a name.
func (l *Lab) findHost(name string) *simulator.HostSystem {
	for _, entity := range l.model.Map().All("HostSystem") {
		if host := entity.(*simulator.HostSystem); strings.EqualFold(host.Name, name) || host.Self.Value == name {
			return host
		}
	}
	return nil
}

// setHostState changes how vCenter sees a host.
func (l *Lab) setHostState(host *simulator.HostSystem, state string) {
	ctx := l.context()
	changes := []types.PropertyChange{{Name: "runtime.inMaintenanceMode", Val: state == stateMaintenance}}
	if state == stateMaintenance {
		state = string(types.HostSystemConnectionStateConnected)
	}
	changes = append(changes, types.PropertyChange{Name: "runtime.connectionState", Val: types.HostSystemConnectionState(state)})
	ctx.WithLock(host, func() { ctx.Update(host, changes) })
}

// sessions are the identifiers of all that there are.
func (l *Lab) sessions() []string {
	manager := l.context().Session.Get(*l.model.ServiceContent.SessionManager).(*simulator.SessionManager)
	var ids []string
	for _, each := range manager.SessionList {
		ids = append(ids, each.Key)
	}
	return ids
}

// dropSessions ends all sessions, and returns how many there were.
func (l *Lab) dropSessions() int {
	ctx := l.context()
	manager := ctx.Session.Get(*l.model.ServiceContent.SessionManager).(*simulator.SessionManager)
	ids := l.sessions()
	manager.TerminateSession(ctx, &types.TerminateSession{SessionId: ids})
	return len(ids)
}
