-- The schema that SQLite's stores have after their migration of the same number. Texts sort by their bytes, as there.


CREATE TABLE runs (
    seq             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id              TEXT COLLATE "C" NOT NULL UNIQUE,
    fingerprint     TEXT COLLATE "C" NOT NULL,
    benchmark       TEXT COLLATE "C" NOT NULL,
    model           TEXT COLLATE "C" NOT NULL,
    samples         BIGINT NOT NULL,
    epochs          BIGINT NOT NULL,
    state           TEXT COLLATE "C" NOT NULL CHECK (state IN ('running', 'finished')),
    created_at      TEXT COLLATE "C" NOT NULL,
    finished_at     TEXT COLLATE "C",
    proctor_version TEXT COLLATE "C" NOT NULL
);

CREATE INDEX runs_by_fingerprint ON runs (fingerprint, seq);

CREATE TABLE plans (
    run  BIGINT PRIMARY KEY REFERENCES runs (seq) ON DELETE CASCADE,
    plan TEXT COLLATE "C" NOT NULL
);

CREATE TABLE samples (
    seq            BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256         TEXT COLLATE "C" NOT NULL UNIQUE,
    -- Hash without metadata: what decides questions and verdicts.
    content_sha256 TEXT COLLATE "C" NOT NULL,
    sample_group   TEXT COLLATE "C" NOT NULL,
    strata         TEXT COLLATE "C" NOT NULL,
    sample         TEXT COLLATE "C" NOT NULL
);

CREATE TABLE run_samples (
    run       BIGINT NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
    position  BIGINT NOT NULL CHECK (position BETWEEN 0 AND 67108863),
    sample_id TEXT COLLATE "C" NOT NULL,
    sample    BIGINT NOT NULL REFERENCES samples (seq),
    PRIMARY KEY (run, position),
    UNIQUE (run, sample_id)
);

CREATE INDEX run_samples_by_sample ON run_samples (sample);

-- The id is (run << 40) | (position << 14) | epoch, so a run is one range of keys, in the order of the plan.
CREATE TABLE attempts (
    id                 BIGINT PRIMARY KEY,
    run                BIGINT NOT NULL,
    position           BIGINT NOT NULL,
    epoch              BIGINT NOT NULL CHECK (epoch BETWEEN 0 AND 16383),
    -- Why there is no answer; null where there is one.
    error              TEXT COLLATE "C",
    -- Why the last answer ended.
    finish             TEXT COLLATE "C",
    exchanges          BIGINT NOT NULL,
    -- Answers among them that were not asked for but kept from before.
    cached_exchanges   BIGINT NOT NULL,
    latency_s          DOUBLE PRECISION NOT NULL,
    prompt_tokens      BIGINT,
    completion_tokens  BIGINT,
    reasoning_tokens   BIGINT,
    cached_tokens      BIGINT,
    cache_write_tokens BIGINT,
    cost_usd           DOUBLE PRECISION,
    -- What the kept answers cost when they were asked for.
    saved_usd          DOUBLE PRECISION,
    answered_at        TEXT COLLATE "C" NOT NULL,
    -- The store's counter at the last change of this row.
    revision           BIGINT NOT NULL,
    CHECK (id = ((run << 40) | (position << 14) | epoch)),
    FOREIGN KEY (run, position) REFERENCES run_samples (run, position) ON DELETE CASCADE
);

CREATE TABLE transcripts (
    attempt    BIGINT PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
    transcript TEXT COLLATE "C" NOT NULL
);

CREATE TABLE grades (
    attempt     BIGINT PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
    outcome     TEXT COLLATE "C" NOT NULL,
    category    TEXT COLLATE "C",
    scores      TEXT COLLATE "C" NOT NULL,
    graded_at   TEXT COLLATE "C" NOT NULL,
    revision    BIGINT NOT NULL,
    explanation TEXT COLLATE "C" NOT NULL
);

CREATE INDEX grades_by_outcome ON grades (outcome, attempt);

CREATE TABLE evidence (
    attempt   BIGINT PRIMARY KEY REFERENCES grades (attempt) ON DELETE CASCADE,
    extracted TEXT COLLATE "C",
    artifacts TEXT COLLATE "C" NOT NULL
);

CREATE TABLE pending_grades (
    attempt     BIGINT PRIMARY KEY REFERENCES attempts (id) ON DELETE CASCADE,
    outcome     TEXT COLLATE "C" NOT NULL,
    category    TEXT COLLATE "C",
    scores      TEXT COLLATE "C" NOT NULL,
    graded_at   TEXT COLLATE "C" NOT NULL,
    explanation TEXT COLLATE "C" NOT NULL,
    extracted   TEXT COLLATE "C",
    artifacts   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE regrades (
    run        BIGINT PRIMARY KEY REFERENCES runs (seq) ON DELETE CASCADE,
    judge      TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL
);

CREATE TABLE ground_truth (
    judge_sha256   TEXT COLLATE "C" NOT NULL,
    content_sha256 TEXT COLLATE "C" NOT NULL,
    outcome        TEXT COLLATE "C" NOT NULL,
    explanation    TEXT COLLATE "C" NOT NULL,
    grade          TEXT COLLATE "C" NOT NULL,
    graded_at      TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (judge_sha256, content_sha256)
);

CREATE TABLE counter (
    single   BIGINT PRIMARY KEY CHECK (single = 1),
    revision BIGINT NOT NULL
);

INSERT INTO counter VALUES (1, 0);

CREATE TABLE responses (
    key        TEXT COLLATE "C" PRIMARY KEY,
    model      TEXT COLLATE "C" NOT NULL,
    request    TEXT COLLATE "C" NOT NULL,
    completion TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    purpose    TEXT COLLATE "C" NOT NULL DEFAULT 'judge',
    size       BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE batches (
    run        BIGINT NOT NULL REFERENCES runs (seq) ON DELETE CASCADE,
    id         TEXT COLLATE "C" NOT NULL,
    content    TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (run, id)
);

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
