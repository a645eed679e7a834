package main

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// machineLine is what figures must be read with.
type machineLine struct {
	CPU        string `json:"cpu"`
	Cores      int    `json:"cores"`
	RAM        string `json:"ram"`
	Kernel     string `json:"kernel"`
	Go         string `json:"go"`
	PostgreSQL string `json:"postgresql"`
	Chromium   string `json:"chromium"`
	Load       string `json:"load"`           // of the last minute when the run ended
	Others     string `json:"other_programs"` // processor time that went to programs not of this run
}

func (m machineLine) String() string {
	return fmt.Sprintf("%s, %d cores, %s; Linux %s, %s, PostgreSQL %s, Chromium %s; load %s at the end, other programs had %s of the processors",
		m.CPU, m.Cores, m.RAM, m.Kernel, m.Go, m.PostgreSQL, m.Chromium, m.Load, m.Others)
}

// machine describes where the run took place. The server's version is left out when no
// figure needed the hub.
func machine(postgres, chromium string) machineLine {
	m := machineLine{CPU: procLine("/proc/cpuinfo", "model name"), Cores: runtime.NumCPU(), Go: runtime.Version(), PostgreSQL: cmp.Or(postgres, "not started"), Chromium: cmp.Or(chromium, "not started")}
	if kib, err := strconv.Atoi(strings.TrimSuffix(procLine("/proc/meminfo", "MemTotal"), " kB")); err == nil {
		m.RAM = fmt.Sprintf("%.0f GiB", float64(kib)/(1<<20))
	}
	m.Kernel = strings.TrimSpace(readOr("/proc/sys/kernel/osrelease", "unknown"))
	m.Load, _, _ = strings.Cut(readOr("/proc/loadavg", "unknown"), " ")
	return m
}

// share holds the start of a run, to tell at its end how much of the machine it had.
type share struct {
	start     time.Time
	busy, own time.Duration
}

func startShare() share { return share{time.Now(), busyTime(), runTime()} }

// others is the part of all processors that programs not of this run had.
func (s share) others() string {
	all := time.Since(s.start) * time.Duration(runtime.NumCPU())
	theirs := (busyTime() - s.busy) - (runTime() - s.own)
	return fmt.Sprintf("%.0f %%", 100*max(theirs.Seconds(), 0)/all.Seconds())
}

// runTime is the processor time of this process and of its ended children and theirs.
func runTime() time.Duration {
	var children syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &children); err != nil {
		return 0 // cannot be: both arguments are valid
	}
	return ownTime() + time.Duration(children.Utime.Nano()+children.Stime.Nano())
}

// busyTime is what all processors did so far: user, nice, system and interrupts of the
// first line of /proc/stat.
func busyTime() time.Duration {
	first, _, _ := strings.Cut(readOr("/proc/stat", ""), "\n")
	f := strings.Fields(first)
	if len(f) < 8 {
		return 0
	}
	ticks := 0
	for _, i := range []int{1, 2, 3, 6, 7} {
		n, _ := strconv.Atoi(f[i])
		ticks += n
	}
	return time.Duration(ticks) * time.Second / ticksPerSecond
}

func readOr(path, absent string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return absent
	}
	return string(b)
}

// procLine returns the value of the first line "key: value" of a file of the kernel.
func procLine(path, key string) string {
	for line := range strings.Lines(readOr(path, "")) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

// residentKB is the resident memory of a process in kB (of 1,024 bytes).
func residentKB(pid int) (float64, error) {
	value := procLine(fmt.Sprintf("/proc/%d/status", pid), "VmRSS")
	kb, err := strconv.ParseFloat(strings.TrimSuffix(value, " kB"), 64)
	if err != nil {
		return 0, fmt.Errorf("read resident memory: %w", err)
	}
	return kb, nil
}

// ticksPerSecond is USER_HZ, which Linux has fixed at 100 for programs.
const ticksPerSecond = 100

// procStat is one line of /proc/<pid>/stat.
type procStat struct {
	pid, parent  int
	own, waited4 time.Duration // processor time of the process, and of its ended children
}

func readStat(path string) (procStat, bool) {
	b, err := os.ReadFile(path)
	end := bytes.LastIndexByte(b, ')') // the name before it may hold anything
	if err != nil || end < 0 {
		return procStat{}, false
	}
	f := strings.Fields(string(b[end+1:]))
	if len(f) < 15 {
		return procStat{}, false
	}
	n := func(i int) int { v, _ := strconv.Atoi(f[i]); return v }
	ticks := func(i, j int) time.Duration { return time.Duration(n(i)+n(j)) * time.Second / ticksPerSecond }
	pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
	return procStat{pid: pid, parent: n(1), own: ticks(11, 12), waited4: ticks(13, 14)}, true
}

// cpu is processor time used so far.
type cpu struct{ hub, postgres time.Duration }

func (c cpu) since(before cpu) cpu { return cpu{c.hub - before.hub, c.postgres - before.postgres} }

// per says what one of n things cost, in the server of that name and in its database.
func (c cpu) per(n int, server string) string {
	if n == 0 {
		return ""
	}
	us := func(d time.Duration) string { return number(float64(d.Microseconds()) / float64(n)) }
	return fmt.Sprintf("CPU us each: %s %s, PostgreSQL %s", server, us(c.hub), us(c.postgres))
}

// processorTime sums up the hub, and its PostgreSQL with every backend.
func processorTime(hub, postmaster int) cpu {
	var out cpu
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		s, ok := readStat(f)
		switch {
		case !ok:
		case s.pid == hub:
			out.hub += s.own
		case s.pid == postmaster:
			out.postgres += s.own + s.waited4
		case s.parent == postmaster:
			out.postgres += s.own
		}
	}
	return out
}
