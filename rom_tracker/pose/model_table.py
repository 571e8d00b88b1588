"""The table of model files, each pinned by the sha256 of its bytes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from rom_tracker.pose import bundles, packages
from rom_tracker.pose.packages import Package


@dataclass(frozen=True, slots=True)
class Model:
    """One model file that the program can use.

    Attributes
    ----------
    key : str
        Its name on the command line and in settings.
    file_name : str
        Its name in `models_folder`.
    sha256 : str
        Of the file, as 64 hexadecimal digits.
    size_bytes : int
        Of the file.
    purpose : str
        What it is for, in a few words for the user.
    """

    key: str
    file_name: str
    sha256: str
    size_bytes: int
    purpose: str

    @property
    def source(self) -> str:
        """The packages whose parts it is made of, for the user to read."""
        return " and ".join(f"{package.requirement} ({package.tool})" for package in packages_of(self.key))


_ALL_MODELS = (
    Model(
        key="pose_full",
        file_name="pose_landmarker_full.task",
        sha256="41037968c5b2e600e0d9ba6c6ff79496f0563c4d135b28e26071fbff8c2ed0cc",
        size_bytes=9_398_544,
        purpose="the body; what most movements are measured with",
    ),
    Model(
        key="pose_lite",
        file_name="pose_landmarker_lite.task",
        sha256="0a447fee2f0c740e230ea2d040aaacfa63b13304e92f00d4f31a571bf4e491e4",
        size_bytes=5_777_984,
        purpose="the body, faster and less accurate",
    ),
    Model(
        key="pose_heavy",
        file_name="pose_landmarker_heavy.task",
        sha256="b675ee8a1df2a30adcd6011a7066bf0bfb5cf7dd84b85d0a516dcae37f5557e2",
        size_bytes=30_665_392,
        purpose="the body; knee, elbow and rotations of the shoulder are measured with it, more exactly",
    ),
    Model(
        key="hand",
        file_name="hand_landmarker.task",
        sha256="aaf5dc391ce1cda387ee696293c4bef6ac305fa8fb9409da0700392d1956a93c",
        size_bytes=7_819_093,
        purpose="the hand, for movements of wrist and forearm",
    ),
    Model(
        key="face",
        file_name="face_landmarker.task",
        sha256="f0b3b0a5d4d6178f537dd587a9fc338d1b08180ba6b1142e7b92ebc76d1ccd52",
        size_bytes=2_733_988,
        purpose="the head, for movements of the neck",
    ),
)
MODELS: dict[str, Model] = {model.key: model for model in _ALL_MODELS}
DEFAULT_MODEL = "pose_full"


def packages_of(key: str, at_hand: Collection[str] = ()) -> list[Package]:
    """The packages that hold the parts of a model, in the order in which they are to be fetched.

    Parameters
    ----------
    key : str
        A key of MODELS.
    at_hand : collection of str
        Names of parts that are not needed from a package.

    Returns
    -------
    list of Package

    Examples
    --------
    >>> [package.tool for package in packages_of("pose_lite")]
    ['pip', 'npm']
    """
    needed = bundles.parts_needed(key) - set(at_hand)
    return [package for package in packages.PACKAGES if package.parts & needed]
