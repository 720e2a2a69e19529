-- Rows that are counted and listed stand apart from the texts that are read one at a time, and lie in the order of the
-- plan: the id of an attempt is (run << 40) | (position << 14) | epoch, so a run is one range of keys.

CREATE TABLE new_runs (
    seq             INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,
    fingerprint     TEXT NOT NULL,
    benchmark       TEXT NOT NULL,
    model           TEXT NOT NULL,
    samples         INTEGER NOT NULL,
    epochs          INTEGER NOT NULL,
    state           TEXT NOT NULL CHECK (state IN ('running', 'finished')),
    created_at      TEXT NOT NULL,
    finished_at     TEXT,
    proctor_version TEXT NOT NULL
) STRICT;

INSERT INTO new_runs
SELECT seq, id, fingerprint, benchmark, model, (SELECT count(*) FROM run_samples rs WHERE rs.run = r.seq),
       coalesce(json_extract(plan, '$.epochs'), 1), state, created_at, finished_at, proctor_version
FROM runs r;

-- Plans name every sample, so they are long.
CREATE TABLE plans (
    run  INTEGER PRIMARY KEY REFERENCES new_runs (seq) ON DELETE CASCADE,
    plan TEXT NOT NULL
) STRICT;

INSERT INTO plans SELECT seq, plan FROM runs;

CREATE TABLE new_samples (
    seq            INTEGER PRIMARY KEY,
    sha256         TEXT NOT NULL UNIQUE,
    -- Hash without metadata: what decides questions and verdicts.
    content_sha256 TEXT NOT NULL,
    sample_group   TEXT NOT NULL,
    strata         TEXT NOT NULL,
    sample         TEXT NOT NULL
) STRICT;

INSERT INTO new_samples (sha256, content_sha256, sample_group, strata, sample)
SELECT sha256, content_sha256, sample_group, strata, sample FROM samples;

CREATE TABLE new_run_samples (
    run       INTEGER NOT NULL REFERENCES new_runs (seq) ON DELETE CASCADE,
    position  INTEGER NOT NULL CHECK (position BETWEEN 0 AND 67108863),
    sample_id TEXT NOT NULL,
    sample    INTEGER NOT NULL REFERENCES new_samples (seq),
    PRIMARY KEY (run, position),
    UNIQUE (run, sample_id)
) STRICT, WITHOUT ROWID;

INSERT INTO new_run_samples
SELECT rs.run, rs.position, rs.sample_id, s.seq FROM run_samples rs JOIN new_samples s ON s.sha256 = rs.sample_sha256;

CREATE TABLE new_attempts (
    id                 INTEGER PRIMARY KEY,
    run                INTEGER NOT NULL,
    position           INTEGER NOT NULL,
    epoch              INTEGER NOT NULL CHECK (epoch BETWEEN 0 AND 16383),
    -- Why there is no answer; null where there is one.
    error              TEXT,
    -- Why the last answer ended.
    finish             TEXT,
    exchanges          INTEGER NOT NULL,
    -- Answers among them that were not asked for but kept from before.
    cached_exchanges   INTEGER NOT NULL,
    latency_s          REAL NOT NULL,
    prompt_tokens      INTEGER,
    completion_tokens  INTEGER,
    reasoning_tokens   INTEGER,
    cached_tokens      INTEGER,
    cache_write_tokens INTEGER,
    cost_usd           REAL,
    -- What the kept answers cost when they were asked for.
    saved_usd          REAL,
    answered_at        TEXT NOT NULL,
    -- The store's counter at the last change of this row.
    revision           INTEGER NOT NULL,
    CHECK (id = ((run << 40) | (position << 14) | epoch)),
    FOREIGN KEY (run, position) REFERENCES new_run_samples (run, position) ON DELETE CASCADE
) STRICT;

CREATE TABLE transcripts (
    attempt    INTEGER PRIMARY KEY REFERENCES new_attempts (id) ON DELETE CASCADE,
    transcript TEXT NOT NULL
) STRICT;

INSERT INTO new_attempts
SELECT (rs.run << 40) | (rs.position << 14) | a.epoch, rs.run, rs.position, a.epoch, a.error,
       CASE json_type(a.attempt, '$.exchanges[#-1].completion.finish')
            WHEN 'text' THEN json_extract(a.attempt, '$.exchanges[#-1].completion.finish')
            WHEN 'object' THEN json_extract(a.attempt, '$.exchanges[#-1].completion.finish.other') END,
       coalesce(json_array_length(a.attempt, '$.exchanges'), 0), 0,
       a.latency_s, a.prompt_tokens, a.completion_tokens, a.reasoning_tokens, a.cached_tokens, NULL, a.cost_usd, NULL,
       a.answered_at, 0
FROM attempts a JOIN run_samples rs ON rs.run = a.run AND rs.sample_id = a.sample_id
ORDER BY 1;

INSERT INTO transcripts
SELECT (rs.run << 40) | (rs.position << 14) | a.epoch, a.attempt
FROM attempts a JOIN run_samples rs ON rs.run = a.run AND rs.sample_id = a.sample_id
WHERE a.attempt IS NOT NULL
ORDER BY 1;

CREATE TABLE new_grades (
    attempt     INTEGER PRIMARY KEY REFERENCES new_attempts (id) ON DELETE CASCADE,
    outcome     TEXT NOT NULL,
    category    TEXT,
    scores      TEXT NOT NULL,
    graded_at   TEXT NOT NULL,
    revision    INTEGER NOT NULL,
    explanation TEXT NOT NULL
) STRICT;

CREATE TABLE evidence (
    attempt   INTEGER PRIMARY KEY REFERENCES new_grades (attempt) ON DELETE CASCADE,
    extracted TEXT,
    artifacts TEXT NOT NULL
) STRICT;

INSERT INTO new_grades
SELECT (rs.run << 40) | (rs.position << 14) | g.epoch, g.outcome, g.category, g.scores, g.graded_at, 0, g.explanation
FROM grades g JOIN runs r ON r.seq = g.run AND r.grade_set = g.grade_set
JOIN run_samples rs ON rs.run = g.run AND rs.sample_id = g.sample_id
ORDER BY 1;

INSERT INTO evidence
SELECT (rs.run << 40) | (rs.position << 14) | g.epoch, g.extracted, g.artifacts
FROM grades g JOIN runs r ON r.seq = g.run AND r.grade_set = g.grade_set
JOIN run_samples rs ON rs.run = g.run AND rs.sample_id = g.sample_id
WHERE g.extracted IS NOT NULL OR g.artifacts <> '{}'
ORDER BY 1;

-- Grades that are being made by grading a run again, until every one is there; those half made before are made anew.
CREATE TABLE pending_grades (
    attempt     INTEGER PRIMARY KEY REFERENCES new_attempts (id) ON DELETE CASCADE,
    outcome     TEXT NOT NULL,
    category    TEXT,
    scores      TEXT NOT NULL,
    graded_at   TEXT NOT NULL,
    explanation TEXT NOT NULL,
    extracted   TEXT,
    artifacts   TEXT NOT NULL
) STRICT;

CREATE TABLE regrades (
    run        INTEGER PRIMARY KEY REFERENCES new_runs (seq) ON DELETE CASCADE,
    judge      TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

DROP TABLE pending_grade_sets;
DROP TABLE grades;
DROP TABLE attempts;
DROP TABLE run_samples;
DROP TABLE samples;
DROP TABLE runs;
ALTER TABLE new_runs RENAME TO runs;
ALTER TABLE new_samples RENAME TO samples;
ALTER TABLE new_run_samples RENAME TO run_samples;
ALTER TABLE new_attempts RENAME TO attempts;
ALTER TABLE new_grades RENAME TO grades;

CREATE INDEX runs_by_fingerprint ON runs (fingerprint, seq);
CREATE INDEX run_samples_by_sample ON run_samples (sample);
CREATE INDEX grades_by_outcome ON grades (outcome);

-- Counts transactions that changed attempts or grades, in the order in which they were committed.
CREATE TABLE counter (
    single   INTEGER PRIMARY KEY CHECK (single = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES (1, 0);

-- Kept answers: of judge models, and of tested models unless the user does without.
ALTER TABLE responses ADD COLUMN purpose TEXT NOT NULL DEFAULT 'judge';
ALTER TABLE responses ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
UPDATE responses SET size = length(CAST(request AS BLOB)) + length(CAST(completion AS BLOB));

-- Batches handed to a provider, so that a killed run finds them again instead of paying twice.
CREATE TABLE batches (
    run        INTEGER NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
    id         TEXT NOT NULL,
    content    TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (run, id)
) STRICT;

CREATE VIEW v_runs AS
SELECT id AS run_id, benchmark, model, fingerprint, state, samples, epochs, created_at, finished_at, proctor_version
FROM runs;

CREATE VIEW v_samples AS
SELECT r.id AS run_id, rs.position, rs.sample_id, s.sample_group, s.strata, s.content_sha256, s.sample
FROM runs r JOIN run_samples rs ON rs.run = r.seq JOIN samples s ON s.seq = rs.sample;

CREATE VIEW v_attempts AS
SELECT r.id AS run_id, r.benchmark, r.model, rs.sample_id, a.epoch, a.error, a.finish, a.exchanges, a.cached_exchanges,
       a.latency_s, a.prompt_tokens, a.completion_tokens, a.reasoning_tokens, a.cached_tokens, a.cache_write_tokens,
       a.cost_usd, a.saved_usd, a.answered_at, t.transcript
FROM runs r JOIN attempts a ON a.id >= (r.seq << 40) AND a.id < ((r.seq + 1) << 40)
JOIN run_samples rs ON rs.run = a.run AND rs.position = a.position
LEFT JOIN transcripts t ON t.attempt = a.id;

CREATE VIEW v_grades AS
SELECT r.id AS run_id, r.benchmark, r.model, r.fingerprint, rs.sample_id, s.sample_group, s.strata, a.epoch, g.outcome,
       g.category, g.explanation, g.scores, e.extracted, e.artifacts, a.finish, a.latency_s, a.prompt_tokens,
       a.completion_tokens, a.reasoning_tokens, a.cached_tokens, a.cost_usd, a.saved_usd, a.answered_at, g.graded_at
FROM runs r JOIN attempts a ON a.id >= (r.seq << 40) AND a.id < ((r.seq + 1) << 40)
JOIN run_samples rs ON rs.run = a.run AND rs.position = a.position
JOIN samples s ON s.seq = rs.sample LEFT JOIN grades g ON g.attempt = a.id LEFT JOIN evidence e ON e.attempt = g.attempt;
