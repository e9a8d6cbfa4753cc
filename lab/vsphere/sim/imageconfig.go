// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// HostImageConfigGetAcceptance returns the acceptance level of a host.
func (x *extension) HostImageConfigGetAcceptance(req *types.HostImageConfigGetAcceptance) soap.HasFault {
	host, packages := x.softwareOf(req.This)
	if fault := reachable(&host.HostSystem); fault != nil {
		return &methods.HostImageConfigGetAcceptanceBody{Fault_: soapFault(fault)}
	}
	packages.Lock()
	defer packages.Unlock()
	return &methods.HostImageConfigGetAcceptanceBody{Res: &types.HostImageConfigGetAcceptanceResponse{Returnval: packages.level}}
}

// UpdateHostImageAcceptanceLevel sets it, unless a package is installed that it would not accept.
func (x *extension) UpdateHostImageAcceptanceLevel(req *types.UpdateHostImageAcceptanceLevel) soap.HasFault {
	host, packages := x.softwareOf(req.This)
	fault := reachable(&host.HostSystem)
	packages.Lock()
	defer packages.Unlock()
	if fault == nil {
		fault = packages.checkLevel(req.NewAcceptanceLevel)
	}
	if fault != nil {
		return &methods.UpdateHostImageAcceptanceLevelBody{Fault_: soapFault(fault)}
	}
	packages.level = req.NewAcceptanceLevel
	return &methods.UpdateHostImageAcceptanceLevelBody{Res: new(types.UpdateHostImageAcceptanceLevelResponse)}
}

func (s *software) checkLevel(level string) types.BaseMethodFault {
	rank := slices.Index(acceptanceLevels, level)
	if rank < 0 {
		return invalid("newAcceptanceLevel")
	}
	var below []string
	for _, each := range s.next().vibs {
		if slices.Index(acceptanceLevels, each.Level) < rank {
			below = append(below, each.id())
		}
	}
	if len(below) == 0 {
		return nil
	}
	fault := new(types.HostConfigFault)
	text := fmt.Sprintf("The acceptance level can not be set to %s: VIBs %s are below it.", level, strings.Join(below, ", "))
	fault.FaultMessage = []types.LocalizableMessage{{Key: "vspherelab.acceptance", Message: text}}
	return fault
}

// HostImageConfigGetProfile returns the name of the host's image profile.
func (x *extension) HostImageConfigGetProfile(req *types.HostImageConfigGetProfile) soap.HasFault {
	host, _ := x.softwareOf(req.This)
	if fault := reachable(&host.HostSystem); fault != nil {
		return &methods.HostImageConfigGetProfileBody{Fault_: soapFault(fault)}
	}
	profile := types.HostImageProfileSummary{Name: "ESXi-8.0U2-22380479-standard", Vendor: "VMware, Inc."}
	return &methods.HostImageConfigGetProfileBody{Res: &types.HostImageConfigGetProfileResponse{Returnval: profile}}
}

// FetchSoftwarePackages lists the packages of the running image.
func (x *extension) FetchSoftwarePackages(req *types.FetchSoftwarePackages) soap.HasFault {
	host, packages := x.softwareOf(req.This)
	if fault := reachable(&host.HostSystem); fault != nil {
		return &methods.FetchSoftwarePackagesBody{Fault_: soapFault(fault)}
	}
	packages.Lock()
	defer packages.Unlock()
	response := new(types.FetchSoftwarePackagesResponse)
	for _, each := range packages.running.vibs {
		created := packages.installed
		found := types.SoftwarePackage{
			Name: each.Name, Version: each.Version, Type: string(types.SoftwarePackageVibTypeBootbank), Vendor: each.Vendor, AcceptanceLevel: each.Level,
			Summary: each.Summary, Description: each.Summary, CreationDate: &created, MaintenanceModeRequired: types.NewBool(each.Maintenance),
			Capability: types.SoftwarePackageCapability{LiveInstallAllowed: types.NewBool(each.LiveInstall), LiveRemoveAllowed: types.NewBool(each.LiveRemove)},
		}
		for _, name := range each.Depends {
			found.Depends = append(found.Depends, types.Relation{Name: name})
		}
		response.Returnval = append(response.Returnval, found)
	}
	return &methods.FetchSoftwarePackagesBody{Res: response}
}

// setHostVersion makes a host one of another release, for instance 6.7.0, whose esxcli knows no components.
func (l *Lab) setHostVersion(host *simulator.HostSystem, version string) {
	ctx := l.context()
	product := host.Config.Product
	product.Version, product.ApiVersion, product.LicenseProductVersion = version, version, version
	product.FullName = fmt.Sprintf("%s %s build-%s", product.Name, version, product.Build)
	ctx.WithLock(host, func() {
		ctx.Update(host, []types.PropertyChange{{Name: "config.product", Val: product}, {Name: "summary.config.product", Val: &product}})
	})
}
