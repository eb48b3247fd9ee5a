-- Added by version 2.
CREATE TABLE IF NOT EXISTS permit (
    workflow BLOB NOT NULL,
    name     TEXT NOT NULL,
    -- How long it is kept: call or step.
    hold     TEXT NOT NULL,
    -- How many may hold it, as this workflow said when it asked last.
    places   INTEGER NOT NULL,
    -- When it is served while it queues: those that hold permits already are below zero. None once it is held.
    turn     INTEGER,
    -- Since when it queues.
    since    INTEGER NOT NULL,
    -- Whether it could be served at some time since it asked last, while somebody held its lease.
    woken    INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (workflow, name)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS permit_of_name ON permit (name, turn);
