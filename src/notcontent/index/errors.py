"""What can go wrong with an index's folder. In every case but two its owner fills it again from what it holds."""

from __future__ import annotations

from notcontent.errors import NotContentError


class NotAFingerprint(NotContentError):
    """A value or a query is not 256 bits, or there are not as many ids as values."""


class IndexFault(NotContentError):
    """The folder of an index can't be used as it is."""


class IndexMissing(IndexFault):
    """There is no index in the folder, or a file of it is gone."""


class IndexTruncated(IndexFault):
    """A file of the index is shorter or longer than it says."""


class IndexCorrupt(IndexFault):
    """Bytes of the index are not those that were written."""


class IndexForeign(IndexFault):
    """A file is no index, or was written by another version."""


class OtherSeed(IndexFault):
    """The index was made with another secret permutation."""


class IndexInUse(IndexFault):
    """Another process writes this index already."""

    permanent = False
