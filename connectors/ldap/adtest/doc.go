// Package adtest holds the tests of the directory connector against a real Active Directory
// domain controller, Samba. They take longer than others and so stand apart.
package adtest
