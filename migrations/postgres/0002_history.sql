-- What lists and retention look up by, the series of instances, and what each kind of history takes.

-- One-minute mean and maximum of CPU and memory, 48 h: a row a group, quarter of an hour and 64 members (store::minutes
-- has the form). `members` stands before `minutes` so that looking for an instance reads the short one only.
CREATE TABLE instance_series (
    group_id TEXT COLLATE "C" NOT NULL REFERENCES groups_ (id),
    quarter  BIGINT NOT NULL,                    -- floor(cycle / 60)
    part     BIGINT NOT NULL,                    -- counts from 0
    members  TEXT COLLATE "C" NOT NULL,        -- ids, parted by spaces
    minutes  TEXT COLLATE "C" NOT NULL,        -- lines, parted by spaces: values in the order of `members`
    PRIMARY KEY (group_id, quarter, part)
);
CREATE INDEX instance_series_by_quarter ON instance_series (quarter);

-- What a closed hour of a kind of history takes: measured once, so that a sweep sums a few hundred numbers instead of
-- weighing every row (store::retention).
CREATE TABLE history_sizes (
    kind      TEXT COLLATE "C" NOT NULL,
    hour      BIGINT NOT NULL,
    row_count BIGINT NOT NULL,
    bytes     BIGINT NOT NULL,
    PRIMARY KEY (kind, hour)
);
CREATE INDEX decisions_by_age ON decisions (first_at);

-- Each list in its order, with what its filter looks at. `deleted_at` at the end, always null, lets SQLite count and
-- filter in the index alone.
CREATE INDEX groups_by_list ON groups_ (tenant_id, name, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX groups_by_created ON groups_ (tenant_id, created_at, id, name, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX groups_by_desired ON groups_ (tenant_id, desired, id, name, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX groups_by_in_service ON groups_ (tenant_id, in_service, id, name, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX templates_by_list ON templates (tenant_id, name, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX templates_by_created ON templates (tenant_id, created_at, id, name, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX load_balancers_by_list ON load_balancers (tenant_id, name, id, deleted_at) WHERE deleted_at IS NULL;
CREATE INDEX load_balancers_by_created ON load_balancers (tenant_id, created_at, id, name, deleted_at)
    WHERE deleted_at IS NULL;
CREATE INDEX instances_by_list ON instances (group_id, created_at, id) WHERE terminated_at IS NULL;
-- Which groups launch from a template, by name; it serves what groups_by_template served.
CREATE INDEX groups_by_use ON groups_ (template_id, tenant_id, name, id) WHERE deleted_at IS NULL;
DROP INDEX groups_by_template;
