"""Exceptions of the system and of other libraries: what they are about, and what to do.

Nothing is imported for it: classes are known by their package and name.
"""

from __future__ import annotations

import errno

_WRITABLE = "Choose a folder you may write to, or change its permissions."
_LIMITS = "Close other programs, or raise the limit (ulimit), then run again."
_DISK = "Check the disk and the system's log, then run again."
STORAGE_REMEDIES = {
    errno.ENOSPC: "Free disk space, or choose an output folder on a larger disk.",
    errno.EDQUOT: "Free disk space, or ask for a larger quota.",
    errno.EFBIG: "Choose a folder on a file system that holds larger files.",
    errno.EACCES: _WRITABLE,
    errno.EPERM: _WRITABLE,
    errno.EROFS: "Choose a folder on a writable file system.",
    errno.EIO: _DISK,
    errno.EUCLEAN: _DISK,
    errno.ENXIO: _DISK,
    errno.ENODEV: _DISK,
    errno.ESTALE: "Check that the network folder is still mounted, then run again.",
    errno.EREMOTEIO: "Check that the network folder is still mounted, then run again.",
    errno.ENOLCK: "Choose a folder on a file system with locks.",
    errno.EBUSY: "Run again when no other program uses it.",
    errno.ETXTBSY: "Run again when no other program uses it.",
    errno.EMFILE: _LIMITS,
    errno.ENFILE: _LIMITS,
    errno.EAGAIN: _LIMITS,
}
"""What to do after the errors of storage and of the system's limits."""
_NETWORK = {
    *(errno.ECONNREFUSED, errno.ECONNRESET, errno.ECONNABORTED, errno.ETIMEDOUT, errno.ENOTCONN),
    *(errno.EHOSTUNREACH, errno.EHOSTDOWN, errno.ENETUNREACH, errno.ENETDOWN, errno.ENETRESET),
    *(errno.EADDRINUSE, errno.EADDRNOTAVAIL),
}
PATH_REMEDIES = {
    errno.ENOENT: "Check the path. If it is a file of a run, it was deleted: run again from the start.",
    errno.ENOTDIR: "Check the path: a part of it is a file where a folder is needed.",
    errno.EISDIR: "Check the path: a file is needed, and this is a folder.",
    errno.EEXIST: "Choose another path: a file is where a folder is needed.",
    errno.ENOTEMPTY: "Choose another path, or empty the folder.",
    errno.ENAMETOOLONG: "Choose shorter names.",
    errno.ELOOP: "Check the path: its links lead in a circle.",
    errno.EILSEQ: "Rename the file: this file system cannot store its name.",
    errno.EINVAL: "Check the file: it is damaged, or of another kind.",
    errno.EOVERFLOW: "Check the file: it is damaged, or of another kind.",
    errno.ESPIPE: "Give a file, not a pipe or a device.",
}
"""What to do after the errors of a wrong path, and of positions in a file that its damaged header names."""
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
_NETWORK_PACKAGES = {"socket", "ssl", "http", "urllib", "urllib3", "requests", "minio"}
_DECODERS = {
    *(("PIL", "UnidentifiedImageError"), ("PIL", "DecompressionBombError")),
    *(("zipfile", "BadZipFile"), ("tarfile", "TarError"), ("gzip", "BadGzipFile")),
    *(("zlib", "error"), ("lzma", "LZMAError"), ("struct", "error"), ("builtins", "UnicodeDecodeError")),
    *(("json", "JSONDecodeError"), ("xml", "ParseError"), ("yaml", "YAMLError")),
}
"""Packages and exceptions that say that data is damaged, or not of the expected kind."""
_OUT_OF_MEMORY = (
    *("out of memory", "STATUS_ALLOC_FAILED", "DefaultCPUAllocator", "bad_alloc"),
    *("Cannot allocate memory", "can't allocate memory"),
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether host or GPU memory ran out: torch, Triton, cuBLAS and COLMAP also raise plain RuntimeErrors."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(text in str(error) for text in _OUT_OF_MEMORY)


def is_of_network(error: BaseException) -> bool:
    """Whether a connection failed."""
    if isinstance(error, OSError) and error.errno in _NETWORK:
        return True
    of_library = bool(_NETWORK_PACKAGES & {package for package, _ in _names(error)})
    return of_library or isinstance(error, ConnectionError | TimeoutError)


def is_of_decoder(error: BaseException) -> bool:
    """Whether a decoder or parser found data that it cannot read."""
    names = _names(error)
    if ("av", "FFmpegError") in names:  # its other numbers, such as EIO, also stand for damaged films
        return not (isinstance(error, OSError) and error.errno in _FULL)
    is_unnumbered = isinstance(error, OSError) and error.errno is None
    return bool(_DECODERS & names) or is_unnumbered


def _names(error: BaseException) -> set[tuple[str, str]]:
    """Package and name of the error's class and of all its bases."""
    classes = type(error).__mro__
    return {(each.__module__.partition(".")[0].lstrip("_"), each.__name__) for each in classes}
