// Package ldap reads directories: Active Directory, OpenLDAP and whatever else speaks LDAP
// version 3 (RFC 4511). It dials with TLS that is checked, binds, searches in pages, follows
// ranged attributes and asks for changes in the three ways servers offer: by update sequence
// number and DirSync (Active Directory, MS-ADTS 3.1.1.3) and by content synchronisation
// (RFC 4533).
//
// A search that ended by anything but result 0 is an error with a stable name. Referrals are
// never followed. Errors hold neither names of entries nor what a server wrote into its
// diagnostic message, because both hold names of people.
package ldap
