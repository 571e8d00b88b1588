"""Who gets in and who does not; a wrong key, a damaged database and a later version are told apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import keyring
import pytest
from keyring.backends.fail import Keyring as NoKeyring
from visits import NAME, PASSPHRASE, Keychain, Visit

from rom_tracker.errors import (
    DamagedStoreError,
    KeyNeededError,
    NewerStoreError,
    NoStoreError,
    OutputError,
    UsageError,
    WrongKeyError,
)
from rom_tracker.store import Store
from rom_tracker.store.keys import HEADER_NAME, Key, Sealed

PAGE = 4096


def test_there_is_nothing_before_it_is_created(folder: Path) -> None:
    assert Store.lock_of(folder) is None
    with pytest.raises(NoStoreError, match="no records"):
        Store.open(folder, passphrase=PASSPHRASE)
    with Store.create(folder, passphrase=PASSPHRASE):
        assert Store.lock_of(folder) == "passphrase"
    with pytest.raises(UsageError, match="already"):
        Store.create(folder, passphrase=PASSPHRASE)


def test_a_wrong_passphrase_is_told_as_such(store: Store, folder: Path) -> None:
    with pytest.raises(WrongKeyError, match="not the passphrase"):
        Store.open(folder, passphrase=PASSPHRASE.upper())
    with pytest.raises(KeyNeededError, match="passphrase is needed"):
        Store.open(folder)


def test_a_short_passphrase_is_refused_and_nothing_is_made(folder: Path, keychain: Keychain) -> None:
    with pytest.raises(UsageError, match="12 characters or more, got 5"):
        Store.create(folder, passphrase="short", keychain=True)
    with pytest.raises(UsageError, match="expected a passphrase"):
        Store.create(folder)
    assert Store.lock_of(folder) is None
    assert not keychain.kept


def test_the_keychain_opens(folder: Path, keychain: Keychain) -> None:
    with Store.create(folder, keychain=True) as created:
        created.clients.add("Ann")
        assert list(keychain.kept) == [("rom_tracker", created.header.id)]
    assert Store.lock_of(folder) == "keychain"
    with Store.open(folder) as opened:
        assert opened.clients.find("Ann")
    keychain.kept.clear()
    with pytest.raises(KeyNeededError, match="not in this user's keychain; unlock"):
        Store.open(folder)


def test_another_key_in_the_keychain_is_told_from_damage(folder: Path, keychain: Keychain) -> None:
    with Store.create(folder, keychain=True) as created:
        keychain.kept["rom_tracker", created.header.id] = "00" * 32
    with pytest.raises(WrongKeyError, match="not theirs"):
        Store.open(folder)


def test_a_system_without_a_keychain_says_so(folder: Path) -> None:
    keyring.set_keyring(NoKeyring())
    assert not Store.has_keychain()
    with pytest.raises(KeyNeededError, match=r"no keychain.*choose a passphrase"):
        Store.create(folder, keychain=True)
    assert Store.lock_of(folder) is None


def test_the_lock_can_be_changed(store: Store, folder: Path, visited: Visit, keychain: Keychain) -> None:
    both = store.change_lock(passphrase="another long passphrase", keychain=True)
    assert Store.lock_of(folder) == "both"
    with pytest.raises(WrongKeyError):
        Store.open(folder, passphrase=PASSPHRASE)
    for passphrase in ("another long passphrase", None):
        with Store.open(folder, passphrase=passphrase) as opened:
            assert opened.measurements.rom(visited.measurements[0].id).peak_deg is not None
    both.change_lock(passphrase=PASSPHRASE)
    assert not keychain.kept
    with pytest.raises(KeyNeededError):
        Store.open(folder)
    with pytest.raises(UsageError):
        both.change_lock()


def test_nothing_is_readable_without_the_key(store: Store, folder: Path, visited: Visit) -> None:
    store.close()
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert len(everything) > 100_000
    for word in (
        b"SQLite format",
        NAME.encode(),
        b"Querfurth",
        b"shoulder_abduction",
        b"upper_trapezius",
        b"a video",
        b"Kim Lindqvist",
    ):
        assert word not in everything


def test_the_key_does_not_show_itself(store: Store) -> None:
    assert store.key.secret.hex() not in repr(store) + str(store.key) + repr(store.header)
    assert "bytes" not in repr(store.key)
    assert len({store.key.derived("database"), store.key.derived("file"), store.key.secret}) == 3


def test_the_passphrase_is_stretched_as_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    sealed = Sealed.of(Key.new(), PASSPHRASE)
    assert sealed.to_json()["argon2id"] | {"salt": ""} == {"passes": 3, "lanes": 4, "memory_kib": 65536, "salt": ""}
    assert len(sealed.salt) == 16
    assert Sealed.from_json(json.loads(json.dumps(sealed.to_json()))) == sealed


@pytest.mark.parametrize("page", ["first", "middle", "last"])
def test_a_damaged_page_is_recognised_and_not_taken_for_a_wrong_key(store: Store, folder: Path, visited: Visit, page: str) -> None:
    store.close()
    path = folder / "records.db"
    content = bytearray(path.read_bytes())
    place = {"first": 100, "middle": len(content) // 2 // PAGE * PAGE + 40, "last": len(content) - 2000}[page]
    content[place] ^= 1
    path.write_bytes(content)
    with pytest.raises(DamagedStoreError, match=r"damaged.*key is right.*restore"):
        Store.open(folder, passphrase=PASSPHRASE)
    assert path.read_bytes() == bytes(content)


def test_a_database_that_was_cut_off_is_recognised(store: Store, folder: Path, visited: Visit) -> None:
    store.close()
    path = folder / "records.db"
    path.write_bytes(path.read_bytes()[: -3 * PAGE])
    with pytest.raises(DamagedStoreError, match="restore"):
        Store.open(folder, passphrase=PASSPHRASE)


@pytest.mark.parametrize("what", ["missing", "empty", "other"])
def test_a_database_that_is_none_is_recognised(store: Store, folder: Path, what: str) -> None:
    store.close()
    path = folder / "records.db"
    if what == "missing":
        path.unlink()
    else:
        path.write_bytes(b"" if what == "empty" else b"SQLite format 3\0" + bytes(5000))
    with pytest.raises(DamagedStoreError, match="restore"):
        Store.open(folder, passphrase=PASSPHRASE)


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"rom_tracker_records": 1}', "\x00\xff"])
def test_a_damaged_header_is_recognised(store: Store, folder: Path, content: str) -> None:
    (folder / HEADER_NAME).write_bytes(content.encode("latin-1"))
    for look in (Store.lock_of, lambda path: Store.open(path, passphrase=PASSPHRASE)):
        with pytest.raises(DamagedStoreError, match=r"store.json"):
            look(folder)


def test_a_later_version_is_recognised(store: Store, folder: Path) -> None:
    with store.database.engine.execution_options(writing=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    store.close()
    with pytest.raises(NewerStoreError, match=r"later version.*9999.*update the program"):
        Store.open(folder, passphrase=PASSPHRASE)
    header = json.loads((folder / HEADER_NAME).read_text())
    (folder / HEADER_NAME).write_text(json.dumps({**header, "rom_tracker_records": 2}))
    with pytest.raises(NewerStoreError, match="later version"):
        Store.open(folder, passphrase=PASSPHRASE)


def test_records_in_an_impossible_place_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        Store.create(tmp_path / "file" / "records", passphrase=PASSPHRASE)


def test_a_copied_folder_opens(store: Store, folder: Path, tmp_path: Path, visited: Visit) -> None:
    store.close()
    shutil.copytree(folder, tmp_path / "elsewhere")
    with Store.open(tmp_path / "elsewhere", passphrase=PASSPHRASE) as opened:
        assert opened.clients.find(NAME) == visited.client
