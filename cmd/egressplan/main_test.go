package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"egressplan": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds:                map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
		Setup: func(env *testscript.Env) error {
			fixtures, err := os.Getwd()
			if err != nil {
				return err
			}
			env.Setenv("FIXTURES", fixtures+"/../../fixtures")
			return nil
		},
	})
}

// exits runs a program and checks its exit code: exits 2 egressplan validate x.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARG...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// failingWriter fails every write.
type failingWriter struct{ err error }

func (w failingWriter) Write([]byte) (int, error) { return 0, w.err }

// panickingReader stands for a bug anywhere below run.
type panickingReader struct{}

func (panickingReader) Read([]byte) (int, error) { panic("slice bounds\x1b[2J out of range") }

func TestRunSurvivesAClosedPipe(t *testing.T) {
	for _, err := range []error{syscall.EPIPE, io.ErrClosedPipe} {
		var stderr bytes.Buffer
		code := run(context.Background(), []string{"version"}, nil, failingWriter{err}, &stderr)
		if code != exitOK || stderr.Len() > 0 {
			t.Errorf("%v: exit code %d, stderr %q; want a quiet end", err, code, stderr.String())
		}
	}
}

func TestRunReportsAFullDisk(t *testing.T) {
	var stderr bytes.Buffer
	code := run(context.Background(), []string{"version"}, nil, failingWriter{syscall.ENOSPC}, &stderr)
	if code != exitFault || !strings.Contains(stderr.String(), syscall.ENOSPC.Error()) {
		t.Errorf("exit code %d, stderr %q; want 3 and the reason", code, stderr.String())
	}
}

func TestRunOwnsUpToAPanic(t *testing.T) {
	for _, debug := range []string{"", "1"} {
		t.Setenv("EGRESSPLAN_DEBUG", debug)
		var stdout, stderr bytes.Buffer
		code := run(context.Background(), []string{"validate", "-"}, panickingReader{}, &stdout, &stderr)
		if code != exitFault || stdout.Len() > 0 {
			t.Errorf("exit code %d, stdout %q; want 3 and nothing", code, stdout.String())
		}
		if !strings.Contains(stderr.String(), `fault of egressplan`) || !strings.Contains(stderr.String(), `slice bounds\u{1b}[2J out of range`) {
			t.Errorf("stderr %q", stderr.String())
		}
		if stack := strings.Contains(stderr.String(), "goroutine"); stack != (debug != "") {
			t.Errorf("EGRESSPLAN_DEBUG=%q: stack printed: %v", debug, stack)
		}
	}
}

func TestExitCodes(t *testing.T) {
	cases := []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errNo, 1},
		{&inputError{}, 2},
		{errReported, 2},
		{errors.New("unknown flag"), 2},
		{&faultError{errors.New("broken")}, 3},
	}
	for _, c := range cases {
		if got := exitCode(c.err); got != c.want {
			t.Errorf("exitCode(%v) = %d, want %d", c.err, got, c.want)
		}
	}
}
