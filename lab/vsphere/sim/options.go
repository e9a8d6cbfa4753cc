// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"slices"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// hostOptions are some of the advanced options of ESXi 8, with the defaults that 8.0.1 and 8.0.3 show.
var hostOptions = []types.OptionDef{
	text("Annotations.WelcomeMessage", ""),
	text("Config.HostAgent.log.level", "info"),
	toggle("Config.HostAgent.plugins.solo.enableMob", false),
	text("DCUI.Access", "root"),
	number("Mem.ShareForceSalting", 0, 2, 2),
	number("Net.BlockGuestBPDU", 0, 1, 1),
	text("Net.DVFilterBindIpAddress", ""),
	number("Net.FollowHardwareMac", 0, 1, 1),
	number("Net.ReversePathFwdCheck", 0, 1, 1),
	number("Net.ReversePathFwdCheckPromisc", 0, 1, 0),
	number("Security.AccountLockFailures", 0, 100, 5),
	number("Security.AccountUnlockTime", 0, 3600, 900),
	number("Security.PasswordHistory", 0, 25, 0),
	text("Security.PasswordQualityControl", "retry=3 min=disabled,disabled,disabled,7,7"),
	text("Syslog.global.logHost", ""),
	number("UserVars.DcuiTimeOut", 0, 86400, 600),
	number("UserVars.ESXiShellInteractiveTimeOut", 0, 86400, 0),
	number("UserVars.ESXiShellTimeOut", 0, 86400, 0),
	number("UserVars.SuppressShellWarning", 0, 1, 0),
}

func option(key string, kind types.BaseOptionType) types.OptionDef {
	return types.OptionDef{ElementDescription: types.ElementDescription{Description: types.Description{Label: key, Summary: key}, Key: key}, OptionType: kind}
}

func number(key string, lowest, highest, value int64) types.OptionDef {
	return option(key, &types.LongOption{Min: lowest, Max: highest, DefaultValue: value})
}

func text(key, value string) types.OptionDef {
	return option(key, &types.StringOption{DefaultValue: value})
}

func toggle(key string, value bool) types.OptionDef {
	return option(key, &types.BoolOption{Supported: true, DefaultValue: value})
}

func defaultOptions() []types.BaseOptionValue {
	var values []types.BaseOptionValue
	for _, each := range hostOptions {
		values = append(values, &types.OptionValue{Key: each.Key, Value: defaultValue(each.OptionType)})
	}
	return values
}

func defaultValue(kind types.BaseOptionType) types.AnyType {
	switch each := kind.(type) {
	case *types.LongOption:
		return each.DefaultValue
	case *types.BoolOption:
		return each.DefaultValue
	}
	return kind.(*types.StringOption).DefaultValue
}

// fits says whether a value has the type of the option and lies in its range. ESXi takes no xsd:int for an xsd:long.
func fits(kind types.BaseOptionType, value types.AnyType) bool {
	switch each := kind.(type) {
	case *types.LongOption:
		found, ok := value.(int64)
		return ok && found >= each.Min && found <= each.Max
	case *types.BoolOption:
		_, ok := value.(bool)
		return ok
	}
	_, ok := value.(string)
	return ok
}

// QueryOptions returns an option or, of a name that ends with a dot, those below it; of no name, all.
func (x *extension) QueryOptions(ctx *simulator.Context, req *types.QueryOptions) soap.HasFault {
	host := x.hostOf(req.This)
	if fault := reachable(&host.HostSystem); fault != nil {
		return &methods.QueryOptionsBody{Fault_: soapFault(fault)}
	}
	response := new(types.QueryOptionsResponse)
	ctx.WithLock(host, func() {
		for _, each := range host.Config.Option {
			key := each.GetOptionValue().Key
			if req.Name == "" || key == req.Name || strings.HasSuffix(req.Name, ".") && strings.HasPrefix(key, req.Name) {
				response.Returnval = append(response.Returnval, each)
			}
		}
	})
	if len(response.Returnval) == 0 {
		return &methods.QueryOptionsBody{Fault_: soapFault(&types.InvalidName{Name: req.Name})}
	}
	return &methods.QueryOptionsBody{Res: response}
}

// UpdateOptions sets options, or none if one of them is refused.
func (x *extension) UpdateOptions(ctx *simulator.Context, req *types.UpdateOptions) soap.HasFault {
	host := x.hostOf(req.This)
	fault := reachable(&host.HostSystem)
	for i, each := range req.ChangedValue {
		if fault == nil {
			fault = checkOption(each.GetOptionValue(), req.ChangedValue[:i])
		}
	}
	if fault != nil {
		return &methods.UpdateOptionsBody{Fault_: soapFault(fault)}
	}
	ctx.WithLock(host, func() {
		values := slices.Clone(host.Config.Option)
		for _, each := range req.ChangedValue {
			changed := each.GetOptionValue()
			at := slices.IndexFunc(values, func(known types.BaseOptionValue) bool { return known.GetOptionValue().Key == changed.Key })
			values[at] = &types.OptionValue{Key: changed.Key, Value: changed.Value}
		}
		showOptions(ctx, host, values)
	})
	return &methods.UpdateOptionsBody{Res: new(types.UpdateOptionsResponse)}
}

func checkOption(value *types.OptionValue, others []types.BaseOptionValue) types.BaseMethodFault {
	at := slices.IndexFunc(hostOptions, func(known types.OptionDef) bool { return known.Key == value.Key })
	if at < 0 {
		return &types.InvalidName{Name: value.Key}
	}
	twice := slices.ContainsFunc(others, func(other types.BaseOptionValue) bool { return other.GetOptionValue().Key == value.Key })
	if twice || !fits(hostOptions[at].OptionType, value.Value) {
		return invalid(value.Key)
	}
	return nil
}

// showOptions shows the options in both places where the API has them. The caller holds the host's lock.
func showOptions(ctx *simulator.Context, host *simulator.HostSystem, values []types.BaseOptionValue) {
	manager := ctx.Map.Get(*host.ConfigManager.AdvancedOption).(*simulator.OptionManager)
	ctx.Update(host, []types.PropertyChange{{Name: "config.option", Val: values}, {Name: "config.optionDef", Val: hostOptions}})
	ctx.WithLock(manager, func() {
		ctx.Update(manager, []types.PropertyChange{{Name: "setting", Val: values}, {Name: "supportedOption", Val: hostOptions}})
	})
}
