//go:build !linux

package lab

import (
	"errors"
	"net/netip"
	"runtime"
	"time"

	"egressplan/sim"
)

var errSystem = errors.New("the lab needs Linux network namespaces, which " + runtime.GOOS + " does not have")

// Lab needs Linux.
type Lab struct{}

// Available says why there is no lab here.
func Available() error { return errSystem }

// Build always fails.
func Build(*sim.Network, Walk) (*Lab, error) { return nil, errSystem }

// Run always fails.
func (*Lab) Run(time.Duration) (Result, error) { return Result{}, errSystem }

// Open always fails.
func (*Lab) Open(int, time.Duration, ...netip.Addr) (int, error) { return 0, errSystem }

// Close does nothing.
func (*Lab) Close() error { return nil }
