// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"reflect"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// A port setting is a tree whose nodes are inherited or explicit (InheritablePolicy). In a specification, inherited "specifies
// the intention to change the values of subclass's properties to the inherited values from the level above ... any set property in
// the subclass will be ignored"; explicit sets what is given. In a configuration, "the values of the properties in the
// subclass are the effective values".
type portSetting = types.VMwareDVSPortSetting

// merge changes current as the specification says: what the specification leaves out stays as it is.
func merge(current, spec, parent *portSetting) {
	eachPolicy(reflect.ValueOf(current).Elem(), reflect.ValueOf(spec).Elem(), reflect.ValueOf(parent).Elem(), mergeNode)
	if spec.MacManagementPolicy != nil {
		securityFromMAC(current)
	} else if spec.SecurityPolicy != nil {
		macFromSecurity(current)
	}
	showLearning(current.MacManagementPolicy)
}

// showLearning leaves of MAC learning that is off nothing but that, as vCenter 8.0.1 does on switches, groups and ports; what is on without
// the rest has the defaults.
func showLearning(mac *types.DVSMacManagementPolicy) {
	if mac == nil || mac.MacLearningPolicy == nil {
		return
	}
	learning := mac.MacLearningPolicy
	if !learning.Enabled {
		learning.AllowUnicastFlooding, learning.Limit, learning.LimitPolicy = nil, nil, ""
		return
	}
	if learning.AllowUnicastFlooding == nil {
		learning.AllowUnicastFlooding = types.NewBool(true)
	}
	if learning.Limit == nil {
		learning.Limit = types.NewInt32(maxLearned)
	}
	if learning.LimitPolicy == "" {
		learning.LimitPolicy = "DROP"
	}
}

// refresh brings the inherited values up to date with the level above.
func refresh(current, parent *portSetting) {
	value := reflect.ValueOf(current).Elem()
	eachPolicy(value, value, reflect.ValueOf(parent).Elem(), func(current, _, parent reflect.Value) { refreshNode(current, parent) })
	macValuesFromSecurity(current)
}

// inheritAll is a setting without anything of its own.
func inheritAll(parent *portSetting) *portSetting {
	copied := clone(parent)
	setInherited(reflect.ValueOf(copied), true)
	return copied
}

// eachPolicy visits the policies of a setting, those of the embedded base type too.
func eachPolicy(current, spec, parent reflect.Value, visit func(current, spec, parent reflect.Value)) {
	for i := range current.NumField() {
		switch current.Field(i).Kind() {
		case reflect.Struct:
			eachPolicy(current.Field(i), spec.Field(i), parent.Field(i), visit)
		case reflect.Pointer, reflect.Interface:
			visit(current.Field(i), spec.Field(i), parent.Field(i))
		}
	}
}

func mergeNode(current, spec, parent reflect.Value) {
	if spec.IsNil() {
		return
	}
	if flag(spec).Bool() {
		if !parent.IsNil() {
			current.Set(inheritedCopy(parent))
		}
		return
	}
	if current.IsNil() && !parent.IsNil() {
		current.Set(inheritedCopy(parent))
	}
	if current.IsNil() || structOf(current).Type() != structOf(spec).Type() {
		// Another kind of VLAN, for one.
		current.Set(cloneValue(spec))
		return
	}
	if current.Kind() == reflect.Interface {
		current.Set(cloneValue(current))
	}
	flag(current).SetBool(false)
	mergeFields(structOf(current), structOf(spec), parent)
}

func mergeFields(current, spec, parent reflect.Value) {
	for i := range spec.NumField() {
		field := spec.Type().Field(i)
		switch {
		case field.Name == "InheritablePolicy":
		case field.Anonymous:
			mergeFields(current.Field(i), spec.Field(i), parent)
		case isPolicy(field.Type):
			mergeNode(current.Field(i), spec.Field(i), childOf(parent, field))
		case given(field, spec.Field(i)):
			current.Field(i).Set(cloneValue(spec.Field(i)))
		}
	}
}

// given says whether a specification sets a field. Those that the API requires always count.
func given(field reflect.StructField, value reflect.Value) bool {
	return !value.IsZero() || value.Kind() != reflect.Pointer && !strings.Contains(field.Tag.Get("xml"), "omitempty")
}

func refreshNode(current, parent reflect.Value) {
	if parent.IsNil() {
		return
	}
	if current.IsNil() || flag(current).Bool() {
		current.Set(inheritedCopy(parent))
		return
	}
	fields := structOf(current)
	for i := range fields.NumField() {
		if field := fields.Type().Field(i); isPolicy(field.Type) {
			refreshNode(fields.Field(i), childOf(parent, field))
		}
	}
}

// childOf is the field of the same name one level above; the zero value where that has another kind of policy.
func childOf(parent reflect.Value, field reflect.StructField) reflect.Value {
	if !parent.IsNil() {
		if found := structOf(parent).FieldByName(field.Name); found.IsValid() && found.Type() == field.Type {
			return found
		}
	}
	return reflect.Zero(field.Type)
}

func structOf(node reflect.Value) reflect.Value {
	for node.Kind() == reflect.Interface || node.Kind() == reflect.Pointer {
		node = node.Elem()
	}
	return node
}

func flag(node reflect.Value) reflect.Value { return structOf(node).FieldByName("Inherited") }

func isPolicy(kind reflect.Type) bool {
	if kind.Kind() != reflect.Pointer || kind.Elem().Kind() != reflect.Struct {
		return false
	}
	_, found := kind.Elem().FieldByName("Inherited")
	return found
}

func inheritedCopy(node reflect.Value) reflect.Value {
	copied := cloneValue(node)
	setInherited(copied, true)
	return copied
}

// setInherited marks a policy and all that it consists of. Lists hold no policies that are inherited one by one.
func setInherited(node reflect.Value, inherited bool) {
	switch node.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !node.IsNil() {
			setInherited(node.Elem(), inherited)
		}
	case reflect.Struct:
		for i := range node.NumField() {
			if node.Type().Field(i).Name == "Inherited" {
				node.Field(i).SetBool(inherited)
			} else {
				setInherited(node.Field(i), inherited)
			}
		}
	}
}

// securityFromMAC keeps the deprecated policy equal to the one that replaced it in vSphere API 6.7.
func securityFromMAC(setting *portSetting) {
	mac := setting.MacManagementPolicy
	if mac == nil {
		return
	}
	policy := func(value *bool) *types.BoolPolicy {
		return &types.BoolPolicy{InheritablePolicy: mac.InheritablePolicy, Value: value}
	}
	setting.SecurityPolicy = &types.DVSSecurityPolicy{
		InheritablePolicy: mac.InheritablePolicy,
		AllowPromiscuous:  policy(mac.AllowPromiscuous), MacChanges: policy(mac.MacChanges), ForgedTransmits: policy(mac.ForgedTransmits),
	}
}

// macFromSecurity is the other direction. The deprecated policy inherits each field, the new one all of them or none.
func macFromSecurity(setting *portSetting) {
	mac, security := setting.MacManagementPolicy, setting.SecurityPolicy
	if mac == nil {
		return
	}
	all := mac.MacLearningPolicy == nil || mac.MacLearningPolicy.Inherited
	for _, each := range []*types.BoolPolicy{security.AllowPromiscuous, security.MacChanges, security.ForgedTransmits} {
		all = all && each != nil && each.Inherited
	}
	mac.Inherited = all
	macValuesFromSecurity(setting)
}

func macValuesFromSecurity(setting *portSetting) {
	mac, security := setting.MacManagementPolicy, setting.SecurityPolicy
	if mac == nil || security == nil {
		return
	}
	value := func(policy *types.BoolPolicy, otherwise *bool) *bool {
		if policy == nil || policy.Value == nil {
			return otherwise
		}
		return policy.Value
	}
	mac.AllowPromiscuous = value(security.AllowPromiscuous, mac.AllowPromiscuous)
	mac.MacChanges = value(security.MacChanges, mac.MacChanges)
	mac.ForgedTransmits = value(security.ForgedTransmits, mac.ForgedTransmits)
}
