-- What version 2 added; a file of version 1 gets it when it is opened.
-- Items that cannot be read: nobody can consume them, so they wait here for whoever looks into the damage.
CREATE TABLE IF NOT EXISTS inbox_damaged (
    id       INTEGER PRIMARY KEY NOT NULL,
    workflow BLOB NOT NULL,
    key      TEXT NOT NULL,
    item     TEXT NOT NULL,
    why      TEXT NOT NULL
);

-- What is due, of which kind: who looks reads nothing but this.
CREATE INDEX IF NOT EXISTS workflow_due ON workflow (ready_at, name) WHERE ready_at IS NOT NULL;
DROP INDEX IF EXISTS workflow_ready;

-- What lists are filtered by. Each index is in the order of pages, and holds a row only while it says something.
CREATE INDEX IF NOT EXISTS workflow_name ON workflow (name, id);
CREATE INDEX IF NOT EXISTS workflow_ended_state ON workflow (state, id) WHERE ended = 1;
CREATE INDEX IF NOT EXISTS workflow_submitted_at ON workflow (submitted_at, id);
CREATE INDEX IF NOT EXISTS workflow_ended_at ON workflow (ended_at, id) WHERE ended_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS workflow_error_class ON workflow (error_class, id) WHERE error_class IS NOT NULL;
-- Steps wait all the time; those that wait are found among the open ones.
CREATE INDEX IF NOT EXISTS workflow_sub_state ON workflow (sub_state, id)
    WHERE sub_state IS NOT NULL AND sub_state <> 'waiting';

-- A batch looks at its open children each time one ends.
CREATE INDEX IF NOT EXISTS workflow_parent_open ON workflow (parent, id)
    WHERE parent IS NOT NULL AND ended = 0;

-- Which workflows stored or name a blob: it goes with the last of them.
CREATE TABLE IF NOT EXISTS blob_use (
    workflow BLOB NOT NULL,
    hash     TEXT NOT NULL,
    PRIMARY KEY (workflow, hash)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS blob_use_hash ON blob_use (hash);

-- Numbers that outlive what they counted.
CREATE TABLE IF NOT EXISTS counter (
    name  TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) WITHOUT ROWID;
