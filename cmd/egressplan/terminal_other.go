//go:build !unix

package main

import "io"

// terminal does not ask on systems without termios: COLUMNS still decides the
// width, and there is no bold text.
func terminal(io.Writer) (columns int, is bool) { return 0, false }
