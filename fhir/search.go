package fhir

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Query is one search.
type Query struct {
	Kind   string // "Practitioner"
	Params url.Values
	// History asks for the versions of a type, or of one resource ("Practitioner/7"), newest
	// first, instead of a search: a deletion is an entry with the method DELETE and without a
	// resource (FHIR R4, RESTful API, history).
	History bool
	// Keep remembers each page with its ETag and asks for it only where it has changed: for
	// what is needed in every pass and rarely new.
	Keep bool
	// AnyTotal accepts a search that ends with fewer resources than its first page promised,
	// for servers that cannot count.
	AnyTotal bool
}

// Found is what is known at the end of a search.
type Found struct {
	Pages int
	Count int       // different resources of the kind
	Date  time.Time // the server's clock when it began; zero where it told none
}

// Search reads every page of a search and hands each over. A nil error means that the server
// itself said that there is no more: the last page had no next link, and as much came as
// was promised. each's error ends the search and is returned as it is.
func (c *Client) Search(ctx context.Context, q Query, each func(Bundle) error) (Found, error) {
	u := c.base.JoinPath(q.Kind)
	w := &walk{seen: map[string]bool{}, ids: map[string]bool{}, kind: q.Kind, of: "searchset"}
	if q.History {
		u, w.of = u.JoinPath("_history"), "history"
	}
	u.RawQuery = q.Params.Encode()
	for {
		if w.Pages++; w.Pages > c.maxPages {
			return w.Found, fail(TooManyPages, "", fmt.Sprintf("more than %d pages", c.maxPages))
		}
		w.seen[u.String()] = true
		b, date, err := c.page(ctx, u, q.Keep)
		if err != nil {
			return w.Found, w.at(err)
		}
		if w.Date.IsZero() {
			w.Date = date
		}
		if err := w.take(b); err != nil {
			return w.Found, err
		}
		if err := each(b); err != nil {
			return w.Found, err
		}
		if b.Next == "" {
			return w.Found, w.end(q.AnyTotal || q.History)
		}
		if u, err = c.follow(u, b.Next); err == nil && w.seen[u.String()] {
			err = fail(PageLoop, "", "the next page is one that was read")
		}
		if err != nil {
			return w.Found, w.at(err)
		}
	}
}

// walk is a search under way.
type walk struct {
	Found
	kind  string
	of    string // type of the bundles
	seen  map[string]bool
	ids   map[string]bool
	total *int
}

// at adds the page to an error of ours.
func (w *walk) at(err error) error {
	var e *Error
	if errors.As(err, &e) {
		at := *e
		at.Where = strings.TrimSpace(fmt.Sprintf("%s page %d %s", w.kind, w.Pages, e.Where))
		return &at
	}
	return err
}

// take counts what a page holds and refuses one with an error in it.
func (w *walk) take(b Bundle) error {
	if b.Type != w.of {
		return w.at(fail(Malformed, "Bundle.type", "a "+w.of+" was expected"))
	}
	if w.total == nil {
		w.total = b.Total
	}
	for _, e := range b.Entries {
		for _, issue := range e.Issues {
			if issue.Severity == "error" || issue.Severity == "fatal" {
				return w.at(fail(ServerFailed, "", "the page holds an OperationOutcome with an error"))
			}
		}
		if e.Any.Type == w.kind && e.Mode != "include" && e.Mode != "outcome" {
			id := e.Any.ID
			if id == "" {
				id = e.FullURL
			}
			w.ids[id] = true
		}
	}
	w.Count = len(w.ids)
	return nil
}

// end compares with what was promised. A server that is short of people without saying so is
// not one whose people have left.
func (w *walk) end(anyTotal bool) error {
	if w.total != nil && *w.total > w.Count && !anyTotal {
		return w.at(fail(EndedEarly, "Bundle.total", fmt.Sprintf("%d of %d resources came", w.Count, *w.total)))
	}
	return nil
}

// follow resolves a next link, which must stay on the server: the link is content, and the
// token goes with the request.
func (c *Client) follow(from *url.URL, link string) (*url.URL, error) {
	u, err := from.Parse(link)
	if err != nil {
		return nil, fail(Malformed, "Bundle.link", "this is no address")
	}
	if u.Scheme != c.base.Scheme || origin(u) != origin(c.base) || u.User != nil {
		return nil, fail(ForeignLink, "Bundle.link", "the next page lies on another server than base_url names")
	}
	u.Fragment = ""
	return u, nil
}

// origin is host and port in one spelling.
func origin(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"https": "443", "http": "80"}[u.Scheme]
	}
	return strings.ToLower(u.Hostname()) + ":" + port
}

// page fetches one page, or takes the kept one where the server says that it is the same.
func (c *Client) page(ctx context.Context, u *url.URL, keep bool) (Bundle, time.Time, error) {
	known, has := keptPage{}, false
	if keep {
		known, has = c.kept.get(u.String())
	}
	a, err := c.get(ctx, u, known.etag)
	if err != nil {
		return Bundle{}, time.Time{}, err
	}
	if a.status == http.StatusNotModified {
		if !has {
			return Bundle{}, time.Time{}, fail(Malformed, "", "not modified, but nothing is known")
		}
		return known.bundle, a.date, nil
	}
	b, err := c.parser.Bundle(a.body)
	if err == nil && keep && a.etag != "" {
		c.kept.put(u.String(), keptPage{a.etag, b, len(a.body)})
	}
	return b, a.date, err
}

// kept are pages that were told to be kept, up to a bound: when it is reached all are
// forgotten and fetched again.
type kept struct {
	mu    sync.Mutex
	pages map[string]keptPage
	size  int
}

type keptPage struct {
	etag   string
	bundle Bundle
	size   int
}

const maxKept = 32 << 20

func (k *kept) get(u string) (keptPage, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	p, ok := k.pages[u]
	return p, ok
}

func (k *kept) put(u string, p keptPage) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.size += p.size - k.pages[u].size
	if k.pages == nil || k.size > maxKept {
		k.pages, k.size = map[string]keptPage{}, p.size
	}
	k.pages[u] = p
}
