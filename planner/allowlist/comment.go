package allowlist

import (
	"fmt"
	"strings"
)

// plain makes text safe inside a comment, a remark or quotes of any syntax here:
// letters, digits and a few harmless signs of ASCII stay, every other byte is
// percent-encoded. A question mark, say, asks the command line of an ASA for
// help in the middle of a paste. The arrow of a flow becomes a word.
func plain(s string) string {
	var b strings.Builder
	s = strings.ReplaceAll(s, " -> ", " to ")
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.IndexByte(" ._-/:;,()[]+=@*", c) >= 0:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

// lines cuts plain text into lines of at most width characters, at spaces where
// there are any.
func lines(s string, width int) []string {
	var list []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > width {
			list, line = append(list, line), ""
		}
		for len(word) > width {
			if line != "" {
				list, line = append(list, line), ""
			}
			list, word = append(list, word[:width]), word[width:]
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(list, line)
}
