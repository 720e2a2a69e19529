-- The run that asked for an answer that is kept; to that run it is its own answer.
ALTER TABLE responses ADD COLUMN asked_by TEXT;
