// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/vmware/govmomi/vim25/types"
)

const (
	actionFault        = "fault"
	actionClose        = "close"
	actionLose         = "lose"
	actionEmpty        = "empty"
	actionCut          = "cut"
	actionDropSessions = "drop_sessions"
	actionHost         = "host"

	inCall = "call"
	inTask = "task"

	stateMaintenance = "maintenance"
)

// hostStates are what a host can be made to look like.
var hostStates = []string{
	string(types.HostSystemConnectionStateConnected), string(types.HostSystemConnectionStateDisconnected),
	string(types.HostSystemConnectionStateNotResponding), stateMaintenance,
}

// Rule makes a call go wrong: call number Call of those that match, and Times-1 more after it.
type Rule struct {
	// Method, Host and Object select calls; empty selects all. Object is a name in the inventory or a reference's value.
	Method string `json:"method"`
	Host   string `json:"host"`
	Object string `json:"object"`
	// Call counts from 1, which is the default, from the moment when the rule is made; Times is 1 by default, -1 for ever.
	Call  int `json:"call"`
	Times int `json:"times"`
	// Action is fault (the default), close (the connection, without an answer: the call is not carried out), lose (the call is carried
	// out, and its answer lost), empty (it is carried out, and the answer has nothing in it), cut (it is carried out, and the answer
	// lacks an element), drop_sessions or host.
	Action string `json:"action"`
	// Status is that of the answer which a proxy gives in place of the one that is lost; without it the connection ends.
	Status int `json:"status,omitempty"`
	// Fault is the name of a fault of the API; In says where it shows, in the call or in the task that it makes.
	Fault   string `json:"fault"`
	Message string `json:"message"`
	In      string `json:"in"`
	// State is what the host of the call becomes.
	State string `json:"state"`
	// Element is what an answer lacks: the last names of its path, as in defaultPortConfig/vlan.
	Element string `json:"element,omitempty"`
	// After is a method: calls count when it has been called since the rule was made.
	After string `json:"after,omitempty"`

	Seen  int `json:"seen"`
	Hits  int `json:"hits"`
	awake bool
}

// complete fills in defaults and refuses what could never happen.
func (r *Rule) complete() error {
	setDefault(&r.Action, actionFault)
	setDefault(&r.In, inCall)
	if r.Call == 0 {
		r.Call = 1
	}
	if r.Times == 0 {
		r.Times = 1
	}
	r.Seen, r.Hits, r.awake = 0, 0, r.After == ""
	switch r.Action {
	case actionFault:
		if _, err := newFault(r.Fault, types.ManagedObjectReference{}); err != nil {
			return err
		}
	case actionHost:
		if !slices.Contains(hostStates, r.State) {
			return fmt.Errorf("state %q is none of %s", r.State, strings.Join(hostStates, ", "))
		}
	case actionClose, actionLose, actionEmpty, actionCut, actionDropSessions:
	default:
		return fmt.Errorf("action %q is none of fault, close, lose, empty, cut, drop_sessions, host", r.Action)
	}
	if (r.Element == "") == (r.Action == actionCut) {
		return fmt.Errorf("element %q is not possible for the action %s; it is for cut", r.Element, r.Action)
	}
	if r.Status != 0 && (r.Action != actionLose || r.Status < 400 || r.Status > 599 || r.Status == http.StatusInternalServerError) {
		return fmt.Errorf("status %d is not possible; it is for the action lose, 400 to 599 but 500", r.Status)
	}
	if r.In == inTask && (!isExtended(r.Method) || !strings.HasSuffix(r.Method, "_Task")) || r.In != inTask && r.In != inCall {
		return fmt.Errorf("in %q is not possible for method %q; task is for the _Task methods of distributed switches and hosts", r.In, r.Method)
	}
	if r.Call < 1 || r.Times < -1 {
		return fmt.Errorf("call %d, times %d is not possible; call counts from 1, times is at least 1, or -1 for ever", r.Call, r.Times)
	}
	return nil
}

func isExtended(method string) bool {
	for _, methods := range extended {
		if slices.Contains(methods, method) {
			return true
		}
	}
	return false
}

func setDefault(field *string, value string) {
	if *field == "" {
		*field = value
	}
}

func (r *Rule) selects(method, host, object string) bool {
	return r.awake && (r.Method == "" || r.Method == method) && (r.Host == "" || strings.EqualFold(r.Host, host)) && (r.Object == "" || r.Object == object)
}

// ruleTable holds the rules in the order in which they were made.
type ruleTable struct {
	sync.Mutex
	rules []*Rule
}

// done says whether a rule is about the answer to a call that has been carried out.
func (r *Rule) done() bool {
	return slices.Contains([]string{actionLose, actionEmpty, actionCut}, r.Action)
}

// match counts a call for all rules that select it, and returns the first whose turn has come. Those that are about the answer are
// asked for when the call has been carried out, the others before.
func (t *ruleTable) match(method, host, object string, done bool) *Rule {
	t.Lock()
	defer t.Unlock()
	var due *Rule
	for _, rule := range t.rules {
		if rule.done() != done || !rule.selects(method, host, object) {
			continue
		}
		rule.Seen++
		if due == nil && rule.Seen >= rule.Call && (rule.Times < 0 || rule.Hits < rule.Times) {
			rule.Hits++
			due = rule
		}
	}
	return due
}

// called wakes the rules that wait for a call.
func (t *ruleTable) called(method string) {
	t.Lock()
	defer t.Unlock()
	for _, rule := range t.rules {
		rule.awake = rule.awake || rule.After == method
	}
}

func (t *ruleTable) add(rule *Rule) {
	t.Lock()
	defer t.Unlock()
	t.rules = append(t.rules, rule)
}

func (t *ruleTable) clear() {
	t.Lock()
	defer t.Unlock()
	t.rules = nil
}

func (t *ruleTable) list() []Rule {
	t.Lock()
	defer t.Unlock()
	listed := []Rule{}
	for _, rule := range t.rules {
		listed = append(listed, *rule)
	}
	return listed
}

// bumpTable says whose configVersion somebody else is to change just before the next reconfiguration, and how often.
type bumpTable struct {
	sync.Mutex
	left map[string]int
}

func (t *bumpTable) set(name string, times int) {
	t.Lock()
	defer t.Unlock()
	t.left[name] = times
}

func (t *bumpTable) take(names ...string) bool {
	t.Lock()
	defer t.Unlock()
	for _, name := range names {
		if t.left[name] > 0 {
			t.left[name]--
			return true
		}
	}
	return false
}
