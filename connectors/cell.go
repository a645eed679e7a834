package connectors

import "strings"

// Neutral makes a cell that no spreadsheet program takes for a formula. Whoever writes cells
// that came from outside into a file uses it (OWASP, "CSV Injection"). Plain takes it back.
func Neutral(cell string) string {
	if dangerous(cell) {
		return "'" + cell
	}
	return cell
}

// dangerous looks past blanks, which programs drop, and knows the wide signs of East Asian
// keyboards. A lone "-" is how people write "none", and is no formula.
func dangerous(cell string) bool {
	if cell == "" || cell == "-" {
		return false
	}
	if strings.ContainsRune("\t\r\n", rune(cell[0])) {
		return true
	}
	for _, r := range cell {
		if r == ' ' || r == '\t' || r == '\r' || r == '\n' || r == '\u00a0' || r == '\ufeff' {
			continue
		}
		return strings.ContainsRune("=+-@＝＋－＠", r)
	}
	return false
}

// Plain takes back the apostrophe Neutral has put before a cell that is read again.
func Plain(cell string) string {
	if rest, ok := strings.CutPrefix(cell, "'"); ok && dangerous(rest) {
		return rest
	}
	return cell
}
