package directory_test

import (
	"fmt"
	"time"

	"github.com/wardline/wardline/directory"
)

// A full set that has lost people is held; the same people stated one by one are not.
func ExampleMakePlan() {
	known := directory.Known{Persons: map[string]directory.Person{
		"4711": {Key: "4711", Status: directory.Working, Login: "4711", Values: map[directory.Field]string{directory.FamilyName: "Müller-Groß"}},
		"4712": {Key: "4712", Status: directory.Working, Login: "4712"},
	}}
	at := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	married := directory.Change{Op: directory.OpPut, Key: "4711", Fields: map[directory.Field]directory.Value{directory.FamilyName: {Text: "Groß"}}}

	plan := directory.MakePlan(known, []directory.Change{married, {Op: directory.OpComplete}}, directory.DefaultLimits(), at)
	fmt.Println(plan.Held, plan.Reason.Code, plan.Counts())

	plan = directory.MakePlan(known, []directory.Change{married}, directory.DefaultLimits(), at)
	fmt.Println(plan.Held, plan.Actions[0].Op, plan.Actions[0].Fields)
	// Output:
	// true shrunk {0 1 1 0 0}
	// false update [{family_name Müller-Groß Groß}]
}
