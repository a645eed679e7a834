package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"strings"
	"time"
)

const (
	xmppDomain   = "localhost"
	xmppRooms    = "conference." + xmppDomain
	xmppPassword = "p"
	xmppHeader   = "<stream:stream to='" + xmppDomain + "' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
)

// xmppLine is one user of an XMPP server: SASL PLAIN, one resource, and no more.
type xmppLine struct {
	conn  net.Conn
	in    stanzas
	login string
}

// dialXMPP signs a user in, joins its rooms and then reads until the line is closed.
func dialXMPP(ctx context.Context, addr string, u talker, to news) (line, error) {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("reach the XMPP server: %w", err)
	}
	x := &xmppLine{conn: conn, in: stanzas{in: bufio.NewReaderSize(conn, 4096)}, login: u.Login}
	if err := x.enter(ctx, u); err != nil {
		conn.Close()
		return nil, fmt.Errorf("sign %s in: %w", u.Login, err)
	}
	go x.read(to)
	return x, nil
}

func (x *xmppLine) enter(ctx context.Context, u talker) error {
	if deadline, ok := ctx.Deadline(); ok {
		if err := x.conn.SetDeadline(deadline); err != nil {
			return fmt.Errorf("bound the sign-in: %w", err)
		}
		defer x.conn.SetDeadline(time.Time{})
	}
	secret := base64.StdEncoding.EncodeToString([]byte("\x00" + u.Login + "\x00" + xmppPassword))
	steps := []struct{ say, until string }{
		{xmppHeader, "<stream:features"},
		{"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>" + secret + "</auth>", "<success"},
		{xmppHeader, "<stream:features"},
		{"<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>bench</resource></bind></iq>", "<iq"},
		{"<presence/>", "<presence"},
	}
	for _, s := range steps {
		if err := x.step(s.say, s.until, ""); err != nil {
			return err
		}
	}
	for _, room := range u.Rooms {
		join := fmt.Sprintf("<presence to='%s/%s'><x xmlns='http://jabber.org/protocol/muc'/></presence>", room, u.Login)
		// Status 110 marks the presence of oneself, which ends the list of who is there (XEP-0045).
		if err := x.step(join, "<presence", "'110'"); err != nil {
			return fmt.Errorf("join %s: %w", room, err)
		}
	}
	return nil
}

// step says something and reads on until an element that begins and contains as wanted.
func (x *xmppLine) step(say, begins, contains string) error {
	if err := x.write(say); err != nil {
		return err
	}
	for {
		stanza, err := x.in.next()
		switch {
		case err != nil:
			return err
		case bytes.HasPrefix(stanza, []byte("<failure")), bytes.HasPrefix(stanza, []byte("<stream:error")), attribute(stanza, "type") == "error":
			return fmt.Errorf("refused: %.200s", stanza)
		case bytes.HasPrefix(stanza, []byte(begins)) && bytes.Contains(stanza, []byte(contains)):
			return nil
		}
	}
}

func (x *xmppLine) write(s string) error {
	if _, err := x.conn.Write([]byte(s)); err != nil {
		return fmt.Errorf("write to the XMPP server: %w", err)
	}
	return nil
}

func (x *xmppLine) read(to news) {
	for {
		stanza, err := x.in.next()
		if err != nil {
			return
		}
		now := time.Now()
		if !bytes.HasPrefix(stanza, []byte("<message")) {
			continue
		}
		if id := attribute(stanza, "id"); attribute(stanza, "type") == "error" {
			to.refused(id, "XMPP error")
		} else {
			to.arrived(id, now)
		}
	}
}

// send writes body as text of the length it has: base64 of three quarters of it.
func (x *xmppLine) send(room, id string, body []byte) error {
	kind := "chat"
	if strings.Contains(room, "@"+xmppRooms) {
		kind = "groupchat"
	}
	text := base64.StdEncoding.EncodeToString(body[:len(body)*3/4])
	return x.write("<message to='" + room + "' type='" + kind + "' id='" + id + "'><body>" + text + "</body></message>")
}

func (x *xmppLine) close() { x.conn.Close() }
