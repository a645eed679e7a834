package hub

// Level is how far an account may reach. Finer rights belong to accounts.
type Level string

const (
	// LevelAdmin may use the console. It never gives the right to read conversations.
	LevelAdmin Level = "admin"
	// LevelInternal is a member of staff.
	LevelInternal Level = "internal"
	// LevelGuest is somebody invited from outside.
	LevelGuest Level = "guest"
)
