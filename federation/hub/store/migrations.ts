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
  `
  -- Sealed sightings of the epoch that is being collected. Alike: a hash of all but the share.
  CREATE TABLE sealed (
    epoch INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    tag BLOB NOT NULL,
    alike BLOB NOT NULL,
    share BLOB NOT NULL,
    commitments BLOB NOT NULL,
    box BLOB NOT NULL,
    UNIQUE (epoch, slot, tag)
  ) STRICT;
  CREATE INDEX sealed_alike ON sealed (epoch, alike, slot);
  CREATE TABLE sealed_parts (
    epoch INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    part INTEGER NOT NULL,
    key BLOB NOT NULL,
    PRIMARY KEY (epoch, slot, part)
  ) STRICT, WITHOUT ROWID;

  -- What came out of the epochs before.
  CREATE TABLE sighting_epochs (epoch INTEGER PRIMARY KEY, key BLOB, drop_key BLOB NOT NULL) STRICT;
  CREATE TABLE sightings (
    epoch INTEGER NOT NULL REFERENCES sighting_epochs,
    content BLOB NOT NULL,
    many INTEGER NOT NULL,
    PRIMARY KEY (epoch, content)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE sighting_flags (slot INTEGER PRIMARY KEY, times INTEGER NOT NULL) STRICT;
  `,
];
