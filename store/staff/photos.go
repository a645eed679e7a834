package staff

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/directory"
	"github.com/wardline/wardline/hub"
)

// What a plan can still put back of photos: those it replaced in the last 30 days, of each
// clinic the newest 64 MiB, which are some thousands. A photo is the largest and the least
// important of what an undo restores.
const (
	photoDays  = 30
	photoBytes = 64 << 20
)

// keepPhotos keeps the photos of persons, which are about to be replaced, for the plan that
// replaces them.
func (p *part) keepPhotos(persons []hub.PersonID) {
	if p.undoes == "" || len(persons) == 0 {
		return
	}
	p.Batch.Queue(`
insert into plan_photo (clinic_id, plan_id, person_id, hash, body)
select clinic_id, $1, person_id, hash, body from (
  select *, sum(length(body)) over (order by person_id) as so_far from person_photo where source = $2 and person_id = any($3)) f
where so_far <= $4`, p.undoes, p.origin.Source, persons, photoBytes)
	p.Batch.Queue(`
delete from plan_photo p using (
  select plan_id, person_id, sum(length(body)) over (order by at desc, plan_id, person_id) as so_far from plan_photo) o
where (p.plan_id, p.person_id) = (o.plan_id, o.person_id) and o.so_far > $1`, photoBytes)
}

// pastPhotos returns what is kept of the photos a plan has replaced, by hash.
func pastPhotos(ctx context.Context, tx pgx.Tx, plan hub.PlanID) (map[string][]byte, error) {
	out := map[string][]byte{}
	rows, err := tx.Query(ctx, `select hash, body from plan_photo where plan_id = $1`, plan)
	if err != nil {
		return nil, fmt.Errorf("read photos: %w", err)
	}
	var hash string
	var body []byte
	return out, eachRow([]any{&hash, &body}, func() { out[hash] = slices.Clone(body) })(rows)
}

// withoutLost leaves out a photo that is kept no more. It is false when nothing is left.
func withoutLost(a directory.Action, photos map[string][]byte) (directory.Action, bool) {
	if to := a.Diff(directory.FieldPhoto).To; to == "" || photos[to] != nil {
		return a, true
	}
	a.Fields = slices.DeleteFunc(a.Fields, func(d directory.Diff) bool { return d.Field == directory.FieldPhoto })
	return a, a.Op != directory.ActUpdate || len(a.Fields) > 0 || a.Works != nil
}
