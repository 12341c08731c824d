package planner

import "strings"

// appOf is the app a subject is about: "app -> destination" or just the app.
func appOf(subject string) string {
	app, _, _ := strings.Cut(subject, " -> ")
	return app
}
