// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// QueryAvailableDvsSpec lists the versions that a switch can be made with.
func (x *extension) QueryAvailableDvsSpec(req *types.QueryAvailableDvsSpec) soap.HasFault {
	response := new(types.QueryAvailableDvsSpecResponse)
	for i, version := range dvsVersions {
		// "If set to true, return only the recommended versions. If set to false, return only the not recommended versions."
		if recommended := i == len(dvsVersions)-1; req.Recommended == nil || *req.Recommended == recommended {
			response.Returnval = append(response.Returnval, productSpec(version))
		}
	}
	return &methods.QueryAvailableDvsSpecBody{Res: response}
}

// QueryDvsFeatureCapability says what a version can do; without one, the version that a new switch has.
func (x *extension) QueryDvsFeatureCapability(req *types.QueryDvsFeatureCapability) soap.HasFault {
	version := dvsVersions[len(dvsVersions)-1]
	if req.SwitchProductSpec != nil && req.SwitchProductSpec.Version != "" {
		version = req.SwitchProductSpec.Version
	}
	response := new(types.QueryDvsFeatureCapabilityResponse)
	if slices.Contains(dvsVersions, version) {
		response.Returnval = featuresOf(version)
	}
	return &methods.QueryDvsFeatureCapabilityBody{Res: response}
}

// QueryDvsByUuid finds a switch.
func (x *extension) QueryDvsByUuid(ctx *simulator.Context, req *types.QueryDvsByUuid) soap.HasFault {
	for _, vds := range allSwitches(ctx) {
		if vds.Uuid == req.Uuid {
			return &methods.QueryDvsByUuidBody{Res: &types.QueryDvsByUuidResponse{Returnval: &vds.Self}}
		}
	}
	return &methods.QueryDvsByUuidBody{Fault_: soapFault(new(types.NotFound))}
}

// DVSManagerLookupDvPortGroup finds a group by its switch's UUID and its key.
func (x *extension) DVSManagerLookupDvPortGroup(ctx *simulator.Context, req *types.DVSManagerLookupDvPortGroup) soap.HasFault {
	for _, vds := range allSwitches(ctx) {
		at := slices.IndexFunc(vds.Portgroup, func(ref types.ManagedObjectReference) bool { return ref.Value == req.PortgroupKey })
		if vds.Uuid == req.SwitchUuid && at >= 0 {
			return &methods.DVSManagerLookupDvPortGroupBody{Res: &types.DVSManagerLookupDvPortGroupResponse{Returnval: &vds.Portgroup[at]}}
		}
	}
	return &methods.DVSManagerLookupDvPortGroupBody{Fault_: soapFault(new(types.NotFound))}
}

func allSwitches(ctx *simulator.Context) []*simulator.DistributedVirtualSwitch {
	var found []*simulator.DistributedVirtualSwitch
	for _, entity := range ctx.Map.All(switchType) {
		if vds, ok := entity.(*simulator.DistributedVirtualSwitch); ok {
			found = append(found, vds)
		}
	}
	return found
}
