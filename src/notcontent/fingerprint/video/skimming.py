"""Which packets of an upload are decoded, and which of its frames are taken. Times and bytes in, decisions out.

Of each quarter of a second one frame is taken: the first of an eighth, since those are what is listed of a short video,
and of those one that other frames are made from if there is one, since it is decoded anyway. Packets wait until their
quarter is known. They are decoded when a frame that is taken needs them; where a picture comes that nothing before it
matters for, what still waits is never decoded.

Every frame is the one that reading everything would give. That rests on packets becoming frames, as in every ordinary
file; where one does not, skimming ends for good, so that nobody can hide frames behind broken ones.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from .sampling import ENROLLED_PER_SECOND, ENROLLED_PER_SECOND_IF_SHORT, SECOND, SHORT, Sampler

#: Frames that are taken and that a decoder may hold back to put them in order. With more missing, something is wrong.
_MOST_AWAITED: Final = 32
#: Packets that may wait. A quarter of a second is 60 of them at 240 frames a second.
_MOST_WAITING: Final = 256
_MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
#: How far a packet is searched for where its picture begins.
_HEAD_BYTES: Final = 1024
_MOST_UNITS: Final = 256
_IDR: Final = 5
_SLICES: Final = range(1, 6)


@dataclass(frozen=True, slots=True)
class PictureKind:
    """What the coded picture in a packet is to others. `begins`: none after it is made from one before it."""

    referred: bool
    begins: bool


class H264Kinds:
    """Tells the kinds of H.264's pictures by the first slice of each. Source: ITU-T H.264, §7.3.1 and §7.4.1.

    Where a file turns out to be written otherwise than it says, nothing it says counts from there on: a decoder may
    have followed it.
    """

    def __init__(self, extradata: bytes | None) -> None:
        """`extradata`: the decoder's configuration. Source of the lengths' length: ISO/IEC 14496-15, §5.3.3.1."""
        avcc = extradata is not None and len(extradata) > 4 and extradata[0] == 1
        self._length_bytes = (extradata[4] & 3) + 1 if avcc and extradata is not None else 0
        self._trusted = True

    def of(self, packet: Any) -> PictureKind:
        """The kind of the picture in a packet; where it can't be told, one that nothing is saved on."""
        units = self._with_lengths(memoryview(packet)) if self._length_bytes else self._after_marks(packet)
        self._trusted = self._trusted and units is not None and not packet.has_sidedata("new_extradata")
        slices = (unit for unit in units or () if unit & 31 in _SLICES)
        if not self._trusted or (unit := next(slices, None)) is None:
            return PictureKind(referred=True, begins=False)
        return PictureKind(unit & 0x60 != 0, unit & 31 == _IDR)

    def _with_lengths(self, data: memoryview) -> list[int] | None:
        """The first byte of each unit; None if the lengths don't add up, or could be a mark."""
        units: list[int] = []
        at = 0
        while at + self._length_bytes < len(data) and len(units) < _MOST_UNITS:
            length = int.from_bytes(data[at : at + self._length_bytes], "big")
            at += self._length_bytes
            units.append(data[at])
            at += length
        marked = bytes(data[:4]) == b"\0\0\0\1"
        return units if at == len(data) and not marked else None

    def _after_marks(self, packet: Any) -> list[int]:
        """The first byte of each of the first units."""
        head = bytes(memoryview(packet)[:_HEAD_BYTES])
        return [unit[0] for unit in head.split(b"\0\0\1")[1:] if unit]


@dataclass(frozen=True, slots=True)
class _Waiting:
    packet: Any
    micros: int
    kind: PictureKind


class Skimming:
    """Plans the decoding of one video. Times are microseconds of the file's own clock."""

    def __init__(self, sampler: Sampler, length_micros: int, kinds: H264Kinds | None) -> None:
        """`length_micros` as the file says it, 0 if it does not; `kinds`: None where pictures' kinds can't be told."""
        self._sampler, self._kinds = sampler, kinds
        short = 0 < length_micros < SHORT
        self._grid = Sampler(ENROLLED_PER_SECOND_IF_SHORT if short else ENROLLED_PER_SECOND)
        self._on = True
        self._first: int | None = None
        #: Packets that went to the decoder before the first frame came out.
        self._early: list[tuple[int, bool]] = []
        #: Slots not yet decided -> times of their frames, and whether others are made from them.
        self._open: dict[int, list[tuple[int, bool]]] = defaultdict(list)
        self._decided = 0
        self._chosen: set[int] = set()
        self._wanted: set[int] = set()
        self._given: deque[int] = deque(maxlen=_MOST_WAITING)
        self._queue: deque[_Waiting] = deque()
        #: Decided, and needed only if a later one is.
        self._held: list[_Waiting] = []
        self._waiting_bytes = 0

    def plan(self, packets: Iterable[Any]) -> Iterator[tuple[Any, bool]]:
        """The packets to decode, and of each whether it may be left out if no other frame is made from its own."""
        for packet in packets:
            if packet.pts is None or packet.dts is None:
                # The empty packet at the end, or one that nothing is known of.
                self._decide(None)
                yield from self._ready()
                if packet.size:
                    self.stop()
                    yield from self._all()
                yield packet, False
                continue
            micros = to_micros(packet.pts, packet.time_base)
            kind = self._kinds.of(packet) if self._kinds else PictureKind(referred=True, begins=False)
            if self._on and self._first is not None:
                self._add(_Waiting(packet, micros, kind), to_micros(packet.dts, packet.time_base))
                yield from self._ready()
                continue
            yield from self._all()
            if self._on:
                self._early.append((micros, kind.referred))
                self._given.append(micros)
                self._on = len(self._early) <= _MOST_WAITING
            yield packet, False
        self._decide(None)
        yield from self._ready()

    def takes(self, micros: int) -> bool:
        """Whether the frame that came out is taken."""
        if self._first is None:
            self._begin(micros)
        if self._on and micros not in self._given:
            self.stop()
        wanted = micros in self._wanted
        self._wanted.discard(micros)
        since = micros - (self._first or 0)
        return (wanted or not self._on) and since >= 0 and self._sampler.takes(since)

    def stop(self) -> None:
        """Leave nothing out from here on."""
        self._on = False

    def _begin(self, first: int) -> None:
        self._first = first
        for micros, referred in self._early:
            if self._slot(micros) <= 0:
                self._wanted.add(micros)
            else:
                self._open[self._slot(micros)].append((micros, referred))
        self._chosen.add(0)

    def _slot(self, micros: int) -> int:
        return self._sampler.slot(micros - (self._first or 0))

    def _add(self, waiting: _Waiting, decoded_micros: int) -> None:
        # No frame is shown before it is decoded, so what comes from here on is not of an earlier slot.
        self._decide(self._slot(decoded_micros))
        slot = self._slot(waiting.micros)
        if slot >= self._decided:
            self._open[slot].append((waiting.micros, waiting.kind.referred))
        elif slot not in self._chosen:
            self._choose(slot, waiting.micros)
        self._queue.append(waiting)
        self._waiting_bytes += waiting.packet.size
        if len(self._queue) + len(self._held) > _MOST_WAITING or self._waiting_bytes > _MOST_WAITING_BYTES:
            self.stop()

    def _decide(self, before: int | None) -> None:
        """Choose the frames of the slots before that one; of all, if None."""
        for slot in sorted(self._open):
            if before is None or slot < before:
                self._choose(slot, self._cheapest(self._open.pop(slot)))
                self._decided = max(self._decided, slot + 1)
        self._decided = max(self._decided, before or 0)

    def _cheapest(self, frames: list[tuple[int, bool]]) -> int:
        firsts: dict[int, tuple[int, bool]] = {}
        for frame in sorted(frames):
            firsts.setdefault(self._grid.slot(frame[0] - (self._first or 0)), frame)
        return next((micros for micros, referred in firsts.values() if referred), min(frames)[0])

    def _choose(self, slot: int, micros: int) -> None:
        if slot not in self._chosen:
            self._chosen.add(slot)
            self._wanted.add(micros)

    def _ready(self) -> Iterator[tuple[Any, bool]]:
        """What is decoded now."""
        while self._on and self._queue and self._slot(self._queue[0].micros) < self._decided:
            waiting = self._queue.popleft()
            if waiting.kind.begins:
                self._let_go(self._held)
            self._held.append(waiting)
            if waiting.micros in self._wanted:
                yield from self._give()
        if not self._on:
            yield from self._all()

    def _give(self) -> Iterator[tuple[Any, bool]]:
        given = list(self._held)
        self._let_go(self._held)
        for waiting in given:
            self._given.append(waiting.micros)
            yield waiting.packet, self._on and waiting.micros not in self._wanted
        self._on = self._on and len(self._wanted) <= _MOST_AWAITED

    def _let_go(self, waiting: list[_Waiting]) -> None:
        self._waiting_bytes -= sum(one.packet.size for one in waiting)
        waiting.clear()

    def _all(self) -> Iterator[tuple[Any, bool]]:
        self._held += self._queue
        self._queue.clear()
        yield from self._give()


def to_micros(ticks: int, time_base: Any) -> int:
    """Ticks of a clock as microseconds, rounded half up, in whole numbers."""
    scaled = 2 * ticks * SECOND * time_base.numerator + time_base.denominator
    return int(scaled // (2 * time_base.denominator))
