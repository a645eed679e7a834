package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// console is the administrator's side of the hub, over its API.
type console struct {
	base, cookie string
	client       http.Client
}

func newConsole(addr, token string) *console {
	return &console{base: "http://" + addr, cookie: "__Host-wardline-console=" + token, client: http.Client{Timeout: importTimeout}}
}

const noRevision = -1

// do sends in as JSON and reads the answer into out. revision is the If-Match of a write
// that replaces something, noRevision for any other request.
func (c *console) do(ctx context.Context, method, path string, revision int, in, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode request: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("build request: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", c.base)
	req.Header.Set("Cookie", c.cookie)
	if revision != noRevision {
		req.Header.Set("If-Match", strconv.Quote(strconv.Itoa(revision)))
	}
	res, err := c.client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the console: %w", err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return fmt.Errorf("read the console's answer: %w", err)
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %d %s", method, path, res.StatusCode, answer)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// addConnector makes a connector and returns its id.
func (c *console) addConnector(ctx context.Context, kind, name string, config map[string]any) (string, error) {
	var made struct{ ID string }
	err := c.do(ctx, "POST", "/connectors", noRevision, map[string]any{"kind": kind, "name": name, "enabled": true, "config": config}, &made)
	return made.ID, err
}

// addToken makes an API token of a connector.
func (c *console) addToken(ctx context.Context, connector string) (string, error) {
	var made struct{ Token string }
	err := c.do(ctx, "POST", "/connectors/"+connector+"/tokens", noRevision,
		map[string]any{"name": "bench", "scopes": []string{"trigger", "resolve", "status"}, "wards": []string{}}, &made)
	return made.Token, err
}

// writeRules replaces the rules by one that reaches whoever is on duty on the alert's ward
// and waits so long that no escalation runs into a measurement.
func (b *bench) writeRules(ctx context.Context) error {
	var now struct{ Revision int }
	if err := b.admin.do(ctx, "GET", "/rules", noRevision, nil, &now); err != nil {
		return err
	}
	rule := map[string]any{
		"id": newID(), "name": "Alle", "enabled": true, "catch_all": true, "match": map[string]any{},
		"policy": map[string]any{"need": 1, "accept_seconds": 0, "max_seconds": 604800,
			"steps": []any{map[string]any{"seconds": 86400, "targets": []any{map[string]any{"kind": "duty"}}}}},
	}
	return b.admin.do(ctx, "PUT", "/rules", now.Revision, map[string]any{"items": []any{rule}}, nil)
}
