//go:build !unix

package main

import "os"

// endBy ends the process as an interrupt ends a command elsewhere.
func endBy(os.Signal) { os.Exit(130) }
