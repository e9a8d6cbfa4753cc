// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	asMissing = "missing"
	asUnset   = "unset"
	asEmpty   = "empty"
	asHidden  = "hidden"

	readPrivilege = "System.Read"
)

// PropertyRule lets a property come back from RetrievePropertiesEx otherwise than it is. What waits for updates, as govc
// object.collect does, and pyVmomi's attributes still see the truth.
type PropertyRule struct {
	// Type and Object select objects: a type of the API, with those that extend it, and a name in the inventory or a
	// reference's value; empty selects all.
	Type   string `json:"type"`
	Object string `json:"object"`
	// Path is the property's. What is below it is meant too; empty, and with hidden always, it is the whole object.
	Path string `json:"path"`
	// As is missing (the default): in missingSet with a fault and an empty text; unset: in neither set; empty: an array without
	// elements; hidden: the object is in no answer, and in no array of references unless KeepReferences says so.
	As             string `json:"as"`
	KeepReferences bool   `json:"keep_references"`
	// Fault is NoPermission by default, of the privilege System.Read.
	Fault     string `json:"fault"`
	Privilege string `json:"privilege"`
	// After is a method: the rule is for what is read when it has been called since the rule was made.
	After string `json:"after,omitempty"`

	Hits  int `json:"hits"`
	awake bool
}

func (r *PropertyRule) complete() error {
	setDefault(&r.As, asMissing)
	setDefault(&r.Fault, "NoPermission")
	setDefault(&r.Privilege, readPrivilege)
	r.Hits, r.awake = 0, r.After == ""
	if !slices.Contains([]string{asMissing, asUnset, asEmpty, asHidden}, r.As) {
		return fmt.Errorf("as %q is none of missing, unset, empty, hidden", r.As)
	}
	if r.As == asHidden && r.Path != "" || r.As != asHidden && r.KeepReferences {
		return fmt.Errorf("hidden is for whole objects, without a path, and keep_references for hidden")
	}
	_, err := newFault(r.Fault, types.ManagedObjectReference{})
	return err
}

func (r *PropertyRule) covers(path string) bool {
	return r.As != asHidden && (r.Path == "" || r.Path == path || strings.HasPrefix(path, r.Path+"."))
}

func (r *PropertyRule) fault(ref types.ManagedObjectReference) types.LocalizedMethodFault {
	fault, _ := newFault(r.Fault, ref)
	switch each := fault.(type) {
	case *types.NoPermission:
		each.PrivilegeId = r.Privilege
	case *types.NotAuthenticated:
		each.PrivilegeId = r.Privilege
	}
	return types.LocalizedMethodFault{Fault: fault}
}

// propertyTable holds the rules; the first one that is for a property counts.
type propertyTable struct {
	sync.Mutex
	rules []*PropertyRule
}

func (t *propertyTable) add(rule *PropertyRule) {
	t.Lock()
	defer t.Unlock()
	t.rules = append(t.rules, rule)
}

// called wakes the rules that wait for a call.
func (t *propertyTable) called(method string) {
	t.Lock()
	defer t.Unlock()
	for _, rule := range t.rules {
		rule.awake = rule.awake || rule.After == method
	}
}

func (t *propertyTable) clear() {
	t.Lock()
	defer t.Unlock()
	t.rules = nil
}

func (t *propertyTable) any() bool {
	t.Lock()
	defer t.Unlock()
	return len(t.rules) > 0
}

func (t *propertyTable) list() []PropertyRule {
	t.Lock()
	defer t.Unlock()
	listed := []PropertyRule{}
	for _, rule := range t.rules {
		listed = append(listed, *rule)
	}
	return listed
}

// collector is the simulator's own.
type collector interface {
	RetrievePropertiesEx(*simulator.Context, *types.RetrievePropertiesEx) soap.HasFault
	ContinueRetrievePropertiesEx(*simulator.Context, *types.ContinueRetrievePropertiesEx) soap.HasFault
	RetrieveProperties(*simulator.Context, *types.RetrieveProperties) soap.HasFault
}

func collectorOf(ctx *simulator.Context, ref types.ManagedObjectReference) collector {
	return ctx.Session.Get(ref).(collector)
}

// RetrievePropertiesEx answers as the rules for properties say.
func (x *extension) RetrievePropertiesEx(ctx *simulator.Context, req *types.RetrievePropertiesEx) soap.HasFault {
	answer := collectorOf(ctx, req.This).RetrievePropertiesEx(ctx, req)
	if body, ok := answer.(*methods.RetrievePropertiesExBody); ok && body.Res != nil && body.Res.Returnval != nil {
		body.Res.Returnval.Objects = x.bent(ctx, body.Res.Returnval.Objects, req.SpecSet)
	}
	return answer
}

// ContinueRetrievePropertiesEx does so for further pages, of which only what is set is known.
func (x *extension) ContinueRetrievePropertiesEx(ctx *simulator.Context, req *types.ContinueRetrievePropertiesEx) soap.HasFault {
	answer := collectorOf(ctx, req.This).ContinueRetrievePropertiesEx(ctx, req)
	if body, ok := answer.(*methods.ContinueRetrievePropertiesExBody); ok && body.Res != nil {
		body.Res.Returnval.Objects = x.bent(ctx, body.Res.Returnval.Objects, nil)
	}
	return answer
}

// RetrieveProperties is the former of the two, with one page.
func (x *extension) RetrieveProperties(ctx *simulator.Context, req *types.RetrieveProperties) soap.HasFault {
	answer := collectorOf(ctx, req.This).RetrieveProperties(ctx, req)
	if body, ok := answer.(*methods.RetrievePropertiesBody); ok && body.Res != nil {
		body.Res.Returnval = x.bent(ctx, body.Res.Returnval, req.SpecSet)
	}
	return answer
}

// bent is an answer as the rules want it.
func (x *extension) bent(ctx *simulator.Context, objects []types.ObjectContent, specs []types.PropertyFilterSpec) []types.ObjectContent {
	table := &x.lab.properties
	table.Lock()
	defer table.Unlock()
	var kept []types.ObjectContent
	for _, each := range objects {
		if rule := x.hiding(ctx, table.rules, each.Obj); rule != nil {
			rule.Hits++
			continue
		}
		each = x.without(ctx, table.rules, each)
		kept = append(kept, x.ruled(ctx, table.rules, each, x.asked(ctx, each.Obj, specs)))
	}
	return kept
}

// hiding is the rule that hides an object.
func (x *extension) hiding(ctx *simulator.Context, rules []*PropertyRule, ref types.ManagedObjectReference) *PropertyRule {
	for _, rule := range rules {
		if rule.As == asHidden && x.selects(ctx, rule, ref) {
			return rule
		}
	}
	return nil
}

// without takes the references to hidden objects out of arrays.
func (x *extension) without(ctx *simulator.Context, rules []*PropertyRule, content types.ObjectContent) types.ObjectContent {
	content.PropSet = slices.Clone(content.PropSet)
	for i, each := range content.PropSet {
		if array, ok := each.Val.(types.ArrayOfManagedObjectReference); ok {
			left := slices.DeleteFunc(slices.Clone(array.ManagedObjectReference), func(ref types.ManagedObjectReference) bool {
				rule := x.hiding(ctx, rules, ref)
				return rule != nil && !rule.KeepReferences
			})
			content.PropSet[i].Val = types.ArrayOfManagedObjectReference{ManagedObjectReference: left}
		}
	}
	return content
}

// ruled applies the rules to the properties of one object: those that were asked for, and those that are set.
func (x *extension) ruled(ctx *simulator.Context, rules []*PropertyRule, content types.ObjectContent, asked []string) types.ObjectContent {
	var set []types.DynamicProperty
	for _, each := range content.PropSet {
		if !slices.Contains(asked, each.Name) {
			asked = append(asked, each.Name)
		}
	}
	for _, path := range asked {
		at := slices.IndexFunc(content.PropSet, func(each types.DynamicProperty) bool { return each.Name == path })
		index := slices.IndexFunc(rules, func(rule *PropertyRule) bool { return rule.covers(path) && x.selects(ctx, rule, content.Obj) })
		if index < 0 {
			if at >= 0 {
				set = append(set, content.PropSet[at])
			}
			continue
		}
		rules[index].Hits++
		switch rules[index].As {
		case asMissing:
			content.MissingSet = append(content.MissingSet, types.MissingProperty{Path: path, Fault: rules[index].fault(content.Obj)})
		case asEmpty:
			if at >= 0 {
				set = append(set, types.DynamicProperty{Name: path, Val: emptied(content.PropSet[at].Val)})
			}
		}
	}
	content.PropSet = set
	return content
}

// emptied is an array of the same type without elements; what is no array stays.
func emptied(value types.AnyType) types.AnyType {
	if kind := reflect.TypeOf(value); strings.HasPrefix(kind.Name(), "ArrayOf") {
		return reflect.Zero(kind).Interface()
	}
	return value
}

// asked are the paths that were asked for of an object.
func (x *extension) asked(ctx *simulator.Context, ref types.ManagedObjectReference, specs []types.PropertyFilterSpec) []string {
	var paths []string
	for _, filter := range specs {
		for _, spec := range filter.PropSet {
			if !isA(ctx, ref, spec.Type) {
				continue
			}
			for _, path := range spec.PathSet {
				if !slices.Contains(paths, path) {
					paths = append(paths, path)
				}
			}
		}
	}
	return paths
}

func (x *extension) selects(ctx *simulator.Context, rule *PropertyRule, ref types.ManagedObjectReference) bool {
	if !rule.awake {
		return false
	}
	named := rule.Object == "" || rule.Object == ref.Value || strings.EqualFold(rule.Object, x.name(ctx, ref))
	return named && (rule.Type == "" || isA(ctx, ref, rule.Type))
}

// isA says whether an object is of a type or of one that extends it: the simulator's types have those that they extend in them.
func isA(ctx *simulator.Context, ref types.ManagedObjectReference, kind string) bool {
	object := ctx.Map.Get(ref)
	if ref.Type == kind || object == nil {
		return ref.Type == kind
	}
	if _, ok := object.(mo.Entity); ok && kind == "ManagedEntity" {
		return true
	}
	field, ok := reflect.TypeOf(object).Elem().FieldByName(kind)
	return ok && field.Anonymous
}
