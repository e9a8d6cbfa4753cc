// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

var displayName = regexp.MustCompile(`(?mi)^\s*displayName\s*=\s*"([^"]*)"`)

// RegisterVMTask registers a machine. govmomi's own can't be used: it looks at all objects that there are, and stops at the executers
// of esxcli. So the machine is made anew at the place of its configuration file, which is out of the way meanwhile.
func (x *extension) RegisterVMTask(ctx *simulator.Context, req *types.RegisterVM_Task) soap.HasFault {
	folder := ctx.Map.Get(req.This).(*simulator.Folder)
	task := x.task(ctx, datacenterOf(ctx, folder), folder, "registerVm", func() (types.AnyType, types.BaseMethodFault) {
		file, fault := x.prepareRegistration(ctx, folder, req)
		if fault != nil {
			return nil, fault
		}
		aside := file + ".registering"
		if err := os.Rename(file, aside); err != nil {
			return nil, new(types.NotFound)
		}
		defer func() { _ = os.Rename(aside, file) }()
		spec := types.VirtualMachineConfigSpec{Name: req.Name, Files: &types.VirtualMachineFileInfo{VmPathName: req.Path}}
		made := folder.CreateVMTask(ctx, &types.CreateVM_Task{This: req.This, Config: spec, Pool: *req.Pool, Host: req.Host})
		return waitFor(ctx, made.(*methods.CreateVM_TaskBody).Res.Returnval)
	})
	return &methods.RegisterVM_TaskBody{Res: &types.RegisterVM_TaskResponse{Returnval: task}}
}

// prepareRegistration finds the configuration file, and the name: "If this parameter is not set, the displayName configuration parameter of the
// virtual machine is used."
func (x *extension) prepareRegistration(ctx *simulator.Context, folder *simulator.Folder, req *types.RegisterVM_Task) (string, types.BaseMethodFault) {
	if req.AsTemplate || req.Pool == nil {
		return "", invalid("pool")
	}
	if req.Host != nil {
		if host := x.hostOf(*req.Host); host != nil {
			if fault := reachable(&host.HostSystem); fault != nil {
				return "", fault
			}
		}
	}
	var path object.DatastorePath
	if !path.FromString(req.Path) {
		return "", &types.InvalidDatastorePath{DatastorePath: req.Path}
	}
	store, _ := ctx.Map.FindByName(path.Datastore, datacenterOf(ctx, folder).Datastore).(*simulator.Datastore)
	if store == nil {
		return "", &types.InvalidDatastore{Name: path.Datastore}
	}
	file := filepath.Join(store.Summary.Url, path.Path)
	content, err := os.ReadFile(file)
	if err != nil {
		return "", new(types.NotFound)
	}
	for _, ref := range store.Vm {
		if machine, ok := ctx.Map.Get(ref).(*simulator.VirtualMachine); ok && machine.Config.Files.VmPathName == req.Path {
			return "", &types.AlreadyExists{Name: machine.Name}
		}
	}
	if found := displayName.FindSubmatch(content); req.Name == "" && found != nil {
		req.Name = string(found[1])
	}
	if req.Name == "" {
		req.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	if other := ctx.Map.FindByName(req.Name, folder.ChildEntity); other != nil {
		return "", &types.DuplicateName{Name: req.Name, Object: other.Reference()}
	}
	return file, nil
}

// SearchDatastoreSubFoldersTask is govmomi's, for a datastore that can be read. Its own task belongs to the browser, which is no entity, while it runs.
func (x *extension) SearchDatastoreSubFoldersTask(ctx *simulator.Context, req *types.SearchDatastoreSubFolders_Task) soap.HasFault {
	browser := ctx.Map.Get(req.This).(*simulator.HostDatastoreBrowser)
	var path object.DatastorePath
	if !path.FromString(req.DatastorePath) {
		return &methods.SearchDatastoreSubFolders_TaskBody{Fault_: soapFault(&types.InvalidDatastorePath{DatastorePath: req.DatastorePath})}
	}
	// "InvalidDatastore: if the operation cannot be performed on the target datastores."
	store, _ := ctx.Map.FindByName(path.Datastore, browser.Datastore).(*simulator.Datastore)
	if store == nil || !store.Summary.Accessible {
		return &methods.SearchDatastoreSubFolders_TaskBody{Fault_: soapFault(&types.InvalidDatastore{Name: path.Datastore})}
	}
	task := x.task(ctx, store, store, "searchDatastoreSubFolders", func() (types.AnyType, types.BaseMethodFault) {
		started := browser.SearchDatastoreSubFoldersTask(ctx, req)
		return waitFor(ctx, started.(*methods.SearchDatastoreSubFolders_TaskBody).Res.Returnval)
	})
	return &methods.SearchDatastoreSubFolders_TaskBody{Res: &types.SearchDatastoreSubFolders_TaskResponse{Returnval: task}}
}

// DeleteDatastoreFileTask is govmomi's, with a task that belongs to an entity, as "the managed entity to which the operation applies" must be one.
func (x *extension) DeleteDatastoreFileTask(ctx *simulator.Context, req *types.DeleteDatastoreFile_Task) soap.HasFault {
	files := ctx.Map.FileManager()
	datacenter, _ := ctx.Map.Any("Datacenter").(*simulator.Datacenter)
	if req.Datacenter != nil {
		datacenter, _ = ctx.Map.Get(*req.Datacenter).(*simulator.Datacenter)
	}
	task := x.task(ctx, datacenter, datacenter, "deleteDatastoreFile", func() (types.AnyType, types.BaseMethodFault) {
		started := files.DeleteDatastoreFileTask(ctx, req)
		return waitFor(ctx, started.(*methods.DeleteDatastoreFile_TaskBody).Res.Returnval)
	})
	return &methods.DeleteDatastoreFile_TaskBody{Res: &types.DeleteDatastoreFile_TaskResponse{Returnval: task}}
}

// setAccessible changes whether a datastore can be read.
func (l *Lab) setAccessible(name string, accessible bool) bool {
	ctx, found := l.context(), false
	for _, entity := range l.model.Map().All("Datastore") {
		store := entity.(*simulator.Datastore)
		if store.Name != name {
			continue
		}
		found = true
		ctx.WithLock(store, func() { ctx.Update(store, []types.PropertyChange{{Name: "summary.accessible", Val: accessible}}) })
	}
	return found
}
