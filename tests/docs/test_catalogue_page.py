"""The page of all movements is what the catalogue says."""

import re
from pathlib import Path

import matplotlib
import pytest

from rom_tracker.movements import load_catalogue
from rom_tracker.pictures.catalogue_page import FOLDER, PAGE, PICTURES, write_page

ROOT = Path(__file__).parents[2]
AGAIN = "write it anew: python -m rom_tracker.pictures.catalogue_page"
CATALOGUE = load_catalogue()
TEXT = (FOLDER / PAGE).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    (folder / PICTURES).mkdir()
    (folder / PICTURES / "gone.svg").touch()
    write_page(folder)
    return folder


def locked_version(package: str) -> str:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    return re.findall(rf"^{package}==([\w.]+)", lock, flags=re.MULTILINE)[0]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / PICTURES).iterdir())


def test_the_page_is_up_to_date(written):
    assert (written / PAGE).read_text(encoding="utf-8") == TEXT, AGAIN


def test_there_is_one_picture_for_every_movement(written):
    assert names(written) == names(FOLDER) == sorted(f"{key}.svg" for key in CATALOGUE.movements), AGAIN


@pytest.mark.skipif(matplotlib.__version__ != locked_version("matplotlib"), reason="another matplotlib draws other bytes")
@pytest.mark.parametrize("key", CATALOGUE.movements)
def test_the_pictures_are_up_to_date(written, key):
    name = f"{key}.svg"
    assert (written / PICTURES / name).read_bytes() == (FOLDER / PICTURES / name).read_bytes(), AGAIN


def test_the_pictures_are_small():
    assert max(path.stat().st_size for path in (FOLDER / PICTURES).iterdir()) < 20_000


def test_every_movement_and_every_one_that_cannot_be_measured_is_on_the_page():
    for entry in (*CATALOGUE.movements.values(), *CATALOGUE.unmeasurable.values()):
        assert f"`{entry.key}`" in TEXT


def test_links_of_the_page_lead_somewhere():
    anchors = {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", TEXT, flags=re.MULTILINE)}
    targets = re.findall(r'\]\(([^)]+)\)|src="([^"]+)"', TEXT)
    assert len(targets) > 2 * len(CATALOGUE.movements)
    for target in (link or picture for link, picture in targets):
        if target.startswith("#"):
            assert target[1:] in anchors
        elif "://" not in target:
            assert (FOLDER / target).exists(), target
