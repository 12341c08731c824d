package main

import (
	"os"
	"os/signal"
	"syscall"
)

// uninterrupted does a short piece of work that must not be cut in two, such as
// putting a file in place: an interrupt takes effect behind it. What the process
// was told to ignore (nohup) stays ignored.
func uninterrupted(work func() error) error {
	var stops []os.Signal
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			stops = append(stops, s)
		}
	}
	held := make(chan os.Signal, 1)
	if len(stops) > 0 { // Notify takes none for all
		signal.Notify(held, stops...)
	}
	err := work()
	signal.Stop(held)
	select {
	case s := <-held:
		endBy(s)
	default:
	}
	return err
}
