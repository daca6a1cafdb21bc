"""The store: one SQLite file with who practises, what was played, and what is to be done."""

from state.store.database import Store
from state.store.disputes import Claim, Dispute, Disputes, Mark, Standing, Status
from state.store.jobs import Job, Jobs
from state.store.mailbox import Inbox, Outbox, Outgoing, Update
from state.store.people import People, Profile
from state.store.sessions import Branch, Progress, Run, Sessions

__all__ = [
    "Branch",
    "Claim",
    "Dispute",
    "Disputes",
    "Inbox",
    "Job",
    "Jobs",
    "Mark",
    "Outbox",
    "Outgoing",
    "People",
    "Profile",
    "Progress",
    "Run",
    "Sessions",
    "Standing",
    "Status",
    "Store",
    "Update",
]
