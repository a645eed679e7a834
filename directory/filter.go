package directory

// ActionFilter narrows the actions of one plan; zero fields do not narrow. A plan of
// thousands is read page by page, in the order in which it was made.
type ActionFilter struct {
	Op      ActionOp
	Query   string  // part of a name, staff number or key
	Problem Problem // "any": those with whatever obstacle
	Cursor  string
	Limit   int
}
