package main

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of the times in /proc/<pid>/stat: USER_HZ is 100 on every
// architecture that Go runs on, whatever the kernel's own clock is.
const tick = 10 * time.Millisecond

// cpuTime is the processor time that a process has used, user and system, to
// a tick.
func cpuTime(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	return parseStat(stat)
}

// parseStat takes utime and stime, fields 14 and 15 of proc_pid_stat(5). Field
// 2, the name, is in parentheses and may hold spaces and parentheses itself.
func parseStat(stat []byte) (time.Duration, error) {
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	const first = 3 // the number of the field behind the name
	if len(fields) <= 15-first {
		return 0, fmt.Errorf("%q is no line of /proc/<pid>/stat", stat)
	}
	var sum time.Duration
	for _, field := range fields[14-first : 16-first] {
		ticks, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/<pid>/stat: %w", err)
		}
		sum += time.Duration(ticks) * tick
	}
	return sum, nil
}

// memory is what a process has resident, in bytes.
type memory struct {
	RSS  int64 `json:"rss"`  // now
	Peak int64 `json:"peak"` // at most, so far
}

func memoryOf(pid int) (memory, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return memory{}, err
	}
	return parseStatus(string(status))
}

// parseStatus takes VmRSS and VmHWM of proc_pid_status(5), which are in KiB.
func parseStatus(status string) (memory, error) {
	var m memory
	for line := range strings.Lines(status) {
		var into *int64
		name, value, _ := strings.Cut(line, ":")
		switch name {
		case "VmRSS":
			into = &m.RSS
		case "VmHWM":
			into = &m.Peak
		default:
			continue
		}
		kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			return memory{}, fmt.Errorf("/proc/<pid>/status: %w", err)
		}
		*into = kib << 10
	}
	if m.RSS == 0 || m.Peak == 0 {
		return memory{}, fmt.Errorf("/proc/<pid>/status has no VmRSS or VmHWM: has the process ended?")
	}
	return m, nil
}
