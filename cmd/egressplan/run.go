package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"syscall"

	"egressplan/planner/finding"
	"egressplan/planner/inventory"
)

// The exit codes are a promise to scripts.
const (
	exitOK    = 0 // done
	exitNo    = 1 // done, and the answer is no: nothing feasible, no room, a flow that does not get through
	exitInput = 2 // bad usage or bad input; standard error says what
	exitFault = 3 // egressplan itself failed, or its output could not be written
)

// errNo is returned by a command that has written its answer, and the answer is
// no.
var errNo = errors.New("the answer is no")

// errReported is returned by a command that has written what is wrong with its
// input as its result.
var errReported = errors.New("the input has problems")

// inputError carries everything wrong with the input.
type inputError struct {
	problems []finding.Problem
	sources  []inventory.Source
}

func (e *inputError) Error() string {
	return fmt.Sprintf("%s in the input", count(len(e.problems), "problem"))
}

// faultError is a failure of the tool, not of its user.
type faultError struct{ err error }

func (e *faultError) Error() string { return e.err.Error() }
func (e *faultError) Unwrap() error { return e.err }

// run does what the command line asks and returns the exit code. Results go to
// stdout in one go at the end, everything else to stderr.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	defer func() {
		if p := recover(); p != nil {
			reportPanic(stderr, p)
			code = exitFault
		}
	}()
	out := bufio.NewWriter(stdout)
	root := newRoot(&session{in: stdin, out: out, width: outputWidth(stdout), bold: boldAllowed(stdout)})
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(out)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	code = exitCode(err)
	if werr := out.Flush(); werr != nil && !errors.Is(werr, syscall.EPIPE) && !errors.Is(werr, io.ErrClosedPipe) {
		err, code = &faultError{fmt.Errorf("writing the output: %w", werr)}, exitFault
	}
	complain(stderr, err)
	return code
}

// exitCode maps what a command returned. Whatever is neither an answer nor a
// fault is the user's to mend: flags, arguments, files.
func exitCode(err error) int {
	var fault *faultError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errNo):
		return exitNo
	case errors.As(err, &fault):
		return exitFault
	default:
		return exitInput
	}
}

// complain says on standard error why a command did not answer.
func complain(w io.Writer, err error) {
	var input *inputError
	switch {
	case err == nil, errors.Is(err, errNo), errors.Is(err, errReported):
	case errors.As(err, &input):
		writeProblems(w, input)
	default:
		// cobra's suggestions come on lines of their own
		text := strings.TrimSpace(strings.ReplaceAll(err.Error(), "\t", "  "))
		for i, line := range strings.Split(text, "\n") {
			prefix := ""
			if i == 0 {
				prefix = "egressplan: "
			}
			fmt.Fprintln(w, prefix+escape(line))
		}
	}
}

// reportPanic owns up to a bug without drowning the user in a stack.
func reportPanic(w io.Writer, p any) {
	fmt.Fprintf(w, "egressplan: this is a fault of egressplan, not of your input: %s\n", escape(fmt.Sprint(p)))
	if os.Getenv("EGRESSPLAN_DEBUG") == "" {
		fmt.Fprintln(w, "Set EGRESSPLAN_DEBUG=1 to see where it happened, and please report it.")
		return
	}
	fmt.Fprintf(w, "%s", debug.Stack())
}
