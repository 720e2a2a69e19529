-- The first schema. JSON columns hold the types of proctor-core as serde writes them; the columns beside them repeat
-- what is needed to count and aggregate without reading transcripts.

PRAGMA application_id = 1886544756; -- "prct"

CREATE TABLE runs (
    seq             INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    fingerprint     TEXT NOT NULL,
    benchmark       TEXT NOT NULL,
    model           TEXT NOT NULL,
    plan            TEXT NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('running', 'finished')),
    -- The set of grades that counts. Grading again fills another set and then switches to it.
    grade_set       INTEGER NOT NULL DEFAULT 0,
    created_at      TEXT NOT NULL,
    finished_at     TEXT,
    proctor_version TEXT NOT NULL
) STRICT;

CREATE INDEX runs_by_fingerprint ON runs (fingerprint, seq);

-- Samples by content, so that runs over the same data share them and a run is readable without its data folder.
CREATE TABLE samples (
    sha256         TEXT PRIMARY KEY,
    -- Hash without metadata: what decides questions and verdicts.
    content_sha256 TEXT NOT NULL,
    sample_group   TEXT NOT NULL,
    strata         TEXT NOT NULL,
    sample         TEXT NOT NULL
) STRICT;

CREATE TABLE run_samples (
    run           INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
    sample_id     TEXT NOT NULL,
    position      INTEGER NOT NULL,
    sample_sha256 TEXT NOT NULL REFERENCES samples (sha256),
    PRIMARY KEY (run, sample_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE attempts (
    run               INTEGER NOT NULL,
    sample_id         TEXT NOT NULL,
    epoch             INTEGER NOT NULL CHECK (epoch >= 0),
    attempt           TEXT,
    error             TEXT,
    latency_s         REAL NOT NULL,
    prompt_tokens     INTEGER,
    completion_tokens INTEGER,
    reasoning_tokens  INTEGER,
    cached_tokens     INTEGER,
    cost_usd          REAL,
    answered_at       TEXT NOT NULL,
    PRIMARY KEY (run, sample_id, epoch),
    FOREIGN KEY (run, sample_id) REFERENCES run_samples (run, sample_id) ON DELETE CASCADE,
    CHECK ((attempt IS NULL) <> (error IS NULL))
) STRICT;

CREATE TABLE grades (
    run         INTEGER NOT NULL,
    grade_set   INTEGER NOT NULL,
    sample_id   TEXT NOT NULL,
    epoch       INTEGER NOT NULL,
    outcome     TEXT NOT NULL,
    scores      TEXT NOT NULL,
    extracted   TEXT,
    explanation TEXT NOT NULL,
    category    TEXT,
    artifacts   TEXT NOT NULL,
    graded_at   TEXT NOT NULL,
    PRIMARY KEY (run, grade_set, sample_id, epoch),
    FOREIGN KEY (run, sample_id, epoch) REFERENCES attempts (run, sample_id, epoch) ON DELETE CASCADE
) STRICT;

-- Sets of grades that are being made by grading a run again; gone once the run has switched.
CREATE TABLE pending_grade_sets (
    run        INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
    grade_set  INTEGER NOT NULL,
    judge      TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (run, grade_set)
) STRICT, WITHOUT ROWID;

-- What reference solutions came to, by judge and by the sample's content: once per machine, not once per run.
CREATE TABLE ground_truth (
    judge_sha256   TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    explanation    TEXT NOT NULL,
    grade          TEXT NOT NULL,
    graded_at      TEXT NOT NULL,
    PRIMARY KEY (judge_sha256, content_sha256)
) STRICT, WITHOUT ROWID;
