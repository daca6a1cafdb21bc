"""The database's schema, step by step; each step runs once, in a transaction with the note that it ran.

Times are seconds since 1970 (UTC); what is JSON says so. A step is never changed once it was released:
write another.
"""

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("lobby_drill")


@MIGRATIONS(name="001_people_and_sessions")
def people_and_sessions(db: Database) -> None:
    """Who practises, and every session with its events and turns."""
    _run(
        db,
        """
        CREATE TABLE people (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL,
            client_lang TEXT,
            lang TEXT,
            difficulty TEXT NOT NULL DEFAULT 'normal',
            mode TEXT NOT NULL DEFAULT 'coach' CHECK (mode IN ('coach', 'exam')),
            zone TEXT,
            offers INTEGER NOT NULL DEFAULT 0,
            created_at REAL NOT NULL
        ) STRICT;

        CREATE TABLE chats (
            id INTEGER PRIMARY KEY,
            gone_at REAL,
            gone_why TEXT
        ) STRICT;

        -- Scenarios and personas as they were when a session started with them (JSON).
        CREATE TABLE contents (
            hash TEXT PRIMARY KEY,
            body TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE sessions (
            id INTEGER PRIMARY KEY,
            person INTEGER NOT NULL REFERENCES people (id),
            chat INTEGER NOT NULL,
            topic INTEGER NOT NULL DEFAULT 0,
            offer TEXT NOT NULL,
            scenario TEXT NOT NULL,
            scenario_version INTEGER NOT NULL,
            scenario_content TEXT NOT NULL REFERENCES contents (hash),
            persona TEXT NOT NULL,
            persona_content TEXT NOT NULL REFERENCES contents (hash),
            difficulty TEXT NOT NULL,
            lang TEXT NOT NULL,
            seed INTEGER NOT NULL,
            mode TEXT NOT NULL CHECK (mode IN ('coach', 'exam')),
            branched_from INTEGER REFERENCES sessions (id),
            branched_turn INTEGER,
            started_at REAL NOT NULL,
            touched_at REAL NOT NULL,
            deadline REAL,
            ended_at REAL,
            replies INTEGER NOT NULL DEFAULT 0,
            outcome TEXT CHECK (outcome IN ('resolved', 'unresolved', 'escalated')),
            score INTEGER CHECK (score BETWEEN 0 AND 100),
            passed INTEGER CHECK (passed IN (0, 1)),
            rule_broken INTEGER NOT NULL DEFAULT 0 CHECK (rule_broken IN (0, 1)),
            rubric TEXT,
            CHECK ((branched_from IS NULL) = (branched_turn IS NULL)),
            CHECK ((ended_at IS NULL) = (outcome IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX sessions_open ON sessions (person, chat, topic) WHERE ended_at IS NULL;
        CREATE UNIQUE INDEX sessions_offer ON sessions (person, offer);
        CREATE INDEX sessions_ended ON sessions (person, ended_at) WHERE ended_at IS NOT NULL;
        CREATE INDEX sessions_branched ON sessions (branched_from) WHERE branched_from IS NOT NULL;

        -- What happened; from these a session is restored. `reading` is JSON.
        CREATE TABLE events (
            session INTEGER NOT NULL REFERENCES sessions (id),
            number INTEGER NOT NULL,
            kind TEXT NOT NULL CHECK (kind IN ('reply', 'time_out', 'gave_up')),
            reading TEXT,
            message INTEGER,
            at REAL NOT NULL,
            PRIMARY KEY (session, number),
            CHECK ((kind = 'reply') = (reading IS NOT NULL))
        ) STRICT, WITHOUT ROWID;
        CREATE UNIQUE INDEX events_message ON events (session, message) WHERE message IS NOT NULL;

        -- What came of it, as it was shown. `effects`, `told` and `lines` are JSON.
        CREATE TABLE turns (
            session INTEGER NOT NULL,
            number INTEGER NOT NULL,
            before TEXT NOT NULL,
            after TEXT NOT NULL,
            anger_before INTEGER NOT NULL,
            anger_after INTEGER NOT NULL,
            effects TEXT NOT NULL,
            told TEXT NOT NULL,
            agreed TEXT,
            promise_due INTEGER NOT NULL,
            lines TEXT NOT NULL,
            PRIMARY KEY (session, number),
            FOREIGN KEY (session, number) REFERENCES events (session, number)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE points (
            session INTEGER NOT NULL REFERENCES sessions (id),
            criterion TEXT NOT NULL,
            points INTEGER NOT NULL,
            max INTEGER NOT NULL,
            PRIMARY KEY (session, criterion)
        ) STRICT, WITHOUT ROWID;
        """,
    )


@MIGRATIONS(name="002_mailbox_and_jobs")
def mailbox_and_jobs(db: Database) -> None:
    """What came in and is not done, what is to be sent, and what is due when."""
    _run(
        db,
        """
        -- `body` is the update as JSON, masked; emptied when it is done.
        CREATE TABLE inbox (
            id INTEGER PRIMARY KEY,
            chat INTEGER,
            body TEXT NOT NULL,
            received_at REAL NOT NULL,
            tries INTEGER NOT NULL DEFAULT 0,
            done_at REAL
        ) STRICT;
        CREATE INDEX inbox_waiting ON inbox (id) WHERE done_at IS NULL;
        CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;

        -- `payload` is JSON. In the order of `id` within a chat.
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            chat INTEGER NOT NULL,
            method TEXT NOT NULL,
            payload TEXT NOT NULL,
            step TEXT,
            created_at REAL NOT NULL,
            not_before REAL NOT NULL DEFAULT 0,
            stale_at REAL,
            tries INTEGER NOT NULL DEFAULT 0,
            sent_at REAL,
            message INTEGER,
            error TEXT
        ) STRICT;
        CREATE INDEX outbox_waiting ON outbox (chat, id) WHERE sent_at IS NULL AND error IS NULL;
        CREATE INDEX outbox_step ON outbox (chat, step) WHERE step IS NOT NULL;
        CREATE INDEX outbox_finished ON outbox (created_at) WHERE sent_at IS NOT NULL OR error IS NOT NULL;

        -- `payload` is JSON. One waiting job for each kind and key.
        CREATE TABLE jobs (
            id INTEGER PRIMARY KEY,
            kind TEXT NOT NULL,
            key TEXT NOT NULL,
            due_at REAL NOT NULL,
            payload TEXT NOT NULL DEFAULT '{}',
            done_at REAL
        ) STRICT;
        CREATE UNIQUE INDEX jobs_waiting ON jobs (kind, key) WHERE done_at IS NULL;
        CREATE INDEX jobs_due ON jobs (due_at) WHERE done_at IS NULL;
        CREATE INDEX jobs_done ON jobs (done_at) WHERE done_at IS NOT NULL;
        """,
    )


@MIGRATIONS(name="003_disputes")
def disputes(db: Database) -> None:
    """What people found unfair in their grades; and where a job belongs, for each surface does its own."""
    _run(
        db,
        """
        -- `graded` is JSON: the acts as they were graded, each with the words that show it.
        CREATE TABLE disputes (
            id INTEGER PRIMARY KEY,
            person INTEGER NOT NULL REFERENCES people (id),
            session INTEGER NOT NULL,
            turn INTEGER NOT NULL,
            lang TEXT NOT NULL,
            situation TEXT NOT NULL,
            context TEXT NOT NULL,
            text TEXT NOT NULL,
            graded TEXT NOT NULL,
            act TEXT NOT NULL,
            claim TEXT NOT NULL CHECK (claim IN ('wrong', 'missing')),
            grader TEXT NOT NULL,
            created_at REAL NOT NULL,
            status TEXT NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'upheld', 'refused')),
            decided_by INTEGER REFERENCES people (id),
            decided_at REAL,
            FOREIGN KEY (session, turn) REFERENCES turns (session, number),
            CHECK ((status = 'waiting') = (decided_by IS NULL)),
            CHECK ((status = 'waiting') = (decided_at IS NULL))
        ) STRICT;
        CREATE UNIQUE INDEX disputes_act ON disputes (session, turn, act);
        CREATE INDEX disputes_person ON disputes (person, status);
        CREATE INDEX disputes_waiting ON disputes (id) WHERE status = 'waiting';
        CREATE INDEX disputes_decided_by ON disputes (decided_by) WHERE decided_by IS NOT NULL;

        -- The chat that hears of a job: 0 for the terminal.
        ALTER TABLE jobs ADD COLUMN chat INTEGER;
        UPDATE jobs SET chat = (SELECT chat FROM sessions WHERE sessions.id = CAST(jobs.key AS INTEGER));
        """,
    )


def _run(db: Database, script: str) -> None:
    """Statements one by one: `executescript` would commit the step's transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";"):
            db.execute(statement)
            statement = ""
