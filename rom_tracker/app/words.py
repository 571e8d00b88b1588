"""Words of the records that the pages show, in English; they are translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rom_tracker.errors import UsageError
from rom_tracker.i18n import N_, Translator
from rom_tracker.landmarks import Side
from rom_tracker.movements import Movement

MOMENTS: Mapping[str, str] = MappingProxyType({"before": N_("before"), "after": N_("after")})
SIDES: Mapping[str, str] = MappingProxyType({"left": N_("left"), "right": N_("right")})

#: Keys as in :data:`rom_tracker.store.records.CONSENT_PURPOSES`.
CONSENTS: Mapping[str, str] = MappingProxyType(
    {
        "records": N_("My range of motion and my treatment sessions are kept on this computer."),
        "video": N_("The videos of my movements are kept, encrypted, on this computer."),
        "sharing": N_("My results may be given to my doctor or another therapist."),
        "research": N_("My results may be used without my name for research."),
    }
)

ACTIONS: Mapping[str, str] = MappingProxyType(
    {"do not treat": N_("Do not treat."), "ask a doctor first": N_("Ask a doctor first.")}
)


def capital(words: str) -> str:
    """Words as they begin a line."""
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class Measure:
    """What is measured before and after: a movement and its side; written ``elbow_flexion-left`` in addresses."""

    movement: Movement
    side: Side

    @property
    def key(self) -> str:
        """How it is written in an address."""
        return f"{self.movement.key}-{self.side}"

    @classmethod
    def read(cls, key: str) -> Measure:
        """What an address names.

        Raises
        ------
        UsageError
            There is no such movement, or the side is neither left nor right.
        """
        from rom_tracker.movements import load_catalogue

        name, _, side = key.rpartition("-")
        if side not in ("left", "right"):
            raise UsageError("expected a movement and its side, such as elbow_flexion-left")
        return cls(load_catalogue()[name], "left" if side == "left" else "right")

    def words(self, _: Translator) -> str:
        """For people: the movement, with its side where left and right differ."""
        title = _(self.movement.title)
        return f"{title}, {_(SIDES[self.side])}" if self.movement.sided else title
