/**
 * The tables of the SQLite store: each step is applied once, in order, and never changed again. `user_version` says
 * how far a file is.
 *
 * @module
 */

/** The steps. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE facts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO facts VALUES ('closed_through', 0);

  CREATE TABLE members (
    slot INTEGER PRIMARY KEY,
    joined_day INTEGER NOT NULL,
    revoked INTEGER NOT NULL DEFAULT 0,
    sequence INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE keys (
    hash BLOB PRIMARY KEY,
    slot INTEGER NOT NULL REFERENCES members,
    until INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sponsors (
    slot INTEGER NOT NULL REFERENCES members,
    sponsor INTEGER NOT NULL REFERENCES members,
    PRIMARY KEY (slot, sponsor)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE used_invitations (id BLOB PRIMARY KEY, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;

  CREATE TABLE policies (
    version INTEGER PRIMARY KEY,
    policy BLOB NOT NULL,
    signature BLOB NOT NULL
  ) STRICT;

  -- In the order of arrival, with an index: four times as fast as a table in the order of its key.
  CREATE TABLE summaries (
    bin INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    late INTEGER NOT NULL,
    body BLOB NOT NULL,
    UNIQUE (bin, slot, sequence)
  ) STRICT;

  CREATE TABLE bins (bin INTEGER PRIMARY KEY, operators INTEGER NOT NULL, feed BLOB NOT NULL) STRICT;
  CREATE TABLE incidents (
    id INTEGER PRIMARY KEY,
    anomaly INTEGER NOT NULL,
    opened INTEGER NOT NULL,
    closed INTEGER,
    seen_log2 INTEGER NOT NULL,
    of_log2 INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE incident_bins (
    id INTEGER NOT NULL REFERENCES incidents,
    bin INTEGER NOT NULL,
    seen_log2 INTEGER NOT NULL,
    of_log2 INTEGER NOT NULL,
    PRIMARY KEY (id, bin)
  ) STRICT, WITHOUT ROWID;
  `,
];
