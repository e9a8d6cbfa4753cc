// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
)

// control answers below /lab/: what the tests ask of the simulator itself. It takes the user and password of the API.
func (l *Lab) control(user, password string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /lab/calls", answer(func(r *http.Request) (any, error) { return l.calls.snapshot(r.URL.Query().Get("log") != ""), nil }))
	mux.HandleFunc("POST /lab/calls/reset", answer(func(*http.Request) (any, error) {
		l.calls.reset()
		return nil, nil
	}))
	mux.HandleFunc("POST /lab/latency", answer(l.latencyRequest))
	mux.HandleFunc("POST /lab/faults", answer(l.faultRequest))
	mux.HandleFunc("GET /lab/faults", answer(func(*http.Request) (any, error) { return l.rules.list(), nil }))
	mux.HandleFunc("DELETE /lab/faults", answer(func(*http.Request) (any, error) {
		l.rules.clear()
		return nil, nil
	}))
	mux.HandleFunc("POST /lab/properties", answer(l.propertyRequest))
	mux.HandleFunc("GET /lab/properties", answer(func(*http.Request) (any, error) { return l.properties.list(), nil }))
	mux.HandleFunc("DELETE /lab/properties", answer(func(*http.Request) (any, error) {
		l.properties.clear()
		return nil, nil
	}))
	mux.HandleFunc("POST /lab/sessions/drop", answer(func(*http.Request) (any, error) { return map[string]int{"dropped": l.dropSessions()}, nil }))
	mux.HandleFunc("POST /lab/host", answer(l.hostRequest))
	mux.HandleFunc("POST /lab/bump", answer(l.bumpRequest))
	mux.HandleFunc("POST /lab/version", answer(l.versionRequest))
	mux.HandleFunc("POST /lab/datastore", answer(l.datastoreRequest))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		givenUser, givenPassword, _ := r.BasicAuth()
		if subtle.ConstantTimeCompare([]byte(givenUser+"\x00"+givenPassword), []byte(user+"\x00"+password)) != 1 {
			http.Error(w, "user or password is wrong", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func answer(work func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		result, err := work(r)
		w.Header().Set("Content-Type", "application/json")
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
			result = map[string]string{"error": err.Error()}
		}
		if result == nil {
			result = map[string]bool{"ok": true}
		}
		_ = json.NewEncoder(w).Encode(result)
	}
}

func decode(r *http.Request, into any) error {
	decoder := json.NewDecoder(io.LimitReader(r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("the request is not understood: %w", err)
	}
	return nil
}

func (l *Lab) latencyRequest(r *http.Request) (any, error) {
	var latency Latency
	if err := decode(r, &latency); err != nil {
		return nil, err
	}
	if latency.All < 0 || latency.Tasks < 0 || latency.Restart < 0 || latency.Cancel < -1 {
		return nil, errors.New("a latency is at least 0 ms, or for cancel_ms -1")
	}
	l.calls.setLatency(latency)
	return nil, nil
}

func (l *Lab) faultRequest(r *http.Request) (any, error) {
	rule := new(Rule)
	if err := decode(r, rule); err != nil {
		return nil, err
	}
	if err := rule.complete(); err != nil {
		return nil, err
	}
	if rule.Host != "" && l.findHost(rule.Host) == nil {
		return nil, fmt.Errorf("there is no host %q", rule.Host)
	}
	l.rules.add(rule)
	return rule, nil
}

func (l *Lab) propertyRequest(r *http.Request) (any, error) {
	rule := new(PropertyRule)
	if err := decode(r, rule); err != nil {
		return nil, err
	}
	if err := rule.complete(); err != nil {
		return nil, err
	}
	l.properties.add(rule)
	return rule, nil
}

func (l *Lab) hostRequest(r *http.Request) (any, error) {
	var wanted struct {
		Host  string `json:"host"`
		State string `json:"state"`
	}
	if err := decode(r, &wanted); err != nil {
		return nil, err
	}
	host := l.findHost(wanted.Host)
	if host == nil {
		return nil, fmt.Errorf("there is no host %q", wanted.Host)
	}
	check := Rule{Action: actionHost, State: wanted.State}
	if err := check.complete(); err != nil {
		return nil, err
	}
	l.setHostState(host, wanted.State)
	return nil, nil
}

func (l *Lab) versionRequest(r *http.Request) (any, error) {
	var wanted struct {
		Host    string `json:"host"`
		Version string `json:"version"`
	}
	if err := decode(r, &wanted); err != nil {
		return nil, err
	}
	host := l.findHost(wanted.Host)
	if host == nil || !hostVersion.MatchString(wanted.Version) {
		return nil, fmt.Errorf("there is no host %q, or %q is not of the form 6.7.0", wanted.Host, wanted.Version)
	}
	l.setHostVersion(host, wanted.Version)
	return nil, nil
}

var hostVersion = regexp.MustCompile(`^\d\.\d\.\d$`)

func (l *Lab) datastoreRequest(r *http.Request) (any, error) {
	var wanted struct {
		Name       string `json:"name"`
		Accessible bool   `json:"accessible"`
	}
	if err := decode(r, &wanted); err != nil {
		return nil, err
	}
	if !l.setAccessible(wanted.Name, wanted.Accessible) {
		return nil, fmt.Errorf("there is no datastore %q", wanted.Name)
	}
	return nil, nil
}

func (l *Lab) bumpRequest(r *http.Request) (any, error) {
	var wanted struct {
		// Object is the name or the reference's value of a distributed switch or group, or "port KEY".
		Object string `json:"object"`
		Times  int    `json:"times"`
	}
	if err := decode(r, &wanted); err != nil {
		return nil, err
	}
	if wanted.Object == "" || wanted.Times < 0 {
		return nil, errors.New("an object and a number of times, 1 by default, are needed")
	}
	if wanted.Times == 0 {
		wanted.Times = 1
	}
	l.bumps.set(wanted.Object, wanted.Times)
	return nil, nil
}
