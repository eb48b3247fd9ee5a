-- Version 1; `schema_2.sql` adds to it. Columns are added, never renamed or taken away; ids are 16 bytes, times microseconds since 1970.
CREATE TABLE workflow (
    id       BLOB PRIMARY KEY NOT NULL,
    name     TEXT NOT NULL,
    machine  TEXT,
    parent   BLOB,
    state    TEXT NOT NULL,
    ended    INTEGER NOT NULL DEFAULT 0,
    -- The projection, as JSON; its position is the column.
    summary  TEXT NOT NULL,
    position INTEGER NOT NULL,
    next_seq INTEGER NOT NULL,
    epoch    INTEGER NOT NULL DEFAULT 0,
    -- Who may write; a lease that ran out stays until somebody takes it over.
    owner    BLOB,
    -- When it may be claimed: when it wakes or, while somebody holds it, when the lease ends. None at the end.
    ready_at INTEGER
) WITHOUT ROWID;
CREATE INDEX workflow_ready ON workflow (ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX workflow_open ON workflow (id) WHERE ended = 0;
CREATE INDEX workflow_machine ON workflow (machine, id) WHERE machine IS NOT NULL;
CREATE INDEX workflow_parent ON workflow (parent, id) WHERE parent IS NOT NULL;

-- No foreign key here: the writer has just read the workflow's row, and this is the table that must be fast.
CREATE TABLE event (
    position        INTEGER PRIMARY KEY NOT NULL,
    workflow        BLOB NOT NULL,
    seq             INTEGER NOT NULL,
    batch           BLOB NOT NULL,
    machine_changed INTEGER NOT NULL,
    json            TEXT NOT NULL
);
CREATE UNIQUE INDEX event_of_workflow ON event (workflow, seq);
CREATE INDEX event_machine_changed ON event (position) WHERE machine_changed = 1;

CREATE TABLE claim (
    machine  TEXT PRIMARY KEY NOT NULL,
    workflow BLOB NOT NULL UNIQUE REFERENCES workflow (id)
) WITHOUT ROWID;

-- The numbers of items are never used again.
CREATE TABLE inbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow BLOB NOT NULL REFERENCES workflow (id),
    key      TEXT NOT NULL,
    item     TEXT NOT NULL,
    UNIQUE (workflow, key)
);

CREATE TABLE blob (
    hash  TEXT PRIMARY KEY NOT NULL,
    bytes BLOB NOT NULL
);
