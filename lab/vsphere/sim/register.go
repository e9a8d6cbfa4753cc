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

// RegisterVMTask is govmomi's, with the name of the configuration file ("If this parameter is not set, the displayName
// configuration parameter of the virtual machine is used"), and without the files beside it that govmomi asks for.
func (x *extension) RegisterVMTask(ctx *simulator.Context, req *types.RegisterVM_Task) soap.HasFault {
	folder := ctx.Map.Get(req.This).(*simulator.Folder)
	fault := x.prepareRegistration(ctx, folder, req)
	if fault == nil {
		return folder.RegisterVMTask(ctx, req)
	}
	task := x.task(ctx, folder, folder, "registerVm", func() (types.AnyType, types.BaseMethodFault) { return nil, fault })
	return &methods.RegisterVM_TaskBody{Res: &types.RegisterVM_TaskResponse{Returnval: task}}
}

func (x *extension) prepareRegistration(ctx *simulator.Context, folder *simulator.Folder, req *types.RegisterVM_Task) types.BaseMethodFault {
	if req.Host != nil {
		if host := x.hostOf(*req.Host); host != nil {
			if fault := reachable(&host.HostSystem); fault != nil {
				return fault
			}
		}
	}
	var path object.DatastorePath
	if !path.FromString(req.Path) {
		return &types.InvalidDatastorePath{DatastorePath: req.Path}
	}
	store, _ := ctx.Map.FindByName(path.Datastore, datacenterOf(ctx, folder).Datastore).(*simulator.Datastore)
	if store == nil {
		return &types.InvalidDatastore{Name: path.Datastore}
	}
	file := filepath.Join(store.Summary.Url, path.Path)
	content, err := os.ReadFile(file)
	if err != nil {
		return new(types.NotFound)
	}
	if found := displayName.FindSubmatch(content); req.Name == "" && found != nil {
		req.Name = string(found[1])
	}
	if req.Name == "" {
		req.Name = strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	}
	if other := ctx.Map.FindByName(req.Name, folder.ChildEntity); other != nil {
		return &types.DuplicateName{Name: req.Name, Object: other.Reference()}
	}
	for _, name := range []string{req.Name + ".nvram", "vmware.log"} {
		if made, err := os.OpenFile(filepath.Join(filepath.Dir(file), name), os.O_CREATE, 0o600); err == nil {
			_ = made.Close()
		}
	}
	return nil
}

// SearchDatastoreSubFoldersTask is govmomi's, for a datastore that can be read.
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
	return browser.SearchDatastoreSubFoldersTask(ctx, req)
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
