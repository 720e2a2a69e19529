-- Answers by the content of what was asked, so that the same question to the same judge is asked and paid for once.
CREATE TABLE responses (
    key        TEXT PRIMARY KEY,
    model      TEXT NOT NULL,
    request    TEXT NOT NULL,
    completion TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;
