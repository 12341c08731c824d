package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// child is a run of the command as a process of its own.
type child struct {
	*exec.Cmd
	stdout, stderr bytes.Buffer
}

func newChild(args ...string) *child {
	c := &child{Cmd: exec.Command("egressplan", args...)}
	c.Stdout, c.Stderr = &c.stdout, &c.stderr
	return c
}

// ended is the exit code of a process, or minus the signal that ended it.
func ended(t *testing.T, err error) int {
	t.Helper()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if exit == nil {
		return 0
	}
	if status := exit.Sys().(syscall.WaitStatus); status.Signaled() {
		return -int(status.Signal())
	}
	return exit.ExitCode()
}

func bankCopy(t *testing.T, dir string) {
	t.Helper()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("..", "..", "fixtures", "plans", "bank"))); err != nil {
		t.Fatal(err)
	}
}

// deliver lets the processes that a test starts get a signal, also where this one
// was started to ignore it, as behind nohup: what is caught here has its default
// again after exec.
func deliver(t *testing.T, s os.Signal) {
	caught := make(chan os.Signal, 1)
	signal.Notify(caught, s)
	t.Cleanup(func() { signal.Stop(caught) })
}

// An interrupt, a request to end, and a closed terminal end the process as they
// end any, with nothing on standard output. That the process is at work is known
// from its input: more than a pipe holds has been read.
func TestInterruptEndsAtOnce(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		deliver(t, s)
		c := newChild("recommend", "-")
		in, err := c.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(in, strings.Repeat("# a plan\n", 1<<20/9)); err != nil {
			t.Fatal(err)
		}
		if err := c.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		if got := ended(t, c.Wait()); got != -int(s) || c.stdout.Len()+c.stderr.Len() > 0 {
			t.Errorf("%v: ended by %d, stdout %q, stderr %q", s, got, c.stdout.String(), c.stderr.String())
		}
	}
}

// heldDir tells the process that the test below starts what to do.
const heldDir = "EGRESSPLAN_TEST_HELD"

// An interrupt while a file is put in place takes effect once it is there, and
// then as an interrupt.
func TestInterruptWaitsForAFile(t *testing.T) {
	if dir := os.Getenv(heldDir); dir != "" {
		interruptedInWork(dir)
	}
	deliver(t, syscall.SIGINT)
	for name, ignored := range map[string]bool{"": false, "nohup": true} {
		dir := t.TempDir()
		c := exec.Command(os.Args[0], "-test.run=^TestInterruptWaitsForAFile$")
		if ignored {
			c = exec.Command("sh", "-c", `trap "" INT HUP TERM; exec "$0" "$@"`, os.Args[0], "-test.run=^TestInterruptWaitsForAFile$")
		}
		c.Env = append(os.Environ(), heldDir+"="+dir)
		got := ended(t, c.Run())
		want, files := -int(syscall.SIGINT), "file"
		if ignored { // and goes on where signals are ignored
			want, files = 7, "behind file"
		}
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		var left []string
		for _, e := range entries {
			left = append(left, e.Name())
		}
		if got != want || strings.Join(left, " ") != files {
			t.Errorf("%s: ended by %d, left %q; want %d, %q", name, got, left, want, files)
		}
	}
}

// interruptedInWork interrupts itself in the midst of work that must not be cut.
func interruptedInWork(dir string) {
	write := func(name string) error { return renameOver(filepath.Join(dir, name), []byte("whole")) }
	err := uninterrupted(func() error {
		if err := syscall.Kill(os.Getpid(), syscall.SIGINT); err != nil {
			return err
		}
		return write("file")
	})
	if err != nil || write("behind") != nil {
		os.Exit(8)
	}
	os.Exit(7)
}

// A full disk behind standard output is a fault, whatever is written there.
func TestFullDiskBehindStandardOutput(t *testing.T) {
	plan := filepath.Join("..", "..", "fixtures", "plans", "bank")
	for _, args := range [][]string{{"--help"}, {"version"}, {"schema"}, {"validate", plan}, {"recommend", plan}, {"recommend", "-o", "json", plan},
		{"simulate", "-o", "markdown", plan}, {"review", plan}} {
		full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		c := newChild(args...)
		c.Stdout = full
		got := ended(t, c.Run())
		full.Close()
		if got != exitFault || c.stderr.String() != "egressplan: writing the output: write /dev/stdout: no space left on device\n" {
			t.Errorf("%q: exit code %d, stderr %q", args, got, c.stderr.String())
		}
	}
}

// A reader that closes the pipe gets no complaint, and the exit code is the
// answer's.
func TestClosedPipe(t *testing.T) {
	plans := filepath.Join("..", "..", "fixtures", "plans")
	for want, args := range [][]string{
		exitOK: {"recommend", "-o", "json", "--detail", "all", filepath.Join(plans, "bank")},
		exitNo: {"simulate", "--pattern", "vpc-subnet-cidr", "-o", "json", filepath.Join(plans, "archetype-cilium")},
	} {
		c := newChild(args...)
		c.Stdout = nil
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		// One byte of a great many has arrived, so the process is writing.
		if _, err := io.ReadFull(out, make([]byte, 1)); err != nil {
			t.Error(err)
		}
		out.Close()
		if got := ended(t, c.Wait()); got != want || c.stderr.Len() > 0 {
			t.Errorf("%q: exit code %d, want %d; stderr %q", args, got, want, c.stderr.String())
		}
	}
}

// mounted is a small file system of its own, for who may mount one.
func mounted(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("mounting a small file system: %v", err)
		}
		t.Skipf("mounting a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// contentsOf are the files of a directory.
func contentsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(data)
	}
	return files
}

// writers are the commands that write a file into a directory, in the midst of
// others.
func writers(dir string) [][]string {
	return [][]string{
		{"cidr", "--write", "--pattern", "vpc-subnet-cidr", dir},
		{"review", "--out", filepath.Join(dir, "review.md"), dir},
	}
}

// A disk that is full leaves what was there, and nothing else.
func TestFullDiskBehindAFile(t *testing.T) {
	dir := mounted(t, "size=256k")
	bankCopy(t, dir)
	lock := filepath.Join(dir, "allocations.lock.yaml")
	if got := ended(t, newChild(writers(dir)[0]...).Run()); got != exitOK {
		t.Fatalf("exit code %d where there is room", got)
	}
	data, err := os.ReadFile(lock)
	if err != nil {
		t.Fatal(err)
	}
	// An older lock, so that there is something to write.
	if err := os.WriteFile(lock, data[:bytes.LastIndex(data[:len(data)-1], []byte("\n"))+1], 0o644); err != nil {
		t.Fatal(err)
	}
	fill, err := os.Create(filepath.Join(dir, "fill"))
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = fill.Write(make([]byte, 4096))
	}
	fill.Close()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatal(err)
	}
	before := contentsOf(t, dir)
	for _, args := range writers(dir) {
		c := newChild(args...)
		got := ended(t, c.Run())
		if got != exitFault || !strings.Contains(c.stderr.String(), "no space left on device") || strings.Count(c.stderr.String(), "\n") != 1 {
			t.Errorf("%q: exit code %d, stderr %q", args, got, c.stderr.String())
		}
		sameFiles(t, args, before, contentsOf(t, dir))
	}
}

// A file system that may not be written is the user's to mend.
func TestReadOnlyFileSystem(t *testing.T) {
	dir := mounted(t, "size=256k")
	bankCopy(t, dir)
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	before := contentsOf(t, dir)
	for _, args := range append(writers(dir), []string{"init", filepath.Join(dir, "new")}) {
		c := newChild(args...)
		got := ended(t, c.Run())
		if got != exitInput || !strings.Contains(c.stderr.String(), "read-only file system") || strings.Count(c.stderr.String(), "\n") != 1 {
			t.Errorf("%q: exit code %d, stderr %q", args, got, c.stderr.String())
		}
		sameFiles(t, args, before, contentsOf(t, dir))
	}
}

func sameFiles(t *testing.T, args []string, before, after map[string]string) {
	t.Helper()
	for name, content := range before {
		if after[name] != content {
			t.Errorf("%q: %s was changed", args, name)
		}
	}
	for name := range after {
		if _, was := before[name]; !was {
			t.Errorf("%q: %s was left behind", args, name)
		}
	}
}

// What a hostile file costs in memory is bounded by what it may hold: 512 bytes a
// value, of which a file has at most 10 million, and some copies of the file.
// (A node of yaml.v3 takes 160 bytes and its place in a list 8; the collector lets
// the heap grow to twice what is alive.) The files are small here, and the most
// that the process ever held is the kernel's figure.
func TestMemoryIsBounded(t *testing.T) {
	const size = 512 << 10
	// Built anew, because tests may run with the race detector, which needs memory too.
	binary := filepath.Join(t.TempDir(), "egressplan")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for name, tt := range map[string]struct {
		head, unit string
		values     float64 // in a unit
	}{
		"pairs":     {"{", "a,", 2},
		"lists":     {"[", "[],", 2},
		"dashes":    {"", "-\n", 2},
		"apps":      {"apiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n", "    - {name: a, namespace: b, pods: {min: 1, max: 2}}\n", 12},
		"bad apps":  {"apiVersion: egressplan/v1\nkind: AppInventory\nspec:\n  apps:\n", "    - {}\n", 2},
		"bad keys":  {"apiVersion: egressplan/v1\nkind: Policy\nspec: {", "q: 1,", 2},
		"labels":    {"apiVersion: egressplan/v1\nkind: Policy\nlabels: {", "q: 1,", 2},
		"blocks":    {"apiVersion: egressplan/v1\nkind: Environment\nspec: {reserved: [", "10.0.0.0/8,", 1},
		"documents": {"", "x: y\n---\n", 3},
		"opens":     {"", "[", 1},
		"text":      {"a: ", "x ", 0},
	} {
		n := size / len(tt.unit)
		// What this process held when it forked counts as the child's (getrusage(2)).
		floor := peakOf(t, binary, "# nothing\n") + 32<<20
		most := floor + 4*size + int64(512*tt.values*float64(n))
		got := peakOf(t, binary, tt.head+strings.Repeat(tt.unit, n))
		t.Logf("%s: %d MiB, at most %d", name, got>>20, most>>20)
		if got > most {
			t.Errorf("%s: %d MiB at the most, want %d", name, got>>20, most>>20)
		}
	}
}

// peakOf is the most memory in bytes that validating a file took.
func peakOf(t *testing.T, binary, file string) int64 {
	t.Helper()
	c := newChild("validate", "-")
	c.Path = binary
	c.Stdin = strings.NewReader(file)
	if got := ended(t, c.Run()); got != exitInput {
		t.Fatalf("exit code %d: %.200s", got, c.stderr.String())
	}
	return c.ProcessState.SysUsage().(*syscall.Rusage).Maxrss << 10
}
