-- A history of schema version 1, for the test yesterdays_history_opens. Written by hwautomation-store 0.1.0:
-- two workflows begun and claimed at 2026-01-02T03:04:05.000006Z, one with two more events, a blob and a claim,
-- one released with an item waiting. Dumped by iterdump of Python's sqlite3; the pragmas were added. Never change it.
PRAGMA foreign_keys=OFF;
PRAGMA application_id=1752654197;
PRAGMA user_version=1;
BEGIN TRANSACTION;
CREATE TABLE blob (
    hash  TEXT PRIMARY KEY NOT NULL,
    bytes BLOB NOT NULL
);
INSERT INTO "blob" VALUES('d35c416a85b807e9b5384915d6ebb4a9f7352713efd89857b45a242f473728a9',X'6C61726765');
CREATE TABLE claim (
    machine  TEXT PRIMARY KEY NOT NULL,
    workflow BLOB NOT NULL UNIQUE REFERENCES workflow (id)
) WITHOUT ROWID;
INSERT INTO "claim" VALUES('rack1-u7',X'01890A5DAC96774BBCCEB302099A8057');
CREATE TABLE event (
    position        INTEGER PRIMARY KEY NOT NULL,
    workflow        BLOB NOT NULL,
    seq             INTEGER NOT NULL,
    batch           BLOB NOT NULL,
    machine_changed INTEGER NOT NULL,
    json            TEXT NOT NULL
);
INSERT INTO "event" VALUES(1,X'01890A5DAC96774BBCCEB302099A8057',0,X'00000000000000000000000000000000',0,'{"v":1,"workflow":"01890a5d-ac96-774b-bcce-b302099a8057","seq":0,"position":1,"at":"2026-01-02T03:04:05.000006Z","actor":{"kind":"engine","name":"engine"},"kind":{"type":"workflow_submitted","format":1,"name":"relight","fingerprint":"f","request":null,"on_failure":"keep","halt_limit_ms":3600000,"undo_limit_ms":3600000,"steps":[{"name":"cut","title":"cut the power","version":1,"resume":"rerun","policy":{"timeout_ms":60000,"attempts":3,"backoff":{"first_ms":1000,"max_ms":60000},"equal_failures_max":3}}]}}');
INSERT INTO "event" VALUES(2,X'01890A5DAC97774BBCCEB302099A8057',0,X'01010101010101010101010101010101',0,'{"v":1,"workflow":"01890a5d-ac97-774b-bcce-b302099a8057","seq":0,"position":2,"at":"2026-01-02T03:04:05.000006Z","actor":{"kind":"engine","name":"engine"},"kind":{"type":"workflow_submitted","format":1,"name":"relight","fingerprint":"f","request":null,"on_failure":"keep","halt_limit_ms":3600000,"undo_limit_ms":3600000,"steps":[{"name":"cut","title":"cut the power","version":1,"resume":"rerun","policy":{"timeout_ms":60000,"attempts":3,"backoff":{"first_ms":1000,"max_ms":60000},"equal_failures_max":3}}]}}');
INSERT INTO "event" VALUES(3,X'01890A5DAC96774BBCCEB302099A8057',1,X'09090909090909090909090909090909',0,'{"v":1,"workflow":"01890a5d-ac96-774b-bcce-b302099a8057","seq":1,"position":3,"at":"2026-01-02T03:04:05.000006Z","actor":{"kind":"person","name":"ops"},"kind":{"type":"recorded","step":"cut","name":"log","payload":{"blob":"d35c416a85b807e9b5384915d6ebb4a9f7352713efd89857b45a242f473728a9"}}}');
INSERT INTO "event" VALUES(4,X'01890A5DAC96774BBCCEB302099A8057',2,X'09090909090909090909090909090909',1,'{"v":1,"workflow":"01890a5d-ac96-774b-bcce-b302099a8057","seq":2,"position":4,"at":"2026-01-02T03:04:05.000006Z","actor":{"kind":"person","name":"ops"},"kind":{"type":"machine_changed","machine":"rack1-u7","change":"bmc_address","address":"10.0.0.7"}}');
CREATE TABLE inbox (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    workflow BLOB NOT NULL REFERENCES workflow (id),
    key      TEXT NOT NULL,
    item     TEXT NOT NULL,
    UNIQUE (workflow, key)
);
INSERT INTO "inbox" VALUES(1,X'01890A5DAC97774BBCCEB302099A8057','once','{"workflow":"01890a5d-ac97-774b-bcce-b302099a8057","key":"once","at":"2026-01-02T03:04:05.000006Z","actor":{"kind":"person","name":"ops"},"command":{"command":"signal","name":"approved","payload":{"by":"ops"}}}');
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
INSERT INTO "workflow" VALUES(X'01890A5DAC96774BBCCEB302099A8057','relight','rack1-u7',NULL,'running',0,'{"id":"01890a5d-ac96-774b-bcce-b302099a8057","name":"relight","machine":"rack1-u7","state":"running","steps_finished":0,"steps_total":1,"submitted_at":"2026-01-02T03:04:05.000006Z","events":3,"position":0}',4,3,1,X'07070707070707070707070707070707',1767326645000006);
INSERT INTO "workflow" VALUES(X'01890A5DAC97774BBCCEB302099A8057','relight',NULL,NULL,'pending',0,'{"id":"01890a5d-ac97-774b-bcce-b302099a8057","name":"relight","state":"pending","steps_finished":0,"steps_total":1,"submitted_at":"2026-01-02T03:04:05.000006Z","events":0,"position":0}',2,1,1,NULL,1767323045000006);
CREATE INDEX workflow_ready ON workflow (ready_at) WHERE ready_at IS NOT NULL;
CREATE INDEX workflow_open ON workflow (id) WHERE ended = 0;
CREATE INDEX workflow_machine ON workflow (machine, id) WHERE machine IS NOT NULL;
CREATE INDEX workflow_parent ON workflow (parent, id) WHERE parent IS NOT NULL;
CREATE UNIQUE INDEX event_of_workflow ON event (workflow, seq);
CREATE INDEX event_machine_changed ON event (position) WHERE machine_changed = 1;
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('inbox',1);
COMMIT;
