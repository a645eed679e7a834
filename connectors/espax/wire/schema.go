package wire

import "strings"

// required lists the fields a message must have. Only what the hub cannot do without is
// checked: a nurse call with a text that is too long is still a nurse call. Limits of
// length are warnings for the same reason.
func required(name string) (fields []string, known bool) {
	switch name {
	case "REQ.LOGIN":
		return []string{"LI-CLIENT", "LI-USER", "LI-PASSWORD"}, true
	case "RSP.LOGIN", "RSP.HEARTBEAT", "RSP.LOGOUT", "RSP.S-CONDITION", "RSP.S-PARAMETERS",
		"RSP.P-START", "RSP.P-STOP", "RSP.P-GETSTAT", "IND.ERROR":
		return []string{"RSP-CODE"}, true
	case "REQ.HEARTBEAT", "REQ.LOGOUT", "REQ.S-CONDITION", "REQ.S-PARAMETERS",
		"REQ.P-START", "REQ.P-STOP", "REQ.P-GETSTAT",
		"IND.S-SYSTEM", "IND.P-STARTED", "IND.P-ENDED", "IND.P-SYNC", "IND.P-STATUS", "IND.P-EVENT",
		"CMD.SHUTDOWN", "PROPRIETARY":
		return nil, true
	}
	return nil, false
}

// validate checks what the schema says about a whole message.
func (m Message) validate() error {
	fields, known := required(m.Name)
	if !known {
		return errInvalid("the message is none of ESPA-X 1.00")
	}
	for _, f := range fields {
		if m.Get(f) == "" {
			return errInvalid(f + " is missing")
		}
	}
	stop := m.Name == "REQ.P-STOP" || m.Name == "REQ.P-GETSTAT"
	if stop && m.Get("CP-PR-REF") == "" && m.Get("SP-PR-TAN") == "" {
		return errInvalid("CP-PR-REF or SP-PR-TAN is missing")
	}
	if len(m.SessionID) > 32 {
		return errInvalid("sessionID is longer than 32 characters")
	}
	return nil
}

// fieldLimit returns the most characters a field may have, 0 for fields without a limit.
func fieldLimit(name string) int {
	switch name {
	case "CP-PR-REF":
		return 32
	case "LI-CLIENT", "LI-CLIENTSW", "LI-SERVER", "LI-SERVERSW", "SP-PR-NAME":
		return 30
	case "CP-PHONENO", "CP-CALLINGNAME", "CP-NCIFNO", "CP-CBCKNO", "SS-SBSCRNO", "SS-NETW-NAME":
		return 24
	case "CP-CALLINGNO", "SS-NETW-NO":
		return 16
	case "CP-TEXTMSG":
		return 160
	case "CP-EVENT":
		return 16348
	case "CP-GROUPID", "CP-WARD", "CP-BED", "SS-SBSCRID", "LI-USER", "LI-PASSWORD":
		return 12
	case "RSP-INFO", "SP-ENDINFO", "SS-SBSCRDATA":
		return 256
	}
	return 0
}

// knownField reports whether an element is one of ESPA-X 1.00, by the prefixes its schema
// uses.
func knownField(name string) bool {
	for _, prefix := range []string{"CP-", "SP-", "SS-", "LI-", "LO-", "SD-", "S-", "RSP-"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// Cut shortens a text to what the schema allows in a field, on a whole character.
func Cut(field, text string) string {
	limit := fieldLimit(field)
	for i := range text {
		if limit == 0 {
			return text[:i]
		}
		limit--
	}
	return text
}
