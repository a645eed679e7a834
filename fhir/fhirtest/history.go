package fhirtest

import (
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// version is what a resource was at a time; without a body it was deleted.
type version struct {
	kind, id string
	body     json.RawMessage
	at       time.Time
}

// capabilities is the statement of a server as HAPI makes them, cut down to what is asked of it.
func (s *Server) capabilities() map[string]any {
	codes := []map[string]string{{"code": "read"}, {"code": "search-type"}}
	if s.History {
		codes = append(codes, map[string]string{"code": "history-type"}, map[string]string{"code": "history-instance"})
	}
	resources := []map[string]any{}
	for _, kind := range []string{"Practitioner", "PractitionerRole", "Organization", "Location"} {
		resources = append(resources, map[string]any{"type": kind, "interaction": codes})
	}
	return map[string]any{"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1", "rest": []map[string]any{{"mode": "server", "resource": resources}}}
}

// history answers the versions of a type, or of one resource, newest first.
func (s *Server) history(w http.ResponseWriter, r *http.Request, kind, id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	since, _ := time.Parse(time.RFC3339, q.Get("_since")) // without one: all
	var all []map[string]any
	for _, v := range slices.Backward(s.past) {
		if v.kind != kind || id != "" && v.id != id || v.at.Before(since) {
			continue
		}
		e := map[string]any{"fullUrl": s.Base() + "/" + v.kind + "/" + v.id, "request": map[string]string{"method": "PUT", "url": v.kind + "/" + v.id}}
		if v.body == nil {
			e["request"] = map[string]string{"method": "DELETE", "url": v.kind + "/" + v.id + "/_history/2"}
		} else {
			e["resource"] = v.body
		}
		all = append(all, e)
	}
	count, offset := number(q.Get("_count"), 50), number(q.Get("_offset"), 0)
	bundle := map[string]any{"resourceType": "Bundle", "type": "history", "total": len(all), "entry": all[min(offset, len(all)):min(offset+count, len(all))]}
	s.link(bundle, r.URL, offset+count, len(all))
	s.write(w, r, bundle)
}
