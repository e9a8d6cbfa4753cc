// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

// Package sim adds to govmomi's vCenter simulator what the tests of virtual switch security need.
package sim

import (
	"reflect"

	"github.com/vmware/govmomi/vim25/types"
)

// clone copies a value of the API with everything that it points to.
func clone[T any](value T) T {
	return *cloneValue(reflect.ValueOf(&value).Elem()).Addr().Interface().(*T)
}

func cloneValue(from reflect.Value) reflect.Value {
	to := reflect.New(from.Type()).Elem()
	to.Set(from)
	switch from.Kind() {
	case reflect.Pointer:
		if !from.IsNil() {
			to.Set(reflect.New(from.Type().Elem()))
			to.Elem().Set(cloneValue(from.Elem()))
		}
	case reflect.Interface:
		if !from.IsNil() {
			to.Set(cloneValue(from.Elem()))
		}
	case reflect.Slice:
		if !from.IsNil() {
			to.Set(reflect.MakeSlice(from.Type(), from.Len(), from.Len()))
			for i := range from.Len() {
				to.Index(i).Set(cloneValue(from.Index(i)))
			}
		}
	case reflect.Struct:
		for i := range from.NumField() {
			// time.Time has fields that can't be set; the assignment above has copied them.
			if to.Field(i).CanSet() {
				to.Field(i).Set(cloneValue(from.Field(i)))
			}
		}
	}
	return to
}

// A failover order is one value: "a null NicOrderPolicy property means the portgroup inherits the policy from its
// parent. Otherwise, the NicOrderPolicy property defined in the portgroup takes precedence" (HostNicOrderPolicy).
var atomicTypes = map[reflect.Type]bool{reflect.TypeFor[types.HostNicOrderPolicy](): true}

// overlay sets in base each field that over sets, to any depth.
func overlay[T any](base, over T) T {
	result := clone(base)
	overlayValue(reflect.ValueOf(&result).Elem(), reflect.ValueOf(over))
	return result
}

func overlayValue(base, over reflect.Value) {
	switch over.Kind() {
	case reflect.Pointer:
		element := over.Type().Elem()
		switch {
		case over.IsNil():
		case base.IsNil() || element.Kind() != reflect.Struct || atomicTypes[element]:
			base.Set(cloneValue(over))
		default:
			overlayValue(base.Elem(), over.Elem())
		}
	case reflect.Struct:
		for i := range over.NumField() {
			overlayValue(base.Field(i), over.Field(i))
		}
	default:
		// The API's optional numbers and strings are left out when they are zero or empty.
		if !over.IsZero() {
			base.Set(cloneValue(over))
		}
	}
}
