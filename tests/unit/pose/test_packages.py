"""What the tools really print when they fail, and the one line that is made of it."""

from __future__ import annotations

import pytest

from rom_tracker.pose import packages


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError(...)': /mediapipe/\n"
            "ERROR: No matching distribution found for mediapipe==0.10.21\n",
            "there is no connection to where it is kept (pip says: No matching distribution found for mediapipe==0.10.21)",
        ),
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n",
            "the disk is full (pip says: Could not install packages due to an OSError: [Errno 28] No space left on device)",
        ),
        ("Segmentation fault\n", "the download failed (pip says: exit code 1)"),
    ],
)
def test_what_pip_prints(output: str, reason: str) -> None:
    assert reason in packages._explain(packages.MEDIAPIPE_WHEEL, 1, output)


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (
            "npm error code ECONNREFUSED\nnpm error syscall connect\n"
            "npm error FetchError: request to there failed, reason: connect ECONNREFUSED 127.0.0.1:9\n"
            "npm error     at ClientRequest.<anonymous> (index.js:130:14)\n",
            "there is no connection to where it is kept (npm says: FetchError: request to there failed, reason: "
            "connect ECONNREFUSED 127.0.0.1:9)",
        ),
        (
            "npm error code ETARGET\nnpm error notarget No matching version found for @mediapipe/holistic@0.5.99.\n",
            "it is not offered where this computer looks for packages, or there is no connection "
            "(npm says: notarget No matching version found",
        ),
    ],
)
def test_what_npm_prints(output: str, reason: str) -> None:
    assert reason in packages._explain(packages.HOLISTIC_TARBALL, 1, output)


@pytest.mark.parametrize("package", packages.PACKAGES, ids=lambda package: package.tool)
def test_every_failure_says_what_to_do(package: packages.Package) -> None:
    message = packages._explain(package, 1, "")
    assert "Connect this computer to the network once and run `rom-tracker models --fetch`." in message
    assert package.command in message
    assert f"`rom-tracker models --from {package.file_name}`" in message
