// SPDX-FileCopyrightText: 2026 virtnet.hardening contributors
// SPDX-License-Identifier: GPL-3.0-or-later

package sim

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// maxLogged bounds the memory of the log; the counters go on.
const maxLogged = 200_000

// Call is one round trip to the API.
type Call struct {
	Method string `json:"method"`
	Object string `json:"object"`
	Host   string `json:"host,omitempty"`
	// Command is that of esxcli, for instance software.vib.list.
	Command string `json:"command,omitempty"`
	// Start is in milliseconds since the last reset, Time in milliseconds.
	Start  float64 `json:"start_ms"`
	Time   float64 `json:"time_ms"`
	Status int     `json:"status"`
}

// Latency is how long calls take at least, in milliseconds.
type Latency struct {
	All     int            `json:"ms"`
	Methods map[string]int `json:"methods"`
	// Tasks is how long the tasks of distributed switches and of hosts run.
	Tasks int `json:"tasks_ms"`
	// Restart is how long a host is away.
	Restart int `json:"restart_ms"`
	// Cancel is how long such a task goes on when it has been cancelled; -1: to its own end.
	Cancel int `json:"cancel_ms"`
}

// Counters are what has been called since the last reset.
type Counters struct {
	Total   int            `json:"total"`
	Faults  int            `json:"faults"`
	Methods map[string]int `json:"methods"`
	// Peak is the largest number of calls under way at the same time, of all methods and of each.
	Peak        int            `json:"peak"`
	PeakMethods map[string]int `json:"peak_methods"`
	Log         []Call         `json:"log,omitempty"`
}

type callLog struct {
	sync.Mutex
	latency  Latency
	counters Counters
	since    time.Time
	under    map[string]int
	running  int
}

func newCallLog() *callLog {
	log := &callLog{under: map[string]int{}}
	log.reset()
	return log
}

func (c *callLog) reset() {
	c.Lock()
	defer c.Unlock()
	c.counters = Counters{Methods: map[string]int{}, PeakMethods: map[string]int{}}
	c.since = time.Now()
}

func (c *callLog) setLatency(latency Latency) {
	c.Lock()
	defer c.Unlock()
	c.latency = latency
}

func (c *callLog) delay(method string) time.Duration {
	c.Lock()
	defer c.Unlock()
	return time.Duration(c.latency.All+c.latency.Methods[method]) * time.Millisecond
}

func (c *callLog) taskDelay() time.Duration {
	c.Lock()
	defer c.Unlock()
	return time.Duration(c.latency.Tasks) * time.Millisecond
}

// cancelDelay is negative where no task minds that it is cancelled.
func (c *callLog) cancelDelay() time.Duration {
	c.Lock()
	defer c.Unlock()
	return time.Duration(c.latency.Cancel) * time.Millisecond
}

func (c *callLog) restartTime() time.Duration {
	c.Lock()
	defer c.Unlock()
	return time.Duration(c.latency.Restart) * time.Millisecond
}

// snapshot copies the counters, with the log only if it is wanted.
func (c *callLog) snapshot(withLog bool) Counters {
	c.Lock()
	defer c.Unlock()
	copied := c.counters
	copied.Methods, copied.PeakMethods, copied.Log = maps.Clone(copied.Methods), maps.Clone(copied.PeakMethods), nil
	if withLog {
		copied.Log = slices.Clone(c.counters.Log)
	}
	return copied
}

func (c *callLog) begin(method string) {
	c.Lock()
	defer c.Unlock()
	c.counters.Total++
	c.counters.Methods[method]++
	c.running++
	c.under[method]++
	c.counters.Peak = max(c.counters.Peak, c.running)
	c.counters.PeakMethods[method] = max(c.counters.PeakMethods[method], c.under[method])
}

func (c *callLog) end(call Call, began time.Time) {
	c.Lock()
	defer c.Unlock()
	c.running--
	c.under[call.Method]--
	if call.Status != http.StatusOK {
		c.counters.Faults++
	}
	call.Start, call.Time = milliseconds(began.Sub(c.since)), milliseconds(time.Since(began))
	if len(c.counters.Log) < maxLogged {
		c.counters.Log = append(c.counters.Log, call)
	}
}

func milliseconds(duration time.Duration) float64 { return float64(duration.Microseconds()) / 1000 }

// answerWriter keeps the answer to a call until it is complete.
type answerWriter struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *answerWriter) WriteHeader(status int) { w.status = status }

func (w *answerWriter) Write(part []byte) (int, error) { return w.body.Write(part) }

// faultElement is the element with which the simulator says the type of a fault.
var faultElement = regexp.MustCompile(`<detail><(\w+)Fault `)

// taskMessage is what the simulator says of a task that failed.
var taskMessage = regexp.MustCompile(`<localizedMessage>\*types\.(\w+)</localizedMessage>`)

// send gives a fault without a text, of a call or of a task, the sentence that a vCenter has for it.
func (w *answerWriter) send() {
	body := w.body.Bytes()
	if found := faultElement.FindSubmatch(body); w.status == http.StatusInternalServerError && found != nil {
		text := []byte("<faultstring>" + sentenceOf(string(found[1])) + "</faultstring>")
		body = bytes.Replace(body, []byte("<faultstring></faultstring>"), text, 1)
	}
	body = taskMessage.ReplaceAllFunc(body, func(element []byte) []byte {
		name := taskMessage.FindSubmatch(element)[1]
		return []byte("<localizedMessage>" + sentenceOf(string(name)) + "</localizedMessage>")
	})
	w.ResponseWriter.WriteHeader(w.status)
	_, _ = w.ResponseWriter.Write(body)
}

// bend makes it the answer of a server that has nothing to tell, or does not tell one thing.
func (w *answerWriter) bend(method string, rule *Rule) {
	if rule.Action == actionCut {
		whole := bytes.Clone(w.body.Bytes())
		w.body.Reset()
		w.body.Write(cut(whole, strings.Split(rule.Element, "/")))
		return
	}
	w.body.Reset()
	fmt.Fprintf(&w.body, emptyAnswer, strings.TrimSuffix(method, "_Task"))
}

// cut is a document without the elements whose path ends so. The rest stays byte for byte.
func cut(document []byte, path []string) []byte {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	var kept []byte
	var open []string
	from := int64(0)
	for {
		before := decoder.InputOffset()
		token, err := decoder.Token()
		if err != nil {
			return append(kept, document[from:]...)
		}
		switch each := token.(type) {
		case xml.StartElement:
			open = append(open, each.Name.Local)
			if len(open) < len(path) || !slices.Equal(open[len(open)-len(path):], path) {
				continue
			}
			if decoder.Skip() != nil {
				return document
			}
			open = open[:len(open)-1]
			kept, from = append(kept, document[from:before]...), decoder.InputOffset()
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

const emptyAnswer = `<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>` +
	`<%sResponse xmlns="urn:vim25"></%[1]sResponse></soapenv:Body></soapenv:Envelope>`

// watch counts the calls that pass through it.
func (l *Lab) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		call := Call{Method: r.Method + " " + r.URL.Path}
		var this types.ManagedObjectReference
		if r.Method == http.MethodPost {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 64<<20))
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			body = asRead.replace(body)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
			var kind string
			if kind, this = soapMethod(body); kind != "" {
				call.Method, call.Object = kind, this.Value
				call.Command = esxcliCommand(kind, body)
			}
		}
		began := time.Now()
		l.calls.begin(call.Method)
		// The status stays 0 if there is no answer.
		defer func() { l.calls.end(call, began) }()
		if call.Object == "" {
			// Of the API's calls handle takes care, which knows the session.
			time.Sleep(l.calls.delay(call.Method))
		}
		defer func() {
			l.rules.called(call.Method)
			l.properties.called(call.Method)
		}()
		if l.away.Load() {
			panic(http.ErrAbortHandler)
		}
		call.Host = l.extension.ownerName(call.Object)
		writer := &answerWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(writer, r)
		rule := l.rules.match(call.Method, call.Host, l.extension.name(l.context(), this), true)
		if rule != nil && rule.Action == actionLose {
			lose(w, rule)
			call.Status = rule.Status
			return
		}
		if rule != nil && writer.status == http.StatusOK {
			writer.bend(call.Method, rule)
		}
		if r.Method == http.MethodPost {
			body := asWritten.replace(writer.body.Bytes())
			writer.body.Reset()
			writer.body.Write(body)
		}
		call.Status = writer.status
		writer.send()
	})
}

// wording is what is written in place of something else.
type wording [][2]string

var (
	// A client may name the type of a switch, or the one that it extends.
	asRead = wording{{` type="Vmware` + switchType + `"`, ` type="` + switchType + `"`}, {`>Vmware` + switchType + `<`, `>` + switchType + `<`}}
	// The text of a fault in missingSet is empty, and not left out.
	asWritten = wording{
		{` type="` + switchType + `"`, ` type="Vmware` + switchType + `"`},
		{`</fault></fault></missingSet>`, `</fault><localizedMessage></localizedMessage></fault></missingSet>`},
	}
)

func (w wording) replace(text []byte) []byte {
	for _, each := range w {
		text = bytes.ReplaceAll(text, []byte(each[0]), []byte(each[1]))
	}
	return text
}

// lose keeps the answer to a call that was carried out from its client: the connection ends, or a proxy on the way answers.
func lose(w http.ResponseWriter, rule *Rule) {
	if rule.Status == 0 {
		panic(http.ErrAbortHandler)
	}
	http.Error(w, http.StatusText(rule.Status), rule.Status)
}

var esxcliMethod = regexp.MustCompile(`<method[^>]*>vim\.EsxCLI\.([\w.]+)</method>`)

func esxcliCommand(method string, body []byte) string {
	if found := esxcliMethod.FindSubmatch(body); method == "ExecuteSoap" && found != nil {
		return string(found[1])
	}
	return ""
}

// soapMethod reads the name of a call and its object from a SOAP message.
func soapMethod(body []byte) (string, types.ManagedObjectReference) {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	method, inBody := "", false
	var this types.ManagedObjectReference
	for {
		token, err := decoder.Token()
		if err != nil {
			return method, this
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case start.Name.Local == "Body":
			inBody = true
		case inBody && method == "":
			method = start.Name.Local
		case inBody:
			if start.Name.Local == "_this" && decoder.DecodeElement(&this, &start) != nil {
				this = types.ManagedObjectReference{}
			}
			return method, this
		}
	}
}
