"""Errors of what happens and of the store.

StateError
├── NoSession       there is no session with that id
└── StoreError      the database can't be used; the message says which file and what to do
    ├── StoreBroken     the file is no database of ours, or is damaged
    ├── StoreFailed     it could not be read or written just now (full, locked); nothing was changed
    └── StoreNewer      a later version of lobby-drill has written it
"""


class StateError(Exception):
    """Anything that this package reports."""


class NoSession(StateError):
    """There is no session with that id."""


class StoreError(StateError):
    """The database can't be used; the message says which file and what to do."""


class StoreBroken(StoreError):
    """The file is no database of ours, or is damaged."""


class StoreNewer(StoreError):
    """A later version of lobby-drill has written the database."""


class StoreFailed(StoreError):
    """The database could not be read or written just now (full, locked); nothing was changed."""
