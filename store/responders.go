package store

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/alerting"
	"github.com/wardline/wardline/hub"
)

// Everybody an alert has gone to who can chat, and the asker whether or not they can.
const respondersSQL = `
select a.id, a.name, a.id = any(l.accepted_by) from alert l
join account a on a.clinic_id = $1 and a.id in (select user_id from dispatch where clinic_id = $1 and alert_id = $2)
where l.clinic_id = $1 and l.id = $2 and not a.recorder and (a.id = $3 or a.state = 'active'
  and exists (select from device d where d.clinic_id = $1 and d.account_id = a.id and d.revoked_at is null and d.certified_at is not null))
order by a.name, a.id`

// Responders returns the recipients of an alert with whom it can be discussed, by name. To
// anybody who is none of its recipients there is no such alert.
func (db *DB) Responders(ctx context.Context, clinic hub.ClinicID, alert hub.AlertID, user hub.UserID) ([]alerting.Responder, error) {
	var out []alerting.Responder
	err := db.InClinic(ctx, clinic, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, respondersSQL, clinic, alert, user)
		if err != nil {
			return err
		}
		out, err = pgx.CollectRows(rows, pgx.RowToStructByPos[alerting.Responder])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read responders: %w", err)
	}
	for _, r := range out {
		if r.User == user {
			return out, nil
		}
	}
	return nil, hub.E("store.responders", hub.NotFound, "", "")
}
