"""The key of the records: who has it, and what is derived from it.

One random 256-bit key opens the records. It is never written down as it is: a small header file beside the database says where it
is, in one or two places:

- in the system's keychain (macOS Keychain, Windows Credential Locker, Secret Service on Linux), through ``keyring``;
- in the header itself, sealed with AES-256-GCM under a key that Argon2id makes of a passphrase.

The header also has a check value, so that a wrong key is told from a damaged database. Database and files get keys of their own,
derived with HKDF-SHA256.
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from rom_tracker.errors import DamagedStoreError, KeyNeededError, NewerStoreError, NoStoreError, UsageError, WrongKeyError
from rom_tracker.output_files import written_whole

#: Name of the header in the folder of the records.
HEADER_NAME = "store.json"

#: Under this name the system's keychain keeps the keys, one for each store.
KEYCHAIN_SERVICE = "rom_tracker"

#: Argon2id as RFC 9106, section 4, recommends where memory is limited: 3 passes, 4 lanes, 64 MiB.
KDF_PASSES, KDF_LANES, KDF_MEMORY_KIB = 3, 4, 64 * 1024

#: The fewest characters of a passphrase: NIST SP 800-63B-4, section 3.1.1.2, for one that is the only factor, asks for 15; a stolen
#: laptop can be tried at leisure, but Argon2id makes each try cost 64 MiB and a tenth of a second or more.
LEAST_PASSPHRASE = 12

#: What opens records.
Lock = Literal["passphrase", "keychain", "both"]

_FORMAT = 1
_CHECKED = b"rom_tracker: this is the key"


@dataclass(frozen=True, slots=True, repr=False)
class Key:
    """The key of a store; it does not show itself when printed."""

    secret: bytes

    @classmethod
    def new(cls) -> Self:
        """A random one."""
        return cls(secrets.token_bytes(32))

    def derived(self, purpose: str, salt: bytes | None = None) -> bytes:
        """32 bytes for one purpose (HKDF-SHA256)."""
        return HKDF(algorithm=SHA256(), length=32, salt=salt, info=f"rom_tracker {purpose}".encode()).derive(self.secret)

    def pseudonym_of(self, record_id: str) -> str:
        """Words in the place of an identifier, the same every time, that do not lead back to it without the key."""
        return hmac.new(self.derived("pseudonyms"), record_id.encode(), sha256).hexdigest()[:32]

    @property
    def check(self) -> str:
        """Tells this key from others without giving it away."""
        return hmac.new(self.secret, _CHECKED, sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Sealed:
    """The key, sealed with a passphrase; the numbers are those of Argon2id it was sealed with."""

    salt: bytes
    nonce: bytes
    box: bytes
    passes: int
    lanes: int
    memory_kib: int

    @classmethod
    def of(cls, key: Key, passphrase: str) -> Self:
        """Seal a key.

        Raises
        ------
        UsageError
            The passphrase is shorter than :data:`LEAST_PASSPHRASE`.
        """
        if len(passphrase) < LEAST_PASSPHRASE:
            raise UsageError(
                f"expected a passphrase of {LEAST_PASSPHRASE} characters or more, got {len(passphrase)}; four or five words that "
                "do not belong together are easy to remember"
            )
        empty = cls(secrets.token_bytes(16), secrets.token_bytes(12), b"", KDF_PASSES, KDF_LANES, KDF_MEMORY_KIB)
        return replace(empty, box=AESGCM(empty._lock(passphrase)).encrypt(empty.nonce, key.secret, _CHECKED))

    def opened(self, passphrase: str) -> Key:
        """The key.

        Raises
        ------
        WrongKeyError
            It is another passphrase.
        """
        try:
            return Key(AESGCM(self._lock(passphrase)).decrypt(self.nonce, self.box, _CHECKED))
        except InvalidTag:
            raise WrongKeyError(
                "this is not the passphrase of these records; try again, and mind capital letters and the keyboard's language. "
                "Nobody can open them without it"
            ) from None

    def _lock(self, passphrase: str) -> bytes:
        kdf = Argon2id(salt=self.salt, length=32, iterations=self.passes, lanes=self.lanes, memory_cost=self.memory_kib)
        return kdf.derive(passphrase.encode())

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and words."""
        argon2id = {"passes": self.passes, "lanes": self.lanes, "memory_kib": self.memory_kib, "salt": self.salt.hex()}
        return {"argon2id": argon2id, "aes_256_gcm": {"nonce": self.nonce.hex(), "box": self.box.hex()}}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """What gave it."""
        kdf, cipher = content["argon2id"], content["aes_256_gcm"]
        numbers = (int(kdf[name]) for name in ("passes", "lanes", "memory_kib"))
        return cls(bytes.fromhex(kdf["salt"]), bytes.fromhex(cipher["nonce"]), bytes.fromhex(cipher["box"]), *numbers)


@dataclass(frozen=True, slots=True)
class Header:
    """What is told of a store without its key: its identifier, and where the key is."""

    id: str
    check: str
    in_keychain: bool
    sealed: Sealed | None

    @classmethod
    def new(cls, key: Key, *, passphrase: str | None, keychain: bool) -> Self:
        """Of a new store; ``keychain``: the key is put into the system's keychain too.

        Raises
        ------
        UsageError
            Neither passphrase nor keychain, or a short passphrase.
        KeyNeededError
            This system has no keychain.
        """
        if passphrase is None and not keychain:
            raise UsageError("expected a passphrase, or that the system's keychain keeps the key")
        header = cls(secrets.token_hex(16), key.check, keychain, None if passphrase is None else Sealed.of(key, passphrase))
        if keychain:
            keep_in_keychain(header.id, key)
        return header

    @property
    def lock(self) -> Lock:
        """What opens the store."""
        if self.sealed is None:
            return "keychain"
        return "both" if self.in_keychain else "passphrase"

    def key(self, passphrase: str | None) -> Key:
        """The key, from the passphrase where one is given, else from the keychain.

        Raises
        ------
        KeyNeededError
            A passphrase is needed, or the keychain does not have the key.
        WrongKeyError
            It is another store's key.
        """
        if passphrase is not None and self.sealed is not None:
            key = self.sealed.opened(passphrase)
        elif self.in_keychain:
            key = from_keychain(self.id, or_passphrase=self.sealed is not None)
        elif passphrase is None:
            raise KeyNeededError("the records are locked; their passphrase is needed")
        else:
            raise KeyNeededError("the records have no passphrase")  # pragma: no cover - a header has one or the other
        if not hmac.compare_digest(key.check, self.check):
            raise WrongKeyError("the system's keychain holds a key for these records, but it is not theirs; restore a backup")
        return key

    def write(self, folder: Path) -> None:
        """Write it into the folder of the records, whole or not at all."""
        with written_whole(folder / HEADER_NAME) as part:
            part.write_text(self.to_text(), encoding="utf-8")

    def to_text(self) -> str:
        """What is in the file."""
        content = {
            "rom_tracker_records": _FORMAT,
            "id": self.id,
            "check": self.check,
            "keychain": self.in_keychain,
            "passphrase": None if self.sealed is None else self.sealed.to_json(),
        }
        return json.dumps(content, indent=1) + "\n"

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Of the records in a folder.

        Raises
        ------
        NoStoreError
            There are none.
        DamagedStoreError
            It is no such file.
        NewerStoreError
            A later version wrote it.
        """
        path = folder / HEADER_NAME
        try:
            text = path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            raise NoStoreError(f'there are no records in "{folder}" yet') from None
        except (OSError, UnicodeDecodeError) as error:
            raise DamagedStoreError(f'"{path}" cannot be read: {error}; restore a backup') from error
        return cls.from_text(text, str(path))

    @classmethod
    def from_text(cls, text: str, name: str) -> Self:
        """From what is in the file ``name``; raises as :meth:`read` does."""
        try:
            content = json.loads(text)
            if isinstance(content["rom_tracker_records"], int) and content["rom_tracker_records"] > _FORMAT:
                raise NewerStoreError(f'"{name}" was written by a later version of rom_tracker; update the program')
            sealed = content["passphrase"] and Sealed.from_json(content["passphrase"])
            return cls(str(content["id"]), str(content["check"]), bool(content["keychain"]), sealed)
        except (ValueError, KeyError, TypeError) as error:
            raise DamagedStoreError(f'"{name}" is damaged ({error}); restore a backup') from error


def keep_in_keychain(store_id: str, key: Key) -> None:
    """Put the key of a store into the system's keychain.

    Raises
    ------
    KeyNeededError
        This system has none that can be used.
    """
    import keyring
    from keyring.errors import KeyringError

    try:
        keyring.set_password(KEYCHAIN_SERVICE, store_id, key.secret.hex())
    except (KeyringError, RuntimeError, OSError) as error:
        raise _no_keychain(error) from error


def from_keychain(store_id: str, *, or_passphrase: bool) -> Key:
    """The key of a store from the system's keychain.

    Raises
    ------
    KeyNeededError
        This system has no keychain, or it does not have this key; ``or_passphrase``: a passphrase would do as well.
    """
    import keyring
    from keyring.errors import KeyringError

    instead = (
        "give the passphrase of the records" if or_passphrase else "unlock the keychain, or restore a backup with its passphrase"
    )
    try:
        found = keyring.get_password(KEYCHAIN_SERVICE, store_id)
    except (KeyringError, RuntimeError, OSError) as error:
        raise KeyNeededError(f"the system's keychain cannot be read ({error}); {instead}") from error
    if found is None:
        raise KeyNeededError(f"the key of these records is not in this user's keychain; {instead}")
    return Key(bytes.fromhex(found))


def forget_in_keychain(store_id: str) -> None:
    """Take the key of a store out of the system's keychain, if it is there."""
    import contextlib

    import keyring
    from keyring.errors import KeyringError

    with contextlib.suppress(KeyringError, RuntimeError, OSError):
        keyring.delete_password(KEYCHAIN_SERVICE, store_id)


def has_keychain() -> bool:
    """Whether this system has a keychain that can be used."""
    import keyring

    return bool(keyring.get_keyring().priority > 0) and os.environ.get("PYTHON_KEYRING_BACKEND") != "keyring.backends.null.Keyring"


def _no_keychain(error: Exception) -> KeyNeededError:
    from keyring.errors import NoKeyringError

    # What keyring says of that is for programmers.
    why = "" if isinstance(error, NoKeyringError) else f" ({error})"
    return KeyNeededError(f"this system has no keychain that can be used{why}; choose a passphrase instead")
