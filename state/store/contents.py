"""Scenarios and personas as they were when a session started with them."""

import hashlib
from typing import TypeVar

from sqlite_utils import Database

from dialogues.scenario import Data, Persona, Scenario

_Model = TypeVar("_Model", bound=Data)


class Contents:
    """Content by the hash of what is in it: an edited scenario does not rewrite history."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._known: dict[str, Data] = {}
        self._hashes: dict[int, str] = {}

    def know(self, model: Data) -> str:
        """The hash of a model that is current, which is from now on given out for it."""
        known = self._hashes.get(id(model))
        if known is None:
            known = hashlib.sha256(model.model_dump_json().encode()).hexdigest()[:32]
            self._known[known] = model
            self._hashes[id(model)] = known
        return known

    def keep(self, model: Data) -> str:
        """Write a model down, once; gives its hash."""
        known = self.know(model)
        if not self._db.execute("SELECT 1 FROM contents WHERE hash = ?", [known]).fetchone():
            self._db.execute("INSERT INTO contents VALUES (?, ?)", [known, model.model_dump_json()])
        return known

    def scenario(self, known: str) -> Scenario:
        """The scenario with that hash; the same object each time."""
        return self._model(known, Scenario)

    def persona(self, known: str) -> Persona:
        """The persona with that hash; the same object each time."""
        return self._model(known, Persona)

    def _model(self, known: str, model: type[_Model]) -> _Model:
        found = self._known.get(known)
        if found is None:
            row = self._db.execute("SELECT body FROM contents WHERE hash = ?", [known]).fetchone()
            found = self._known[known] = model.model_validate_json(row[0])
            self._hashes[id(found)] = known
        if not isinstance(found, model):
            raise TypeError(f"{known} is no {model.__name__}")
        return found
