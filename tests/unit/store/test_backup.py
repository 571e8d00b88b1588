"""Backups, restoring, and databases of earlier forms."""

from __future__ import annotations

import io
import json
import shutil
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from visits import NAME, PASSPHRASE, Keychain, Visit, visit

from rom_tracker.analysis.comparison import Comparison
from rom_tracker.analysis.measurement import RomMeasurement
from rom_tracker.errors import DamagedStoreError, KeyNeededError, OutputError, StoreError, UsageError, WrongKeyError
from rom_tracker.store import Store, back_up, migrations, restore
from rom_tracker.store.tables import Table


@pytest.fixture
def backup(store: Store, visited: Visit, tmp_path: Path) -> Path:
    return back_up(store, tmp_path / "out" / "week.backup").path


@pytest.fixture(autouse=True)
def out(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_a_backup_has_everything_and_gives_nothing_away(store: Store, visited: Visit, out: Path) -> None:
    done: list[float] = []
    made = back_up(store, out / "week.backup", progress=lambda part, _: done.append(part))
    assert (made.files, made.missing, made.opens_elsewhere) == (4, 0, True)
    assert made.size_bytes == made.path.stat().st_size
    assert done == sorted(done)
    content = made.path.read_bytes()
    for word in (b"SQLite format", NAME.encode(), b"Querfurth", b"a video"):
        assert word not in content
    assert [path.name for path in out.iterdir()] == ["week.backup"]


def test_what_was_backed_up_is_restored(store: Store, visited: Visit, backup: Path, folder: Path, before: RomMeasurement) -> None:
    store.close()
    shutil.rmtree(folder)
    restored = restore(backup, folder, passphrase=PASSPHRASE, who="Lou")
    assert (restored.clients, restored.sessions, restored.recordings) == (1, 1, 2)
    assert restored.replaced is None
    with Store.open(folder, passphrase=PASSPHRASE) as opened:
        (record,) = opened.sessions.of(visited.client.id)
        assert record.measurements == visited.measurements
        assert opened.measurements.rom(visited.measurements[0].id).peak_deg == before.peak_deg
        with opened.recordings.open_video(visited.recordings[0].id) as video:
            assert video.read(8) == b"a video "
        assert (opened.trail()[-1].who, opened.trail()[-1].what) == ("Lou", "records restored")
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []


def test_a_backup_is_of_one_moment_while_the_records_are_in_use(store: Store, visited: Visit, out: Path, tmp_path: Path) -> None:
    stop, added = threading.Event(), []

    def work() -> None:
        while not stop.is_set():
            client = store.clients.add("new")
            added.append(store.sessions.start(client.id))

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(5):
            back_up(store, out / f"{number}.backup")
    finally:
        stop.set()
        worker.join()
    assert len(added) > 5
    for number in range(5):
        restored = restore(out / f"{number}.backup", tmp_path / str(number), passphrase=PASSPHRASE)
        assert restored.sessions in (restored.clients, restored.clients - 1)


def test_records_are_restored_over_others_only_when_asked_and_those_are_kept(
    store: Store, visited: Visit, backup: Path, folder: Path
) -> None:
    store.clients.add("After the backup")
    store.close()
    with pytest.raises(UsageError, match="already"):
        restore(backup, folder, passphrase=PASSPHRASE)
    restored = restore(backup, folder, passphrase=PASSPHRASE, replacing=True)
    assert restored.replaced is not None
    assert restored.replaced.parent == folder / "backups"
    with Store.open(folder, passphrase=PASSPHRASE) as opened:
        assert [line.client.label for line in opened.clients.list()] == [NAME]
    with Store.open(restored.replaced, passphrase=PASSPHRASE) as opened:
        assert [line.client.label for line in opened.clients.list()] == ["After the backup", NAME]


def test_damaged_records_are_replaced_by_a_backup(store: Store, visited: Visit, backup: Path, folder: Path) -> None:
    store.close()
    (folder / "records.db").write_bytes(b"nothing")
    (folder / "store.json").write_text("nothing")
    with pytest.raises(UsageError, match="already"):
        restore(backup, folder, passphrase=PASSPHRASE)
    assert restore(backup, folder, passphrase=PASSPHRASE, replacing=True).clients == 1


def test_an_erased_client_does_not_come_back(store: Store, visited: Visit, backup: Path, folder: Path, change: Comparison) -> None:
    visit(store, store.clients.add("Bob"), change)
    store.erase(visited.client.id)
    store.close()
    restored = restore(backup, folder, passphrase=PASSPHRASE, replacing=True)
    assert (restored.erased_again, restored.clients) == (1, 0)
    with Store.open(folder, passphrase=PASSPHRASE) as opened:
        assert opened.clients.list() == ()
        assert opened.files.all() == ()


def damaged(change: Callable[[bytes], bytes]) -> Callable[[Path], None]:
    def damage(path: Path) -> None:
        path.write_bytes(change(path.read_bytes()))

    return damage


def changed_member(path: Path, name: str, change: Callable[[bytes], bytes | None]) -> None:
    """The archive with one member changed or left out; members are named by their ending."""
    source = zipfile.ZipFile(io.BytesIO(path.read_bytes()))
    with source, zipfile.ZipFile(path, "w") as target:
        for member in source.namelist():
            content = source.read(member)
            new = change(content) if member.endswith(name) else content
            if new is not None:
                target.writestr(member, new)


def flipped(content: bytes) -> bytes:
    return content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :]


def renamed(manifest: bytes) -> bytes:
    content = json.loads(manifest)
    content["sha256"]["../../outside"] = content["sha256"].pop("records.db")
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    "damage",
    [
        damaged(lambda content: b""),
        damaged(lambda content: content[: len(content) // 2]),
        damaged(lambda content: b"something else" * 100),
        damaged(flipped),
        lambda path: changed_member(path, "records.db", flipped),
        lambda path: changed_member(path, ".video", flipped),
        lambda path: changed_member(path, ".video", lambda content: None),
        lambda path: changed_member(path, "records.db", lambda content: None),
        lambda path: changed_member(path, "manifest.json", lambda content: b"{}"),
        lambda path: changed_member(path, "manifest.json", renamed),
    ],
    ids=["empty", "cut off", "other", "one bit", "database", "video", "no video", "no database", "manifest", "path"],
)
def test_a_damaged_backup_is_recognised_and_changes_nothing(
    store: Store, visited: Visit, backup: Path, folder: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(backup)
    store.close()
    there = sorted(path for path in tmp_path.rglob("*"))
    with pytest.raises(DamagedStoreError, match=r"week\.backup"):
        restore(backup, folder, passphrase=PASSPHRASE, replacing=True)
    assert sorted(path for path in tmp_path.rglob("*")) == there
    with Store.open(folder, passphrase=PASSPHRASE) as opened:
        assert opened.clients.find(NAME) == visited.client


def test_a_backup_that_is_not_there_or_locked_is_told(backup: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file"):
        restore(tmp_path / "nowhere", tmp_path / "new", passphrase=PASSPHRASE)
    with pytest.raises(WrongKeyError):
        restore(backup, tmp_path / "new", passphrase="not the right passphrase")
    with pytest.raises(KeyNeededError):
        restore(backup, tmp_path / "new")
    assert not (tmp_path / "new").exists()


def test_a_backup_of_keychain_records_opens_elsewhere_with_a_passphrase_only(folder: Path, out: Path, keychain: Keychain) -> None:
    with Store.create(folder, keychain=True) as store:
        store.clients.add("Ann")
        assert not back_up(store, out / "here.backup").opens_elsewhere
        assert back_up(store, out / "anywhere.backup", passphrase=PASSPHRASE).opens_elsewhere
    keychain.kept.clear()  # another computer
    with pytest.raises(KeyNeededError, match="keychain"):
        restore(out / "here.backup", folder.with_name("new"))
    restore(out / "anywhere.backup", folder.with_name("new"), passphrase=PASSPHRASE)
    with Store.open(folder.with_name("new")) as opened:
        assert opened.clients.find("Ann")
    assert len(keychain.kept) == 1


def test_a_backup_that_cannot_be_written_leaves_the_earlier_one(store: Store, backup: Path, tmp_path: Path) -> None:
    content = backup.read_bytes()
    with pytest.raises(OutputError):
        back_up(store, tmp_path / "no folder" / "x.backup")

    def interrupt(done: float, total: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(store, backup, progress=interrupt)
    assert backup.read_bytes() == content
    assert [path.name for path in backup.parent.iterdir()] == [backup.name]


def test_a_lost_video_is_counted(store: Store, visited: Visit, out: Path) -> None:
    store.files.path(visited.recordings[0].id, "video").unlink()
    made = back_up(store, out / "x.backup")
    assert (made.files, made.missing) == (3, 1)


def old_form(store: Store) -> None:
    """Take the database back to its first form: made anew by the first migration alone, with the rows of now."""
    engine = store.database.engine
    with engine.connect() as connection:
        rows = {table: connection.execute(sa.select(table)).mappings().all() for table in Table.metadata.sorted_tables}
    store.close()
    (store.folder / "records.db").unlink()
    with engine.execution_options(writing=True).begin() as connection:
        migrations.upgrade(connection, "0001")
        for table, found in rows.items():
            there = [column["name"] for column in sa.inspect(connection).get_columns(table.name)]
            of_then = sa.table(table.name, *(sa.column(name, table.c[name].type) for name in there))
            for row in found:
                connection.execute(sa.insert(of_then).values({name: row[name] for name in there}))
    engine.dispose()


def test_records_of_an_earlier_form_are_backed_up_and_brought_up(
    store: Store, visited: Visit, folder: Path, before: RomMeasurement
) -> None:
    old_form(store)
    with Store.open(folder, passphrase=PASSPHRASE) as opened:
        (record,) = opened.sessions.of(visited.client.id)
        assert record.session == visited.session
        assert record.session.next_steps == ""
        assert record.measurements == visited.measurements
        assert record.comparisons == (visited.comparison,)
        assert opened.measurements.rom(visited.measurements[0].id).peak_deg == before.peak_deg
        opened.sessions.change(visited.session.id, next_steps="Stretch every morning.")
        with pytest.raises(StoreError, match="the trail is"), opened.database.writing() as writer:
            writer.session.execute(sa.text("DELETE FROM trail"))
        assert "records brought from form 0001 to 0002" in [entry.what for entry in opened.trail()]
        (backup,) = opened.backups_folder.iterdir()
    with Store.open(folder, passphrase=PASSPHRASE) as opened:
        assert [path.name for path in opened.backups_folder.iterdir()] == [backup.name]
    # The automatic backup leads back to where it was; files lie as they lay.
    restored = restore(backup, folder, passphrase=PASSPHRASE, replacing=True)
    assert restored.recordings == 2
    with Store.open(folder, passphrase=PASSPHRASE) as opened:
        assert opened.sessions.get(visited.session.id).session.next_steps == ""
        assert opened.measurements.rom(visited.measurements[0].id).peak_deg == before.peak_deg


def test_an_upgrade_that_fails_changes_nothing(store: Store, visited: Visit, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old_form(store)
    with monkeypatch.context() as patched:
        patched.setattr(migrations, "upgrade", failing(migrations.upgrade))
        with pytest.raises(RuntimeError):
            Store.open(folder, passphrase=PASSPHRASE)
    with store.database.engine.connect() as connection:
        assert migrations.revision_of(connection) == "0001"
    store.close()
    with Store.open(folder, passphrase=PASSPHRASE) as opened:
        assert opened.sessions.get(visited.session.id).session == visited.session


def failing(upgrade: Callable[..., None]) -> Callable[..., None]:
    def then_fail(connection: sa.Connection, to: str = "head") -> None:
        upgrade(connection, to)
        raise RuntimeError

    return then_fail


def test_the_migrations_end_where_the_tables_are(store: Store) -> None:
    with store.database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Table.metadata) == []
        assert migrations.revision_of(connection) == migrations.REVISIONS[-1]
    config = Config()
    config.set_main_option("script_location", str(migrations.STEPS))
    steps = [step.revision for step in ScriptDirectory.from_config(config).walk_revisions()]
    assert tuple(reversed(steps)) == migrations.REVISIONS
