package inventory

import (
	"bytes"
	"unicode/utf8"

	"egressplan/planner/finding"
)

const (
	// maxBytes is the most that is read of one file.
	maxBytes = 64 << 20
	// maxValues is how many values it may hold, about. yaml.v3 takes some 200
	// bytes for each before anything else can look at it: 64 MiB of commas would
	// take 13 GB. An estate of 100,000 apps holds some 6 million.
	maxValues = 10_000_000
)

// valueCount is how many values a file may hold, keys counted: those behind each
// comma, bracket, line break and dash. It is a little high for what people write,
// and for nothing that can be written far too low.
func valueCount(data []byte) int {
	if 2*len(data) <= maxValues {
		return 0 // it cannot be too many
	}
	n := 1
	for i, c := range data {
		next := byte('\n')
		if i+1 < len(data) {
			next = data[i+1]
		}
		switch c {
		case ',', '[', '{':
			n += 2
		case '\n', '\r':
			if next != '\n' && next != '\r' && next != '#' {
				n += 2
			}
		case '-', '?':
			if next == ' ' || next == '\t' || next == '\n' || next == '\r' {
				n++
			}
		}
	}
	return n
}

const byteOrderMark = "\uFEFF"

// textOf checks that a file is UTF-8 text that yaml.v3 can take. The library
// would also read UTF-16, but then places could not be shown.
func (l *loader) textOf(s Source) ([]byte, bool) {
	start := finding.Pos{File: s.Name, Line: 1, Column: 1}
	if len(s.Data) > maxBytes {
		l.add(start, CodeTooLarge, "split it into several files", "the file is larger than 64 MiB")
		return nil, false
	}
	if bytes.HasPrefix(s.Data, []byte("\xff\xfe")) || bytes.HasPrefix(s.Data, []byte("\xfe\xff")) {
		l.add(start, CodeNotUTF8, "save the file as UTF-8", "the file is UTF-16 text")
		return nil, false
	}
	data := bytes.TrimPrefix(s.Data, []byte(byteOrderMark))
	if valueCount(data) > maxValues {
		l.add(start, CodeTooLarge, "split it into several files", "the file holds more than 10 million values")
		return nil, false
	}
	if i := bytes.IndexByte(data, 0); i >= 0 {
		l.add(placeOf(s.Name, data, i), CodeNotUTF8, "save the file as UTF-8, without NUL characters", "the file holds a NUL character")
		return nil, false
	}
	if !utf8.Valid(data) {
		i := 0
		for i < len(data) {
			r, size := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			i += size
		}
		l.add(placeOf(s.Name, data, i), CodeNotUTF8, "save the file as UTF-8", "the byte 0x%02x is not UTF-8 text", data[i])
		return nil, false
	}
	return data, true
}

// breakAt is the length of the line break at the start of b, 0 if there is
// none. YAML 1.1 breaks lines at NEL, LS and PS too, and counts them.
func breakAt(b []byte) int {
	switch {
	case len(b) == 0:
		return 0
	case b[0] == '\n':
		return 1
	case b[0] == '\r':
		if len(b) > 1 && b[1] == '\n' {
			return 2
		}
		return 1
	case b[0] == 0xC2 && len(b) > 1 && b[1] == 0x85:
		return 2
	case b[0] == 0xE2 && len(b) > 2 && b[1] == 0x80 && (b[2] == 0xA8 || b[2] == 0xA9):
		return 3
	}
	return 0
}

// placeOf is the place of a byte.
func placeOf(file string, data []byte, offset int) finding.Pos {
	line, start := 1, 0
	for i := 0; i < offset; {
		n := breakAt(data[i:])
		if n == 0 {
			i++
			continue
		}
		i += n
		if i <= offset {
			line, start = line+1, i
		}
	}
	return finding.Pos{File: file, Line: line, Column: utf8.RuneCount(data[start:max(start, offset)]) + 1}
}
