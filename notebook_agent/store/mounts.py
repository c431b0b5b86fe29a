"""Whether a file lies on another machine, where SQLite's write-ahead log cannot be shared."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

__all__ = ["SETTING", "file_system", "network_of"]

SETTING: Final = "NOTEBOOK_AGENT_NETWORK"
"""Environment variable: `1` says that stores lie on a network mount, `0` that they do not."""

_REMOTE: Final = frozenset({
    *("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "9p", "davfs", "vboxsf", "prl_fs"),
    *("ceph", "glusterfs", "lustre", "beegfs", "gpfs", "orangefs", "pvfs2", "ocfs2", "gfs2", "osxfs"),
})
_LOCAL_FUSE: Final = frozenset({"fuse.fuse-overlayfs", "fuse.ntfs-3g", "fuse.mergerfs", "fuse.lxcfs"})
_MOUNTS: Final = Path("/proc/self/mounts")


def network_of(path: Path, environment: Mapping[str, str] = os.environ) -> str | None:
    """The kind of network mount that a path lies on, such as `nfs4`; None on a disk of this machine.

    What the environment variable NOTEBOOK_AGENT_NETWORK says goes first. Otherwise Linux is asked
    for its mounts, and a path of the form `//server/..` tells on any system.
    """
    said = environment.get(SETTING, "")
    if said in {"0", "1"}:
        return f"{SETTING}=1" if said == "1" else None
    if str(path).startswith(("\\\\", "//")):
        return "a share"
    try:
        kind = file_system(PurePosixPath(path), _MOUNTS.read_text().splitlines())
    except OSError:
        return None
    return kind if _is_remote(kind) else None


def file_system(path: PurePosixPath, mounts: Iterable[str]) -> str:
    """The type of the file system under an absolute path; `mounts` are lines of the form of fstab(5)."""
    parents = {str(path), *map(str, path.parents)}
    best, kind = "", ""
    for line in mounts:
        fields = line.split()
        if len(fields) < 3:  # noqa: PLR2004 (device, place, type)
            continue
        place = _unescape(fields[1])
        if place in parents and len(place) >= len(best):
            best, kind = place, fields[2]
    return kind


def _is_remote(kind: str) -> bool:
    return kind in _REMOTE or (kind.startswith("fuse.") and kind not in _LOCAL_FUSE)


def _unescape(place: str) -> str:
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        place = place.replace(code, char)
    return place
