-- What a database of version 4 holds besides: a row in every table that came with it. Frozen like the version itself.
INSERT INTO servers (name, until_wall) VALUES ('one/another', 5);
