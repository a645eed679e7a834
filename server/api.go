package server

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/wardline/wardline/accounts"
)

const apiRoot = "/api/v1"

// Some input types are exported although nothing outside uses them: the framework does not
// see the fields of embedded types that are not.

// api is the documented part of a listener.
type api struct {
	*edge
	huma   huma.API
	routes []route          // in the order of registration, for the tests that walk all of them
	limits map[string]int64 // bytes of a request by operation, where it is not maxBody
}

// route describes one operation.
type route struct {
	method, path string
	id           string // operationId
	summary      string
	need         access
	status       int // of success; 200 unless given, 204 without a body
}

// none is the body of an answer without one.
type none struct{}

// reply is an answer with a body.
type reply[T any] struct{ Body T }

// tagged is an answer with a body that has a revision, which If-Match must name to replace it.
type tagged[T any] struct {
	ETag string `header:"ETag"`
	Body T
}

// IfMatch is the revision a client has seen. It is required: without it one administrator
// would overwrite another.
type IfMatch struct {
	ETag string `header:"If-Match" required:"true" maxLength:"22" doc:"ETag of the revision that is to be replaced."`
}

func (m IfMatch) revision() (int, error) {
	s, err := strconv.Unquote(m.ETag)
	if err != nil {
		s = m.ETag
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0, problem(http.StatusPreconditionFailed, "stale")
	}
	return n, nil
}

func newTagged[T any](revision int, body T) *tagged[T] {
	return &tagged[T]{ETag: strconv.Quote(strconv.Itoa(revision)), Body: body}
}

// newAPI builds the OpenAPI side of an edge. Nothing in it is global: the framework's own
// error type is replaced on the way out, see transform.
func newAPI(e *edge, title string) *api {
	jsonFormat := huma.Format{
		Marshal:   func(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) },
		Unmarshal: readJSON,
	}
	a := &api{edge: e, limits: map[string]int64{}}
	config := huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI:    "3.1.0",
			Info:       &huma.Info{Title: title, Version: "v1", Description: "Errors are application/problem+json with a stable code."},
			Components: &huma.Components{Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)},
		},
		OpenAPIPath:                  apiRoot + "/openapi",
		Formats:                      map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{a.transform},
	}
	config.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"session": {Type: "apiKey", In: "cookie", Name: e.cookie()}}
	a.huma = humagin.New(e.engine, config)
	a.docs(title)
	return a
}

// handle registers an operation. The handler finds the session by caller(ctx).
func handle[I, O any](a *api, r route, f func(context.Context, *I) (O, error)) {
	_, empty := any(*new(O)).(none)
	if r.status == 0 && empty {
		r.status = http.StatusNoContent
	}
	if empty {
		register(a, r, func(ctx context.Context, in *I) (*struct{}, error) {
			_, err := f(ctx, in)
			return nil, err
		})
		return
	}
	register(a, r, func(ctx context.Context, in *I) (*reply[O], error) {
		out, err := f(ctx, in)
		if err != nil {
			return nil, err
		}
		return &reply[O]{out}, nil
	})
}

// register is handle for answers with headers of their own.
func register[I, O any](a *api, r route, f func(context.Context, *I) (*O, error)) {
	a.routes = append(a.routes, r)
	huma.Register(a.huma, a.operation(r), func(ctx context.Context, in *I) (*O, error) {
		out, err := f(ctx, in)
		if err == nil {
			return out, nil
		}
		p := problemOf(err)
		if c, ok := ctx.Value(ginKey{}).(*gin.Context); ok {
			a.note(c, p)
		}
		return nil, p
	})
}

func (a *api) operation(r route) huma.Operation {
	limit := int64(maxBody)
	if l, ok := a.limits[r.id]; ok {
		limit = l
	}
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: apiRoot + r.path, Summary: r.summary,
		DefaultStatus: r.status, MaxBodyBytes: limit, BodyReadTimeout: 10 * time.Second,
		Middlewares: huma.Middlewares{a.admit(r.need)},
		Responses: map[string]*huma.Response{"default": {Description: "Problem", Content: map[string]*huma.MediaType{
			problemType: {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")},
		}}},
	}
	if r.need != anybody {
		op.Security = []map[string][]string{{"session": {}}}
	}
	return op
}

type ginKey struct{}

// admit finds the session and lets nobody in who may not use the route, before anything of
// the request but its headers has been read.
func (a *api) admit(need access) func(huma.Context, func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		c := humagin.Unwrap(ctx)
		c.Header("Cache-Control", "no-store")
		s, err := a.session(c, need)
		if err != nil {
			a.fail(c, err)
			return
		}
		next(huma.WithValue(huma.WithValue(ctx, sessionKey{}, s), ginKey{}, c))
	}
}

// transform is the last look at every body: problems get their request id, the framework's
// errors become ours, and lists that are nil become empty ones.
func (a *api) transform(ctx huma.Context, _ string, v any) (any, error) {
	switch v := v.(type) {
	case *huma.ErrorModel:
		return a.stamp(ctx, fromHuma(v)), nil
	case *Problem:
		return a.stamp(ctx, v), nil
	}
	return emptyLists(v), nil
}

func (a *api) stamp(ctx huma.Context, p *Problem) *Problem {
	p.RequestID = humagin.Unwrap(ctx).GetString(requestKey)
	return p
}

// finish corrects what the framework says of lists: none of them is ever null.
func (a *api) finish() {
	for _, s := range a.huma.OpenAPI().Components.Schemas.Map() {
		for _, p := range s.Properties {
			if p.Type == huma.TypeArray {
				p.Nullable = false
			}
		}
	}
}

// socket registers a WebSocket route and describes it in the OpenAPI document.
func (a *api) socket(r route, serve func(*gin.Context, accounts.Session)) {
	a.routes = append(a.routes, r)
	op := a.operation(r)
	op.Responses = map[string]*huma.Response{"101": {Description: "Switching protocols"}, "default": op.Responses["default"]}
	a.huma.OpenAPI().AddOperation(&op)
	a.engine.Handle(r.method, op.Path, a.guarded(r.need, serve))
}

// emptyLists makes every nil slice below v an empty one, because clients expect lists
// where lists are said to be. v is copied where it has to be changed.
func emptyLists(v any) any {
	in := reflect.ValueOf(v)
	if !in.IsValid() {
		return v
	}
	out := reflect.New(in.Type()).Elem()
	out.Set(in)
	fill(out)
	return out.Interface()
}

func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			fill(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Field(i); f.CanSet() {
				fill(f)
			}
		}
	case reflect.Slice:
		fillSlice(v)
	}
}

func fillSlice(v reflect.Value) {
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return // bytes and raw JSON
	}
	if v.IsNil() {
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return
	}
	for i := range v.Len() {
		fill(v.Index(i))
	}
}

// list is an answer that is not paged.
type list[T any] struct {
	Items []T `json:"items"`
}

// Paging is how a client asks for a part of a list.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"200" doc:"next of the part before."`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
}
