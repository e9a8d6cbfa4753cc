// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"fmt"
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// soapFault is the answer to a synchronous call that fails; nil stays nil.
func soapFault(fault types.BaseMethodFault) *soap.Fault {
	if fault == nil {
		return nil
	}
	return simulator.Fault(sentence(fault), fault)
}

func invalid(property string) types.BaseMethodFault {
	return &types.InvalidArgument{InvalidProperty: property}
}

// sentences are what a vCenter in English says.
var sentences = map[string]string{
	"AlreadyExists":            "The specified key, name, or identifier already exists.",
	"ConcurrentAccess":         "Cannot complete operation due to concurrent modification by another operation.",
	"ConflictingConfiguration": "The configurations of the objects are in conflict.",
	"HostCommunication":        "Unable to communicate with the remote host.",
	"HostConfigFault":          "An error occurred during host configuration.",
	"HostNotConnected":         "Unable to communicate with the remote host, since it is disconnected.",
	"InvalidArgument":          "A specified parameter was not correct.",
	"InvalidLogin":             "Cannot complete login due to an incorrect user name or password.",
	"DuplicateName":            "The name already exists.",
	"InvalidDatastore":         "Operation cannot be performed on the datastore.",
	"InvalidName":              "The name is not valid.",
	"InvalidState":             "The operation is not allowed in the current state.",
	"NoPermission":             "Permission to perform this operation was denied.",
	"NotAuthenticated":         "The session is not authenticated.",
	"NotFound":                 "The object or item referred to could not be found.",
	"NotSupported":             "The operation is not supported on the object.",
	"ResourceInUse":            "The resource is in use.",
}

func sentence(fault types.BaseMethodFault) string {
	switch each := fault.(type) {
	case *types.InvalidArgument:
		return "A specified parameter was not correct: " + each.InvalidProperty
	case *types.AlreadyExists:
		return fmt.Sprintf("The specified key, name, or identifier '%s' already exists.", each.Name)
	case *types.ResourceInUse:
		return fmt.Sprintf("The resource '%s' is in use.", each.Name)
	case *types.InvalidName:
		return fmt.Sprintf("The name '%s' is not valid.", each.Name)
	}
	return sentenceOf(reflect.TypeOf(fault).Elem().Name())
}

// sentenceOf is the sentence for a type of faults; its name if none is known.
func sentenceOf(name string) string {
	if text, ok := sentences[name]; ok {
		return text
	}
	return name
}

// newFault makes a fault of the API by its name, for instance HostConfigFault.
func newFault(name string, target types.ManagedObjectReference) (types.BaseMethodFault, error) {
	kind, ok := types.TypeFunc()(name)
	if !ok {
		return nil, fmt.Errorf("the API has no fault %q", name)
	}
	fault, ok := reflect.New(kind).Interface().(types.BaseMethodFault)
	if !ok {
		return nil, fmt.Errorf("%q is no fault of the API", name)
	}
	switch each := fault.(type) {
	case *types.NoPermission:
		each.Object, each.PrivilegeId = &target, "Host.Config.Network"
	case *types.NotAuthenticated:
		each.Object, each.PrivilegeId = &target, "System.View"
	case *types.ManagedObjectNotFound:
		each.Obj = target
	}
	return fault, nil
}
