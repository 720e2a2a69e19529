-- The view's read index: what lists, filters and search need of a store, as narrow rows. It is made of the store alone
-- and can be deleted at any time.

CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE runs (
    seq         INTEGER PRIMARY KEY,
    id          TEXT NOT NULL UNIQUE,
    benchmark   TEXT NOT NULL,
    model       TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    finished    INTEGER NOT NULL,
    created_at  TEXT NOT NULL,
    finished_at TEXT,
    planned     INTEGER NOT NULL,
    -- The store's counter up to which this run's rows are here; NULL until they all were once.
    revision    INTEGER
) STRICT;

-- Samples by id and content, shared between runs.
CREATE TABLE samples (
    key       INTEGER PRIMARY KEY,
    sample_id TEXT NOT NULL,
    content   TEXT NOT NULL,
    strata    TEXT NOT NULL,
    UNIQUE (sample_id, content)
) STRICT;

-- Which sample stands at which place of a run's plan.
CREATE TABLE places (
    run      INTEGER NOT NULL,
    position INTEGER NOT NULL,
    sample   INTEGER NOT NULL,
    PRIMARY KEY (run, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE strata (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

CREATE TABLE sample_strata (
    stratum INTEGER NOT NULL,
    sample  INTEGER NOT NULL,
    PRIMARY KEY (stratum, sample)
) STRICT, WITHOUT ROWID;
CREATE INDEX strata_by_sample ON sample_strata (sample, stratum);

CREATE TABLE categories (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

-- Attempts. The id is run << 40 | position << 14 | epoch, so that a run is one range. The outcome is its place among all
-- outcomes, 8 where there is an answer and no grade yet.
CREATE TABLE attempts (
    id          INTEGER PRIMARY KEY,
    run         INTEGER NOT NULL,
    sample      INTEGER NOT NULL,
    outcome     INTEGER NOT NULL,
    category    INTEGER NOT NULL,
    tokens      INTEGER NOT NULL,
    millis      INTEGER NOT NULL,
    explanation TEXT NOT NULL
) STRICT;

CREATE INDEX attempts_by_outcome ON attempts (run, outcome, id);
CREATE INDEX attempts_by_sample ON attempts (sample, run);
CREATE INDEX attempts_by_tokens ON attempts (run, tokens, id);
CREATE INDEX attempts_by_time ON attempts (run, millis, id);
CREATE INDEX attempts_by_category ON attempts (run, category, id) WHERE category > 0;

-- How often each outcome came: by run, and by run and subset (stratum 0 is everything).
CREATE TABLE tallies (
    run     INTEGER NOT NULL,
    stratum INTEGER NOT NULL,
    outcome INTEGER NOT NULL,
    n       INTEGER NOT NULL,
    PRIMARY KEY (run, stratum, outcome)
) STRICT, WITHOUT ROWID;

-- Attempts whose texts are not searchable yet.
CREATE TABLE unread (id INTEGER PRIMARY KEY) STRICT;

CREATE VIRTUAL TABLE answers USING fts5 (
    answer, explanation, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
CREATE VIRTUAL TABLE questions USING fts5 (
    sample_id, question, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2'
);
