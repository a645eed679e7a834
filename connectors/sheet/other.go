package sheet

import (
	"bytes"
	"net/http"
	"strings"
)

// refuseOther names what is no table by its content, whatever the file is called. Read as CSV,
// it would be a table with a column "%PDF-1.7".
func refuseOther(data []byte) error {
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte(bom)), " \t\r\n")
	switch kind := http.DetectContentType(data); {
	case kind == "application/pdf":
		return refuse("pdf", "this is a PDF file, which is no table")
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return refuse("old_excel", "this is an old .xls file or one with a password; please save it as .xlsx or CSV")
	case isCalendar(data):
		return refuse("calendar", "this is a calendar, which is no table")
	case bytes.HasPrefix(data, []byte(`{\rtf`)), !isText(kind, data):
		return refuse("no_table", "this is no table, neither CSV nor .xlsx")
	}
	return nil
}

func isCalendar(data []byte) bool {
	const begin = "BEGIN:VCALENDAR"
	data = bytes.TrimLeft(bytes.TrimPrefix(data, []byte(bom)), " \t\r\n")
	return strings.EqualFold(string(data[:min(len(data), len(begin))]), begin)
}

// isText tells text from pictures, archives, programs and web pages (which some programs call
// .xls). Of what the sniffer only takes for octets, UTF-16 without a mark and texts with a stray
// control character are left to decode, which knows better what is the matter with them.
func isText(kind string, data []byte) bool {
	if kind != "application/octet-stream" {
		return strings.HasPrefix(kind, "text/plain")
	}
	if len(data) >= 4 && (data[0] == 0 && data[2] == 0 || data[1] == 0 && data[3] == 0) {
		return true
	}
	head, controls := data[:min(len(data), 512)], 0
	for _, b := range head {
		if b < ' ' && !strings.ContainsRune("\t\n\f\r\x1a\x1b", rune(b)) {
			controls++
		}
	}
	return controls*10 < len(head)
}
