package staff

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// Input is what one message, file or pass says.
type Input struct {
	Origin  directory.Origin
	Changes []directory.Change
	Spared  []string // keys of records that could not be read
	Again   bool     // a pass from where the last applied one ended: it says again what one that was held has said
}

// complete reports whether an input is all that its source knows.
func (in Input) complete() bool {
	return slices.ContainsFunc(in.Changes, func(c directory.Change) bool { return c.Op == directory.OpComplete })
}

// Apply plans what a source says and writes it, in the transaction that also keeps the raw
// input. A plan that is held writes only itself.
func (s *Store) Apply(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, in Input) (directory.Plan, error) {
	l, err := s.look(ctx, tx, clinic, in)
	if err != nil {
		return directory.Plan{}, err
	}
	plan := l.plan()
	w := s.Writer(tx, clinic, in.Origin)
	if plan.Held {
		return s.hold(ctx, w, l, in)
	}
	if err := w.supersede(ctx, plan, in); err != nil {
		return plan, err
	}
	kept := worthKeeping(plan, in.Origin)
	if kept {
		plan.ID = hub.NewID[hub.PlanID]()
		w.undoes = plan.ID
	}
	w.Queue(plan, l)
	if err := w.Flush(ctx); err != nil {
		return plan, err
	}
	if kept {
		err = w.record(ctx, &plan, directory.PlanApplied, nil)
	}
	return plan, err
}

// worthKeeping reports whether people may want to look at a plan: at what a pass or a full
// set has changed, so that it can be undone, and at everything with an obstacle.
func worthKeeping(p directory.Plan, o directory.Origin) bool {
	return (p.Complete || o.Run != "") && len(p.Actions) > 0 || p.Problems() > 0
}

// hold keeps a plan for a judgement. Photos are not kept with it, they would be most of it:
// the next pass brings them again. Where a pass over changes comes to what is asked already,
// the question stays as it is: it would be a new one every few minutes.
func (s *Store) hold(ctx context.Context, w *Writer, l *Look, in Input) (directory.Plan, error) {
	in.Changes = withoutPhotos(in.Changes)
	l.changes = withoutPhotos(l.changes)
	plan := l.plan()
	if in.Again && !plan.Complete {
		id, err := w.asked(ctx, plan)
		if plan.ID = id; err != nil || id != "" {
			return plan, err
		}
	}
	if err := w.supersede(ctx, plan, in); err != nil {
		return plan, err
	}
	return plan, w.record(ctx, &plan, directory.PlanHeld, in.Changes)
}

func withoutPhotos(changes []directory.Change) []directory.Change {
	out := slices.Clone(changes)
	for i := range out {
		out[i].Photo = nil
	}
	return out
}

// plan is what the changes come to.
func (l *Look) plan() directory.Plan {
	return directory.MakePlan(l.Known, l.changes, l.Limits, l.Now)
}

// look locks and reads what planning an input needs. Of a full set it reads first who has
// said the same before, and then nothing more of those.
func (s *Store) look(ctx context.Context, tx pgx.Tx, clinic hub.ClinicID, in Input) (*Look, error) {
	if !in.complete() {
		var b pgx.Batch
		l := s.Look(&b, clinic, in.Origin.Source, in.Changes)
		l.queueBrought(&b, in.Origin)
		if err := tx.SendBatch(ctx, &b).Close(); err != nil {
			return nil, fmt.Errorf("read what is known: %w", err)
		}
		return l, l.Finish(ctx, tx)
	}
	was, now, err := readStandings(ctx, tx, in.Origin.Source)
	if err != nil {
		return nil, err
	}
	l, keys := s.news(clinic, in, was)
	l.Now = now
	var b pgx.Batch
	l.queue(&b, keys)
	l.queueBrought(&b, in.Origin)
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, fmt.Errorf("read what is known: %w", err)
	}
	return l, l.Finish(ctx, tx)
}

// queueBrought asks whether a file was handed in by somebody who is no owner: it is their word
// then, as if they had entered it by hand.
func (l *Look) queueBrought(b *pgx.Batch, o directory.Origin) {
	if o.Run == "" {
		return
	}
	b.Queue(`select exists (select from directory_run r join account a on a.id = r.by_id where r.id = $1 and r.cause = 'upload' and not 'owner' = any(a.roles))`, o.Run).
		QueryRow(func(row pgx.Row) error { return row.Scan(&l.Known.Brought) })
}

// news leaves out of a full set what was applied word for word before. It returns the look
// at the rest and the keys to be read for it: those mentioned, and those missing.
func (s *Store) news(clinic hub.ClinicID, in Input, was map[string]standing) (*Look, []string) {
	said := make(map[string]int, len(in.Changes))
	for _, c := range in.Changes {
		said[c.Key]++
	}
	var news []directory.Change
	same, working := 0, 0
	for _, c := range in.Changes {
		w, known := was[c.Key]
		if known && w.digest != "" && said[c.Key] == 1 && directory.Repeatable(c) && directory.Digest(c) == w.digest {
			same++
			if w.status == directory.Working {
				working++
			}
			delete(was, c.Key)
			continue
		}
		news = append(news, c)
	}
	l := s.newLook(clinic, in.Origin.Source, news)
	l.Known.Same, l.Known.SameWorking = same, working
	for _, key := range in.Spared {
		l.Known.Spared[key] = true
	}
	keys := make([]string, 0, len(was))
	for key := range was {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return l, keys
}

// standing is the little that is read of everybody a source knows.
type standing struct {
	digest string
	status directory.Status
}

func readStandings(ctx context.Context, tx pgx.Tx, source hub.ConnectorID) (map[string]standing, time.Time, error) {
	var b pgx.Batch
	var now time.Time
	heldAt(QueueLock(&b, PersonLocks, source), &now)
	out := map[string]standing{}
	var key string
	var digest []byte
	var st directory.Status
	b.Queue(`select key, digest, status from person_source where source = $1`, source).Query(eachRow([]any{&key, &digest, &st}, func() {
		out[key] = standing{hex.EncodeToString(digest), st}
	}))
	if err := tx.SendBatch(ctx, &b).Close(); err != nil {
		return nil, now, fmt.Errorf("read standings: %w", err)
	}
	return out, now, nil
}
