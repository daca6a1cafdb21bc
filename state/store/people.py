"""Who practises, and what they prefer."""

from dataclasses import dataclass

from sqlite_utils import Database

from dialogues.scenario import Lang
from state.session import Mode


@dataclass(frozen=True, slots=True)
class Profile:
    """A person with what they prefer.

    Attributes:
        id: Telegram's user id; 0 for the person at the terminal.
        name: What they are called.
        client_lang: Language of their client as a code, if known.
        lang: Language they have chosen; None while they have not.
        difficulty: Preferred difficulty.
        mode: Preferred mode.
        zone: Name of their time zone; None for the installation's.
    """

    id: int
    name: str
    client_lang: str | None = None
    lang: Lang | None = None
    difficulty: str = "normal"
    mode: Mode = "coach"
    zone: str | None = None


_FIELDS = "id, name, client_lang, lang, difficulty, mode, zone"
_PREFERENCES = {
    "lang": "UPDATE people SET lang = ? WHERE id = ?",
    "difficulty": "UPDATE people SET difficulty = ? WHERE id = ?",
    "mode": "UPDATE people SET mode = ? WHERE id = ?",
    "zone": "UPDATE people SET zone = ? WHERE id = ?",
}


class People:
    """The people of the store, and the chats that are gone."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def find(self, identifier: int) -> Profile | None:
        """The person with that id."""
        row = self._db.execute(
            f"SELECT {_FIELDS} FROM people WHERE id = ?",  # noqa: S608
            [identifier],
        ).fetchone()
        return Profile(*row) if row else None

    def meet(self, identifier: int, name: str, client_lang: str | None, now: float) -> Profile:
        """The person, written down when new or called otherwise than before."""
        known = self.find(identifier)
        if known and known.name == name and known.client_lang == client_lang:
            return known
        self._db.execute(
            "INSERT INTO people (id, name, client_lang, created_at) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET name = excluded.name, client_lang = excluded.client_lang",
            [identifier, name, client_lang, now],
        )
        return self.find(identifier) or Profile(identifier, name, client_lang)

    def prefer(self, identifier: int, preference: str, value: str | None) -> None:
        """Keep a preference: ``lang``, ``difficulty``, ``mode`` or ``zone``."""
        self._db.execute(_PREFERENCES[preference], [value, identifier])

    def offer(self, identifier: int) -> str:
        """A new number for the buttons that can start a session: each starts one at most."""
        self._db.execute("UPDATE people SET offers = offers + 1 WHERE id = ?", [identifier])
        row = self._db.execute("SELECT offers FROM people WHERE id = ?", [identifier]).fetchone()
        return str(row[0])

    def gone(self, chat: int, why: str, now: float) -> None:
        """Note that a chat can't be written to any more (blocked, deleted)."""
        self._db.execute(
            "INSERT INTO chats (id, gone_at, gone_why) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET gone_at = excluded.gone_at, gone_why = excluded.gone_why",
            [chat, now, why],
        )

    def back(self, chat: int) -> None:
        """Note that somebody wrote from a chat, which therefore is there."""
        self._db.execute("DELETE FROM chats WHERE id = ?", [chat])

    def is_gone(self, chat: int) -> bool:
        """Whether a chat can't be written to."""
        return self._db.execute("SELECT 1 FROM chats WHERE id = ?", [chat]).fetchone() is not None
