package badger

import (
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// fileSync syncs a file's data while only the goroutine waits that asked for it.
//
// A goroutine in a system call holds its processor of Go's scheduler until the
// runtime's monitor takes it away, which is later than most syncs take: with one
// processor nothing else runs while the disk is waited for (measured with 32
// callers that record: 5 % of the time). So the kernel is asked to sync on its
// own (io_submit(2), IOCB_CMD_FDSYNC, since Linux 4.18) and to say through an
// eventfd, which the runtime polls like a socket, when it is done. Where it
// cannot be asked, as in a sandbox that forbids it, fdatasync(2) does the same.
//
// It is used by one goroutine at a time.
type fileSync struct {
	context uintptr  // 0: the kernel cannot be asked
	done    *os.File // the eventfd
	doneFD  uint32
	// What the kernel reads and writes during a call.
	control *controlBlock
	list    [1]*controlBlock
	event   completion
}

// controlBlock is the kernel's struct iocb.
type controlBlock struct {
	_      [2]uint64
	opcode uint16
	_      int16
	fd     uint32
	_      [4]uint64
	flags  uint32
	notify uint32
}

// completion is the kernel's struct io_event.
type completion struct {
	_      [2]uint64
	result int64
	_      int64
}

const (
	commandFDSync = 3 // IOCB_CMD_FDSYNC
	flagNotify    = 1 // IOCB_FLAG_RESFD
)

func newFileSync() *fileSync {
	s := &fileSync{control: new(controlBlock)}
	s.list[0] = s.control
	fd, err := unix.Eventfd(0, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		return s
	}
	s.done, s.doneFD = os.NewFile(uintptr(fd), "eventfd"), uint32(fd)
	if _, _, no := unix.Syscall(unix.SYS_IO_SETUP, 1, uintptr(unsafe.Pointer(&s.context)), 0); no != 0 {
		s.context = 0
	}
	return s
}

// sync returns when all that was written to f would survive a failure of the
// machine.
func (s *fileSync) sync(f *os.File) error {
	if s.context == 0 || !s.submit(f) {
		return unix.Fdatasync(int(f.Fd()))
	}
	var count [8]byte
	_, _ = s.done.Read(count[:]) // where this does not wait, the next call does
	for {
		got, _, no := unix.Syscall6(unix.SYS_IO_GETEVENTS, s.context, 1, 1, uintptr(unsafe.Pointer(&s.event)), 0, 0)
		if got == 1 {
			break
		}
		if no != unix.EINTR {
			return os.NewSyscallError("io_getevents", no)
		}
	}
	if s.event.result < 0 {
		return os.NewSyscallError("fdatasync", unix.Errno(-s.event.result))
	}
	return nil
}

// submit asks the kernel to sync f; false where it will not.
func (s *fileSync) submit(f *os.File) bool {
	*s.control = controlBlock{opcode: commandFDSync, fd: uint32(f.Fd()), flags: flagNotify, notify: s.doneFD}
	taken, _, _ := unix.Syscall(unix.SYS_IO_SUBMIT, s.context, 1, uintptr(unsafe.Pointer(&s.list)))
	return taken == 1
}

func (s *fileSync) close() {
	if s.context != 0 {
		_, _, _ = unix.Syscall(unix.SYS_IO_DESTROY, s.context, 0, 0)
		s.context = 0
	}
	if s.done != nil {
		_ = s.done.Close() // it was only read
	}
}
