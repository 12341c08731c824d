//go:build linux

package lab

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"egressplan/sim"
)

// traces are what a lab could leave behind.
type traces struct {
	descriptors, goroutines int
	links                   int      // of the caller's namespace
	named                   int      // namespaces with a name
	spaces                  []string // network namespaces that this process is in or holds
}

// without reports whether nothing is there that was not before. There may be
// less: goroutines of earlier tests end when they like.
func (a traces) without(b traces) bool {
	return a.descriptors == b.descriptors && a.goroutines <= b.goroutines && a.links == b.links && a.named == b.named && slices.Equal(a.spaces, b.spaces)
}

func look(t *testing.T) traces {
	t.Helper()
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	links, err := netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	named, _ := os.ReadDir("/run/netns") // mostly not there
	return traces{len(fds), runtime.NumGoroutine(), len(links), len(named), spaces(t, "self")}
}

// spaces are the network namespaces that threads of a process, or of all for
// "[0-9]*", are in or hold open.
func spaces(t *testing.T, process string) []string {
	t.Helper()
	set := map[string]bool{}
	for _, pattern := range []string{"/proc/" + process + "/task/[0-9]*/ns/net", "/proc/" + process + "/fd/*"} {
		paths, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if to, err := os.Readlink(path); err == nil && strings.HasPrefix(to, "net:[") {
				set[to] = true
			}
		}
	}
	var list []string
	for s := range set {
		list = append(list, s)
	}
	slices.Sort(list)
	return list
}

// sameAgain waits until everything is as it was: threads end a little later than
// the goroutines that they belonged to.
func sameAgain(t *testing.T, before traces) {
	t.Helper()
	after := look(t)
	for deadline := time.Now().Add(30 * time.Second); !after.without(before) && time.Now().Before(deadline); after = look(t) {
		time.Sleep(10 * time.Millisecond)
	}
	if !after.without(before) {
		t.Errorf("left behind:\nbefore %+v\nafter  %+v", before, after)
	}
}

// busy is a network with one of each.
func busy() *sim.Network {
	n := sidecar()
	n.Nodes[1].Routes = []sim.Route{{Dst: pfx(serverNet), Next: to(2), Tunnel: true}, via("0.0.0.0/0", 0)}
	return n
}

func TestLeavesNothing(t *testing.T) {
	needLab(t)
	before := look(t)
	for _, p := range []sim.Protocol{sim.TCP, sim.UDP} {
		l, err := Build(busy(), Walk{Packet: query(p)})
		if err != nil {
			t.Fatal(err)
		}
		if n := len(spaces(t, "self")) - len(before.spaces); n != 4 {
			t.Errorf("%d namespaces for 3 nodes and the applications", n)
		}
		if r, err := l.Run(longWait); err != nil || !r.Replied {
			t.Errorf("%v: %+v, %v", p, r, err)
		}
		if r, err := l.Run(longWait); err != nil || r.Verdict != sim.Delivered {
			t.Errorf("%v, once more: %+v, %v", p, r, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		sameAgain(t, before)
	}
}

// TestFailureLeavesNothing: the kernel refuses a node in the middle of building.
func TestFailureLeavesNothing(t *testing.T) {
	needLab(t)
	before := look(t)
	n := busy()
	n.Nodes[2].MTU = 20
	if l, err := Build(n, Walk{Packet: query(sim.TCP)}); err == nil {
		t.Error("built a wire for packets of 20 bytes")
		_ = l.Close()
	}
	sameAgain(t, before)
}

// childVariable makes the test binary be the process that is killed.
const childVariable = "EGRESSPLAN_LAB_CHILD"

func runChild(how string) int {
	n := busy()
	n.Nodes[2].Ingress = only() // nothing arrives, so the walk goes on
	l, err := Build(n, Walk{Packet: query(sim.TCP)})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("built")
	if how == "panic" {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin) // until it is closed
			panic("in the middle of a walk")
		}()
	}
	_, _ = l.Run(time.Minute)
	return 0
}

// TestDeathLeavesNothing kills a process in the middle of a walk.
func TestDeathLeavesNothing(t *testing.T) {
	needLab(t)
	before := look(t)
	for _, how := range []string{"panic", "interrupt", "kill"} {
		left := deathOf(t, how)
		for deadline := time.Now().Add(30 * time.Second); len(left) > 0 && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
			// A number may be another's a moment later: once gone is gone.
			now := spaces(t, "[0-9]*")
			left = slices.DeleteFunc(left, func(s string) bool { return !slices.Contains(now, s) })
		}
		if len(left) > 0 {
			t.Errorf("after %s: %v", how, left)
		}
		sameAgain(t, before)
	}
}

// deathOf starts a child and reports the namespaces it had before it died.
func deathOf(t *testing.T, how string) []string {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+how)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "built\n" {
		t.Errorf("the child says %q, %v", line, err)
	}
	had := slices.DeleteFunc(spaces(t, strconv.Itoa(cmd.Process.Pid)), func(s string) bool { return slices.Contains(spaces(t, "self"), s) })
	if len(had) != 4 {
		t.Errorf("the child has %d namespaces for 3 nodes and the applications", len(had))
	}
	switch how {
	case "panic":
		err = in.Close()
	case "interrupt":
		err = cmd.Process.Signal(syscall.SIGINT)
	case "kill":
		err = cmd.Process.Kill()
	}
	if err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := cmd.Wait(); err == nil {
		t.Error("the child ended well")
	}
	return had
}
