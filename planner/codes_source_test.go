package planner_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is Go source, parsed.
type source struct {
	fset  *token.FileSet
	files []*ast.File
}

// readSource parses files without their tests.
func readSource(t *testing.T, patterns ...string) *source {
	t.Helper()
	s := &source{fset: token.NewFileSet()}
	for _, p := range patterns {
		names, err := filepath.Glob(p)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			f, err := parser.ParseFile(s.fset, name, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			s.files = append(s.files, f)
		}
	}
	return s
}

func (s *source) at(n ast.Node) string { return s.fset.Position(n.Pos()).String() }

// codes are the literals that stand where a code is meant, with their place:
// arguments of the functions that file findings or take a parameter called code,
// values given to anything called code, and a Reason's first field.
func (s *source) codes() map[string]string {
	functions := map[string]int{"report": 0, "say": 0, "reportAs": 1}
	found := map[string]string{}
	add := func(e ast.Expr) {
		if text, ok := literal(e); ok {
			found[text] = s.at(e)
		}
	}
	for _, f := range s.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				if i := indexOfCode(fn.Type.Params); i >= 0 && functions[fn.Name.Name] == 0 && fn.Name.Name != "report" {
					functions[fn.Name.Name] = i
				}
			}
		}
	}
	// A command's own say or report writes words.
	filing := &source{fset: s.fset, files: slices.DeleteFunc(slices.Clone(s.files), func(f *ast.File) bool { return f.Name.Name == "main" })}
	for code, at := range filing.arguments(functions) {
		found[code] = at
	}
	for _, f := range s.files {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Body != nil {
				if i := indexOfCode(fn.Type.Results); i >= 0 {
					ast.Inspect(fn.Body, func(n ast.Node) bool {
						if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) > i {
							add(r.Results[i])
						}
						return true
					})
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.KeyValueExpr:
				if isCode(n.Key) {
					add(n.Value)
				}
			case *ast.AssignStmt:
				for i, lhs := range n.Lhs {
					if isCode(lhs) && len(n.Rhs) == len(n.Lhs) {
						add(n.Rhs[i])
					}
				}
			case *ast.RangeStmt:
				if list, ok := n.X.(*ast.CompositeLit); ok && n.Value != nil && isCode(n.Value) {
					for _, e := range list.Elts {
						add(e)
					}
				}
			case *ast.CompositeLit:
				if id, ok := n.Type.(*ast.Ident); ok && id.Name == "Reason" && len(n.Elts) > 0 {
					add(n.Elts[0])
				}
				s.tableCodes(n, add)
			}
			return true
		})
	}
	return found
}

// tableCodes are those in a map or list of structs that are written where they
// are declared.
func (s *source) tableCodes(n *ast.CompositeLit, add func(ast.Expr)) {
	var row ast.Expr
	switch t := n.Type.(type) {
	case *ast.MapType:
		row = t.Value
	case *ast.ArrayType:
		row = t.Elt
	}
	st, ok := row.(*ast.StructType)
	if !ok {
		return
	}
	i := indexOfCode(st.Fields)
	for _, e := range n.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			e = kv.Value
		}
		if lit, ok := e.(*ast.CompositeLit); ok && i >= 0 && len(lit.Elts) > i {
			add(lit.Elts[i])
		}
	}
}

// arguments are the literals among the given arguments of the given functions.
func (s *source) arguments(functions map[string]int) map[string]string {
	found := map[string]string{}
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			name := ""
			switch fun := call.Fun.(type) {
			case *ast.Ident:
				name = fun.Name
			case *ast.SelectorExpr:
				name = fun.Sel.Name
			}
			if i, ok := functions[name]; ok && len(call.Args) > i {
				if text, ok := literal(call.Args[i]); ok {
					found[text] = s.at(call)
				}
			}
			return true
		})
	}
	return found
}

// compared are the literals that a code is compared with.
func (s *source) compared() map[string]string {
	found := map[string]string{}
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if b, ok := n.(*ast.BinaryExpr); ok && (b.Op == token.EQL || b.Op == token.NEQ) && isCode(b.X) {
				if text, ok := literal(b.Y); ok && text != "" {
					found[text] = s.at(b)
				}
			}
			return true
		})
	}
	return found
}

// constants are the values of the constants whose names begin with a prefix.
func (s *source) constants(prefix string) map[string]bool {
	set := map[string]bool{}
	for _, value := range s.constantNames(prefix) {
		set[value] = true
	}
	return set
}

func (s *source) constantNames(prefix string) map[string]string {
	found := map[string]string{}
	for _, f := range s.files {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, spec := range g.Specs {
				v := spec.(*ast.ValueSpec)
				for i, name := range v.Names {
					if strings.HasPrefix(name.Name, prefix) && i < len(v.Values) {
						if text, ok := literal(v.Values[i]); ok {
							found[name.Name] = text
						}
					}
				}
			}
		}
	}
	return found
}

// indexOfCode is the place of the field or parameter called code, -1 if there is
// none.
func indexOfCode(list *ast.FieldList) int {
	i := 0
	if list == nil {
		return -1
	}
	for _, f := range list.List {
		for _, name := range f.Names {
			if name.Name == "code" {
				return i
			}
			i++
		}
		if len(f.Names) == 0 {
			i++
		}
	}
	return -1
}

func isCode(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == "code" || e.Name == "Code"
	case *ast.SelectorExpr:
		return e.Sel.Name == "code" || e.Sel.Name == "Code"
	}
	return false
}

func literal(e ast.Expr) (string, bool) {
	l, ok := e.(*ast.BasicLit)
	if !ok || l.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(l.Value)
	return s, err == nil
}
