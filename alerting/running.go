package alerting

import (
	"context"
	"encoding/json"
	"time"

	"github.com/wardline/wardline/hub"
)

// Book is the set of running alerts one transaction works on. It is not safe for
// concurrent use and is thrown away with its transaction.
type Book struct {
	clinic  hub.ClinicID
	now     Clock
	loc     *time.Location
	world   World
	runs    []*running
	byID    map[hub.AlertID]*running
	byKey   map[key]*running
	entries []Entry
	answers []Answer
	follow  []Signal // technical alerts that the current input asks for
	err     error    // the first failure of World: nothing of this batch may be written
}

// running is one alert with its dispatches and what this batch has changed of it.
type running struct {
	alert      Alert
	fresh      bool // created in this batch
	touched    bool
	card       bool
	dispatches []Dispatch
	dirty      map[int]bool        // indexes into dispatches
	latest     map[hub.UserID]int  // the dispatch of a person that counts, see Dispatch.After
	at         map[stepUser]int    // index by (step, user)
	timers     map[TimerKind]Timer // set or taken away in this batch
}

type stepUser struct {
	step int
	user hub.UserID
}

// NewBook opens a book at the given time of the database's clock. loc is the clinic's time
// zone: rules speak of wall-clock times.
func NewBook(clinic hub.ClinicID, now Clock, loc *time.Location, w World) *Book {
	return &Book{
		clinic: clinic, now: now, loc: loc, world: w,
		byID: map[hub.AlertID]*running{}, byKey: map[key]*running{},
	}
}

// Load adds running alerts that the caller has locked. Final ones are skipped: nothing can
// change them, and their reference is free for a new alert.
func (b *Book) Load(list []Snapshot) {
	for i := range list {
		if list[i].Alert.State.Final() {
			continue
		}
		r := newRunning(list[i].Alert)
		for _, d := range list[i].Dispatches {
			r.index(d)
		}
		b.add(r)
	}
}

func newRunning(a Alert) *running {
	return &running{
		alert: a, dirty: map[int]bool{}, latest: map[hub.UserID]int{},
		at: map[stepUser]int{}, timers: map[TimerKind]Timer{},
	}
}

func (b *Book) add(r *running) {
	b.runs = append(b.runs, r)
	b.byID[r.alert.ID] = r
	b.byKey[key{r.alert.Connector, r.alert.Ref}] = r
}

// Apply makes one input take effect, together with the technical alerts it leads to.
// Inputs that come twice, late or for alerts that are over are harmless.
func (b *Book) Apply(ctx context.Context, in Input) Result {
	res := b.apply(ctx, in)
	for len(b.follow) > 0 {
		s := b.follow[0]
		b.follow = b.follow[1:]
		b.signal(ctx, s)
	}
	return res
}

func (b *Book) apply(ctx context.Context, in Input) Result {
	switch {
	case in.Signal != nil:
		return b.signal(ctx, *in.Signal)
	case in.Act != nil:
		return b.act(ctx, *in.Act)
	case in.Due != nil:
		return b.due(ctx, *in.Due)
	}
	return Result{Err: hub.E("alerting.apply", hub.Invalid, "empty", "")}
}

// Changes returns what the batch came to. An error means that World failed on the way: the
// transaction must be rolled back and may be tried again.
func (b *Book) Changes() (Changes, error) {
	c := Changes{Entries: b.entries, Answers: b.answers}
	for _, r := range b.runs {
		r.collect(&c)
	}
	return c, b.err
}

func (r *running) collect(c *Changes) {
	switch {
	case r.fresh:
		c.New = append(c.New, &r.alert)
	case r.touched:
		c.Updated = append(c.Updated, &r.alert)
	}
	for i := range r.dispatches {
		if r.dirty[i] {
			c.Dispatches = append(c.Dispatches, r.dispatches[i])
		}
	}
	for _, k := range []TimerKind{TimerStep, TimerAccept, TimerExpire} {
		if t, ok := r.timers[k]; ok {
			c.Timers = append(c.Timers, t)
		}
	}
	if r.card {
		c.Cards = append(c.Cards, r.alert.ID)
	}
}

// index adds a dispatch as it stands in the database.
func (r *running) index(d Dispatch) int {
	i := len(r.dispatches)
	r.dispatches = append(r.dispatches, d)
	r.at[stepUser{d.Step, d.User}] = i
	if last, ok := r.latest[d.User]; !ok || d.After(r.dispatches[last]) {
		r.latest[d.User] = i
	}
	return i
}

// setDispatch brings the dispatch of a person in a step to a state, creating it if new.
func (b *Book) setDispatch(r *running, step int, user hub.UserID, s DispatchState) {
	i, ok := r.at[stepUser{step, user}]
	if !ok {
		reached := false
		if last, ok := r.latest[user]; ok {
			reached = r.dispatches[last].Reached
		}
		i = r.index(Dispatch{Alert: r.alert.ID, Step: step, User: user, Reached: reached})
	}
	r.latest[user] = i
	b.move(r, i, s)
}

func (b *Book) move(r *running, i int, s DispatchState) {
	d := &r.dispatches[i]
	d.State, d.Changed = s, b.now
	r.dirty[i] = true
}

// live reports whether a dispatch still waits for the person.
func (s DispatchState) live() bool {
	switch s {
	case Pending, Sending, Sent, Delivered, Seen:
		return true
	}
	return false
}

// withdraw stops everything that still rings.
func (b *Book) withdraw(r *running) {
	for i := range r.dispatches {
		if r.dispatches[i].State.live() {
			b.move(r, i, Withdrawn)
		}
	}
}

// anyLive reports whether somebody of the running step may still answer.
func (r *running) anyLive() bool {
	for i := range r.dispatches {
		if r.dispatches[i].Step == r.alert.Step && r.dispatches[i].State.live() {
			return true
		}
	}
	return false
}

// show marks that people must see a new card.
func (b *Book) show(r *running) {
	r.alert.Version++
	r.card = true
	b.touch(r)
}

func (b *Book) touch(r *running) {
	r.touched = true
	r.alert.UpdatedAt = b.now
}

// detail is the data of a story entry: codes and numbers, never names or texts.
type detail struct {
	Why         string      `json:"why,omitempty"`
	Rule        hub.RuleID  `json:"rule,omitempty"`
	Recipients  int         `json:"recipients,omitempty"`
	Unreachable int         `json:"unreachable,omitempty"`
	Seconds     int         `json:"seconds,omitempty"`
	Priority    *Priority   `json:"priority,omitempty"`
	Of          int         `json:"of,omitempty"` // how many accepts are needed
	SourceAt    string      `json:"source_at,omitempty"`
	Alert       hub.AlertID `json:"alert,omitempty"`
}

// entry adds a line to the story.
func (b *Book) entry(r *running, k EntryKind, user hub.UserID, d detail) {
	r.alert.Entries++
	b.touch(r)
	var data json.RawMessage
	if d != (detail{}) {
		data, _ = json.Marshal(d) // a struct of strings and numbers always marshals
	}
	b.entries = append(b.entries, Entry{
		Alert: r.alert.ID, No: r.alert.Entries, At: b.now, Kind: k, User: user, Step: r.alert.Step, Data: data,
	})
}

// answer queues what the source is told.
func (b *Book) answer(ctx context.Context, r *running, k AnswerKind, who Recipient) {
	if !b.hears(ctx, r) {
		return
	}
	r.alert.Answers++
	b.touch(r)
	b.answers = append(b.answers, Answer{
		ID: hub.NewID[string](), No: r.alert.Answers, Connector: r.alert.Connector, Alert: r.alert.ID, Ref: r.alert.Ref,
		Kind: k, Name: who.Name, Extension: who.Extension, State: r.alert.State, At: b.now,
	})
}

// answerBy is answer with the name of a person looked up.
func (b *Book) answerBy(ctx context.Context, r *running, k AnswerKind, user hub.UserID) {
	if !b.hears(ctx, r) {
		return
	}
	who, err := b.world.Person(ctx, user)
	b.fail(err)
	b.answer(ctx, r, k, who)
}

// hears reports whether the alert's source is told anything. A technical alert has none
// that waits.
func (b *Book) hears(ctx context.Context, r *running) bool {
	if r.alert.Technical {
		return false
	}
	takes, err := b.world.TakesAnswers(ctx, r.alert.Connector)
	b.fail(err)
	return takes
}

func (b *Book) setTimer(r *running, k TimerKind, after time.Duration) {
	r.timers[k] = Timer{Alert: r.alert.ID, Kind: k, Gen: r.alert.Gen, Due: b.now.Add(after)}
	b.touch(r)
}

func (b *Book) dropTimer(r *running, k TimerKind) {
	r.timers[k] = Timer{Alert: r.alert.ID, Kind: k, Gen: r.alert.Gen}
}

// fail keeps the first failure of World.
func (b *Book) fail(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (r *running) result() Result {
	return Result{Alert: r.alert.ID, State: r.alert.State}
}
