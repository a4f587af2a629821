"""What an earlier trial found of each alteration: the floor that ours is held to.

Percent of 50 photographs, by plain PDQ as HMA asks and by the trial's cascade of views. Names as in `ALTERATIONS`.
"""

from __future__ import annotations

_CROPS = {f"crop {percent} %, {how}": (0, 0) for percent in (5, 10, 20, 30) for how in ("random", "centred")}
_EASY = (
    "identity", "JPEG 90", "JPEG 70", "JPEG 50", "JPEG 30", "width x 1.25", "mosaic 10 %", "brightness 1.4",
    "brightness 0.6", "contrast 1.6", "sepia", "gamma 2", "blur", "noise",
)  # fmt: skip

#: Name -> (plain, cascade).
TRIAL: dict[str, tuple[int, int]] = {
    **dict.fromkeys(_EASY, (100, 100)),
    "half size": (96, 96),
    "quarter size": (98, 98),
    "messenger": (98, 98),
    "three generations": (98, 98),
    "grey": (98, 98),
    "inverted colours": (0, 100),
    "screenshot, black bars": (0, 100),
    "screenshot, white bars": (0, 88),
    "screenshot in a chat": (0, 86),
    "crop 2 %, random": (56, 56),
    "crop 2 %, centred": (92, 92),
    **_CROPS,
    **{f"top {percent} % cut off": (0, 0) for percent in (10, 20, 30)},
    "mirror": (0, 98),
    "quarter turn": (0, 98),
    "half turn": (0, 88),
    "tilt +2°, black corners": (6, 6),
    "tilt -2°, inscribed crop": (4, 4),
    **{f"tilt +{degrees}°, black corners": (0, 0) for degrees in (5, 10)},
    **{f"tilt -{degrees}°, inscribed crop": (0, 0) for degrees in (5, 10)},
    "watermark": (26, 26),
    "caption bar": (62, 62),
    "emoji, 5 %": (30, 30),
    "emoji, 12 %": (0, 0),
    "three emoji, 3 % each": (16, 16),
    "blurred box 10 %": (68, 68),
    "black box 10 %": (4, 4),
    "mosaic 25 %": (90, 90),
    "blurred box 25 %": (4, 4),
    "collage 2x2": (0, 90),
    "collage 2x2, gap": (0, 34),
    "collage 1x2": (0, 82),
    "collage 3x3": (0, 84),
    "picture in picture 60 %": (0, 60),
    "picture in picture 40 %": (0, 38),
    "inset 25 %": (26, 26),
    "inset 35 %": (2, 2),
    "white border 5 %": (0, 88),
    "black border 15 %": (0, 100),
    "meme strip": (0, 88),
    "photo of a screen, bezel": (0, 14),
    "photo of a screen, tight": (12, 12),
    "mirror + crop 10 % + bar": (0, 0),
    "screenshot + mirror": (0, 98),
    "crop 10 % + mosaic + watermark": (0, 0),
    "chat + crop 10 % + emoji": (0, 0),
}
