package push

// Allowed is for the fuzz test.
var Allowed = allowed
