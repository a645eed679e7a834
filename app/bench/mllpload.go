package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/wardline/wardline/hl7"
	"github.com/wardline/wardline/hl7/mllp"
)

// What a round of messages consists of.
const (
	mixAll   = "all"
	mixStaff = "staff"
	mixADT   = "adt"
	mixHire  = "hire" // MAD of everybody, once
)

type hl7Args struct {
	Addr   string
	Conns  int
	Rate   int // messages a second offered; 0: each connection sends when it was answered
	Length time.Duration
	Limit  int // of messages; 0: none
	What   string
	Round  int
	Staff  int
}

type hl7Result struct {
	Sent      int
	PerSecond float64
	ACK       spread
	Refused   int64
	Why       string
}

// hl7Load is one round.
type hl7Load struct {
	hl7Args
	next    atomic.Int64
	refused atomic.Int64
	why     atomic.Value
}

// sendHL7 sends messages over persistent connections and times each from when it was due
// (open loop) or sent (closed loop) until its acknowledgement.
func sendHL7(ctx context.Context, a hl7Args) (hl7Result, error) {
	l := &hl7Load{hl7Args: a}
	clients := make([]*mllp.Client, a.Conns)
	for i := range clients {
		c, err := mllp.Dial(ctx, a.Addr, nil)
		if err != nil {
			return hl7Result{}, fmt.Errorf("connect: %w", err)
		}
		defer c.Close()
		clients[i] = c
	}
	latencies, took := paced(ctx, pace{Workers: a.Conns, Rate: a.Rate, Length: a.Length, Limit: a.Limit}, func(ctx context.Context, c call) error {
		return l.exchange(ctx, clients[c.worker])
	})
	r := hl7Result{Sent: len(latencies), PerSecond: float64(len(latencies)) / took.Seconds(), ACK: spreadOf(latencies), Refused: l.refused.Load()}
	if why := l.why.Load(); why != nil {
		r.Why, _ = why.(string)
	}
	return r, nil
}

func (l *hl7Load) exchange(ctx context.Context, c *mllp.Client) error {
	answer, err := c.Exchange(ctx, l.message(int(l.next.Add(1))))
	if err == nil {
		err = accepted(answer)
	}
	if err != nil {
		l.refused.Add(1)
		l.why.Store(err.Error())
	}
	return err
}

func accepted(answer []byte) error {
	ack, err := hl7.Parse(answer)
	if err != nil {
		return err
	}
	if code := ack.Get("MSA-1").String(); code != "CA" {
		return fmt.Errorf("acknowledged with %q", code)
	}
	return nil
}

// message builds the n-th message of the round.
func (l *hl7Load) message(n int) []byte {
	switch {
	case l.What == mixHire:
		return l.staff("MAD", n, n)
	case l.What == mixStaff || l.What == mixAll && n%oneMFNIn == 0:
		return l.staff("MUP", n, n%l.Staff+1)
	}
	return l.movement(n)
}

func (l *hl7Load) header(kind string, n int) string {
	return fmt.Sprintf("MSH|^~\\&|KIS|LINDEN|HUB|LINDEN|20260201080000+0100||%s|R%d-%d|P|2.5^DEU&&HL70399|||AL|NE|DEU|UNICODE UTF-8|DEU^German^HL70296\r", kind, l.Round, n)
}

// staff is one MFN^M02 about a person; as MUP it changes the telephone, so that there is
// something to apply.
func (l *hl7Load) staff(event string, n, person int) []byte {
	return fmt.Appendf(nil, "%sMFI|PRA^Practitioner^HL70175|KIS|UPD|20260201080000||NE\rMFE|%s|R%d-%d|20260201080000|S%05d^^KIS|CE\r"+
		"STF|S%05d^^KIS|S%05d^^^KIS^PN|Probe^Person%d|N|F||A|||^WPN^PH^^49^351^%d%06d\rORG|1|W%d^Station W%d|WARD|Y\r",
		l.header("MFN^M02^MFN_M02", n), event, l.Round, n, person, person, person, person, l.Round, n, person%20, person%20)
}

// movement is an admission, a transfer or a discharge, in the proportion 2:1:1.
func (l *hl7Load) movement(n int) []byte {
	trigger := [...]string{"A01", "A01", "A02", "A03"}[n%4]
	visit := fmt.Sprintf("%d%06d", l.Round, n/4)
	return fmt.Appendf(nil, "%sEVN||20260201080000\rPID|||P%s^^^LINDEN^PI||Probe^Patient||19511023|M|||Prager Straße 31&Prager Straße&31^^Dresden^^01069^DEU^H\r"+
		"PV1|1|I|W%d^%d^%d^LINDEN^^N^A^4|R|||620401^Meier^Theodor^^^Dr.^^^LINDEN^L^^^DN||||||||||||V%s^^^LINDEN^VN\rZBE|%d%06d^KIS|20260201080000||INSERT|N||CHI^^^^^^^^^CHI\r",
		l.header("ADT^"+trigger+"^ADT_A01", n), visit, n%20, n%30, n%2, visit, l.Round, n)
}

type insertArgs struct {
	URL, Clinic string
	Length      time.Duration
}

type insertResult struct{ PerSecond float64 }

// insertBody is about as long as a sealed message of the mix.
const insertBody = 640

// insertRows commits one row after the other on one connection: what the database does
// when nobody batches. The table is a twin of the one that keeps raw messages.
func insertRows(ctx context.Context, a insertArgs) (r insertResult, err error) {
	db, err := pgx.Connect(ctx, a.URL)
	if err != nil {
		return r, fmt.Errorf("connect to the database: %w", err)
	}
	defer db.Close(context.WithoutCancel(ctx))
	var connector string
	if err := db.QueryRow(ctx, `select id::text from connector limit 1`).Scan(&connector); err != nil {
		return r, fmt.Errorf("find a connector: %w", err)
	}
	if _, err := db.Exec(ctx, `drop table if exists bench_message; create table bench_message (like message including all)`); err != nil {
		return r, fmt.Errorf("make the table: %w", err)
	}
	body := make([]byte, insertBody)
	rand.Read(body) // as sealed text is: nothing to compress
	latencies, took := paced(ctx, pace{Workers: 1, Length: a.Length}, func(ctx context.Context, c call) error {
		id := newID()
		_, err := db.Exec(ctx, `insert into bench_message (clinic_id, id, connector_id, key, type, control_id, peer, size, body, status)
values ($1, $2, $3, $4, 'ADT^A01', $5, '127.0.0.1', $6, $7, 'applied')`, a.Clinic, id, connector, id+id[:28], fmt.Sprint(c.n), len(body), body)
		return err
	})
	_, err = db.Exec(ctx, `drop table bench_message`)
	return insertResult{float64(len(latencies)) / took.Seconds()}, err
}
