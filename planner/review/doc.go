// Package review writes what an architecture review reads: Markdown, and
// diagrams in Mermaid. Whatever comes from the input is escaped, so that no name
// in it can break or change the page.
package review
