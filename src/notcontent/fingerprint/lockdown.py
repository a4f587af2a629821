"""What a worker gives up before it sees a stranger's bytes: new files, sockets, processes, memory beyond its share.

Limits (`RLIMIT_*`) hold on every Unix. On Linux on x86-64 and arm64 a seccomp filter lets through only the few system
calls that arithmetic, memory and the pipes need; all others fail with EPERM.
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import signal
import struct
import sys
from enum import Enum
from typing import Final

#: Machine -> (its number in the kernel's audit table, system calls that stay open). Sources: linux/audit.h,
#: arch/x86/entry/syscalls/syscall_64.tbl and include/uapi/asm-generic/unistd.h.
_ALLOWED: Final = {
    "x86_64": (
        0xC000003E,
        # read write fstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask rt_sigreturn pread64 readv
        # writev sched_yield mremap madvise nanosleep getitimer setitimer getpid exit gettimeofday getrusage sysinfo
        # times sigaltstack gettid futex sched_getaffinity restart_syscall clock_gettime clock_getres clock_nanosleep
        # exit_group getrandom membarrier rseq
        (0, 1, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 17, 19, 20, 24, 25, 28, 35, 36, 38, 39, 60, 96, 98, 99, 100,
         131, 186, 202, 204, 219, 228, 229, 230, 231, 318, 324, 334),
    ),
    "aarch64": (
        0xC00000B7,
        # lseek read write readv writev pread64 ppoll fstat exit exit_group futex nanosleep getitimer setitimer
        # clock_gettime clock_getres clock_nanosleep sched_getaffinity sched_yield restart_syscall sigaltstack
        # rt_sigaction rt_sigprocmask rt_sigreturn times getrusage gettimeofday getpid gettid sysinfo brk munmap mremap
        # mmap mprotect madvise getrandom membarrier rseq
        (62, 63, 64, 65, 66, 67, 73, 80, 93, 94, 98, 101, 102, 103, 113, 114, 115, 123, 124, 128, 132, 134, 135, 139,
         153, 165, 169, 172, 178, 179, 214, 215, 216, 222, 226, 233, 278, 283, 293),
    ),
}  # fmt: skip

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_SECCOMP: Final = 22
_PR_SET_NO_NEW_PRIVS: Final = 38
_SECCOMP_MODE_FILTER: Final = 2

# Classic BPF: load a word, jump if equal, return.
_LOAD: Final = 0x20
_JUMP_IF_EQUAL: Final = 0x15
_RETURN: Final = 0x06
_ALLOW: Final = 0x7FFF0000
_FAIL_WITH_EPERM: Final = 0x00050001
_KILL_PROCESS: Final = 0x80000000


class Sandbox(Enum):
    """How far a worker is locked in. The value is what it reports in its first message."""

    #: resource limits only: no new file, socket or core dump, bounded memory and CPU
    LIMITS = 1
    #: the limits and a seccomp filter
    SECCOMP = 2


class _SockFprog(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def end_with_parent() -> None:
    """Ask the kernel to kill this process when the one that started it ends (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _bytes_mapped() -> int:
    if sys.platform != "linux":
        return 0
    with open("/proc/self/statm", encoding="ascii") as statm:
        return int(statm.read().split()[0]) * resource.getpagesize()


def _lower(limit: int, value: int) -> None:
    """Set a limit for good. One that the system doesn't know or that was lower already stays as it is."""
    try:
        resource.setrlimit(limit, (value, value))
    except (ValueError, OSError):
        hard = resource.getrlimit(limit)[1]
        if hard not in (resource.RLIM_INFINITY, -1) and hard <= value:
            return
        if limit not in (resource.RLIMIT_AS, resource.RLIMIT_NPROC):
            raise


def _filter_program(audit_arch: int, allowed: tuple[int, ...]) -> bytes:
    """The filter: another architecture dies, a call on the list passes, anything else fails with EPERM."""
    steps = [(_LOAD, 0, 0, 4), (_JUMP_IF_EQUAL, 1, 0, audit_arch), (_RETURN, 0, 0, _KILL_PROCESS), (_LOAD, 0, 0, 0)]
    for position, call in enumerate(allowed):
        steps.append((_JUMP_IF_EQUAL, len(allowed) - position, 0, call))
    steps += [(_RETURN, 0, 0, _FAIL_WITH_EPERM), (_RETURN, 0, 0, _ALLOW)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _install_filter() -> bool:
    table = _ALLOWED.get(platform.machine())
    if sys.platform != "linux" or table is None or struct.calcsize("P") != 8:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    code = _filter_program(*table)
    program = _SockFprog(len(code) // 8, code)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def lock_down(memory_bytes: int, cpu_s: int, highest_descriptor: int = 2) -> Sandbox:
    """Give up everything that arithmetic on given bytes doesn't need. There is no way back for this process.

    `memory_bytes` comes on top of what is mapped now; `cpu_s` is for the whole life of the process;
    descriptors up to `highest_descriptor` stay, and no new one can be opened.
    """
    os.environ.clear()
    os.chdir("/")
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NPROC, 0)
    _lower(resource.RLIMIT_CPU, cpu_s)
    _lower(resource.RLIMIT_AS, _bytes_mapped() + memory_bytes)
    _lower(resource.RLIMIT_NOFILE, highest_descriptor + 1)
    return Sandbox.SECCOMP if _install_filter() else Sandbox.LIMITS
