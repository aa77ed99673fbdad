-- What a database of version 2 holds besides: a row in every table that came with it. Frozen like the version itself.
INSERT INTO instance_series (group_id, quarter, part, members, minutes)
VALUES ('asg-000000000002d', 2000000, 0, 'i-0000000000009', '07d7d----');
INSERT INTO history_sizes (kind, hour, row_count, bytes)
VALUES ('decisions', 500000, 1, 160);
