-- Tidegate's first schema. The same names and numbers as in migrations/sqlite; forward only.
-- Every text is COLLATE "C": sorted by bytes, as SQLite sorts it and as keyset paging compares it.
-- Ids are TEXT with their kind's prefix; instants are BIGINT unix milliseconds (product time unless the name says wall);
-- money is BIGINT micro-units; structured values are JSON in TEXT.

CREATE TABLE installation (
    one            BIGINT           NOT NULL PRIMARY KEY CHECK (one = 1),
    id             TEXT COLLATE "C" NOT NULL,  -- marks our machines and balancers
    anchor_wall    BIGINT           NOT NULL,
    anchor_product BIGINT           NOT NULL,
    anchor_scale   BIGINT           NOT NULL,
    mark_product   BIGINT           NOT NULL,  -- product time never starts before this
    created_wall   BIGINT           NOT NULL
);

CREATE TABLE tenants (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL UNIQUE,
    seq        BIGINT           NOT NULL DEFAULT 0,  -- last event sequence, taken in the writing transaction
    created_at BIGINT           NOT NULL
);

CREATE TABLE users (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id     TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    name          TEXT COLLATE "C" NOT NULL UNIQUE,
    role          TEXT COLLATE "C" NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL,
    created_at    BIGINT           NOT NULL,
    signed_in_at  BIGINT  -- null until the first sign-in
);

CREATE TABLE sessions (
    id_hash      TEXT COLLATE "C" NOT NULL PRIMARY KEY,  -- sha-256 of the cookie's value
    user_id      TEXT COLLATE "C" NOT NULL DEFAULT '',
    data         TEXT COLLATE "C" NOT NULL,
    expires_wall BIGINT           NOT NULL
);
CREATE INDEX sessions_by_expiry ON sessions (expires_wall);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE regions (
    name     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    currency TEXT COLLATE "C" NOT NULL
);

CREATE TABLE zones (
    name   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    region TEXT COLLATE "C" NOT NULL REFERENCES regions (name)
);

CREATE TABLE vpcs (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    name      TEXT COLLATE "C" NOT NULL,
    UNIQUE (tenant_id, name)
);

CREATE TABLE subnets (
    id     TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    vpc_id TEXT COLLATE "C" NOT NULL REFERENCES vpcs (id),
    zone   TEXT COLLATE "C" NOT NULL REFERENCES zones (name),
    cidr   TEXT COLLATE "C" NOT NULL UNIQUE  -- loopback: 127.a.b.0/24 for driver `process`
);
CREATE INDEX subnets_by_vpc ON subnets (vpc_id);

CREATE TABLE instance_types (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    vcpu_milli  BIGINT           NOT NULL,
    memory_mib  BIGINT           NOT NULL,
    hour_micros BIGINT           NOT NULL
);

CREATE TABLE images (
    name        TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    description TEXT COLLATE "C" NOT NULL,
    spec        TEXT COLLATE "C" NOT NULL  -- JSON of control::drivers::ImageSpec
);

CREATE TABLE templates (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    name       TEXT COLLATE "C" NOT NULL,
    remark     TEXT COLLATE "C" NOT NULL DEFAULT '',
    version    BIGINT           NOT NULL DEFAULT 1,  -- the newest
    created_at BIGINT           NOT NULL,
    deleted_at BIGINT
);
CREATE UNIQUE INDEX templates_by_name ON templates (tenant_id, name) WHERE deleted_at IS NULL;

CREATE TABLE template_versions (
    template_id   TEXT COLLATE "C" NOT NULL REFERENCES templates (id),
    version       BIGINT           NOT NULL,
    image         TEXT COLLATE "C" NOT NULL REFERENCES images (name),
    instance_type TEXT COLLATE "C" NOT NULL REFERENCES instance_types (name),
    vpc_id        TEXT COLLATE "C" NOT NULL REFERENCES vpcs (id),
    user_data     TEXT COLLATE "C" NOT NULL DEFAULT '',
    environment   TEXT COLLATE "C" NOT NULL DEFAULT '[]',  -- JSON [[key, value], ...]
    created_at    BIGINT           NOT NULL,
    PRIMARY KEY (template_id, version)
);

CREATE TABLE groups_ (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id        TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    name             TEXT COLLATE "C" NOT NULL,
    remark           TEXT COLLATE "C" NOT NULL DEFAULT '',
    kind             TEXT COLLATE "C" NOT NULL DEFAULT 'vm',
    status           TEXT COLLATE "C" NOT NULL,  -- engine::model::GroupStatus
    shard            BIGINT           NOT NULL,  -- 0 to 63 by hash of the id
    spec_version     BIGINT           NOT NULL,  -- bumped by people
    state_rev        BIGINT           NOT NULL DEFAULT 0,  -- bumped by the loop
    min_size         BIGINT           NOT NULL,  -- copies of the current spec for lists
    max_size         BIGINT           NOT NULL,
    template_id      TEXT COLLATE "C" NOT NULL REFERENCES templates (id),
    template_version BIGINT           NOT NULL,
    durable          TEXT COLLATE "C" NOT NULL,  -- JSON of engine::memory::Durable
    desired          BIGINT           NOT NULL,  -- copy of durable.desired for lists
    in_service       BIGINT           NOT NULL DEFAULT 0,
    everything       BIGINT           NOT NULL DEFAULT 0,
    alarm            BIGINT           NOT NULL DEFAULT 0,  -- 1 when something needs a person
    decisions        BIGINT           NOT NULL DEFAULT 0,  -- number of its newest decision row
    created_at       BIGINT           NOT NULL,
    deleted_at       BIGINT
);
CREATE UNIQUE INDEX groups_by_name ON groups_ (tenant_id, name) WHERE deleted_at IS NULL;
CREATE INDEX groups_by_shard ON groups_ (shard, id) WHERE deleted_at IS NULL;
CREATE INDEX groups_by_template ON groups_ (template_id);

CREATE TABLE group_specs (
    group_id   TEXT COLLATE "C" NOT NULL REFERENCES groups_ (id),
    version    BIGINT           NOT NULL,
    spec       TEXT COLLATE "C" NOT NULL,  -- JSON of engine::model::GroupSpec
    user_name  TEXT COLLATE "C" NOT NULL,  -- who made it
    created_at BIGINT           NOT NULL,
    PRIMARY KEY (group_id, version)
);

CREATE TABLE instances (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id        TEXT COLLATE "C" NOT NULL,
    group_id         TEXT COLLATE "C" NOT NULL REFERENCES groups_ (id),
    name             TEXT COLLATE "C" NOT NULL,
    template_id      TEXT COLLATE "C" NOT NULL,
    template_version BIGINT           NOT NULL,
    subnet_id        TEXT COLLATE "C" NOT NULL,
    zone             TEXT COLLATE "C" NOT NULL,
    address          TEXT COLLATE "C" NOT NULL,
    phase            TEXT COLLATE "C" NOT NULL,  -- JSON of engine::model::Phase: the open step is the phase
    state            TEXT COLLATE "C" NOT NULL,  -- engine::census::InstanceState, for lists
    flags            TEXT COLLATE "C" NOT NULL,  -- JSON of engine::model::Flags
    warm_up_ms       BIGINT           NOT NULL,
    activity_id      TEXT COLLATE "C" NOT NULL,  -- the open activity, or '' when none
    created_at       BIGINT           NOT NULL,
    running_at       BIGINT,
    terminated_at    BIGINT
);
CREATE INDEX instances_by_group ON instances (group_id, id) WHERE terminated_at IS NULL;
CREATE UNIQUE INDEX instances_by_address ON instances (address) WHERE terminated_at IS NULL;
CREATE INDEX instances_by_subnet ON instances (subnet_id, address) WHERE terminated_at IS NULL;
CREATE INDEX instances_by_end ON instances (terminated_at) WHERE terminated_at IS NOT NULL;

CREATE TABLE orders (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    group_id   TEXT COLLATE "C" NOT NULL REFERENCES groups_ (id),
    body       TEXT COLLATE "C" NOT NULL,  -- JSON of engine::model::Order
    user_name  TEXT COLLATE "C" NOT NULL,
    created_at BIGINT           NOT NULL
);
CREATE INDEX orders_by_group ON orders (group_id, created_at, id);

CREATE TABLE load_balancers (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    name       TEXT COLLATE "C" NOT NULL,
    remark     TEXT COLLATE "C" NOT NULL DEFAULT '',
    address    TEXT COLLATE "C" NOT NULL,
    created_at BIGINT           NOT NULL,
    deleted_at BIGINT,
    ended      BIGINT           NOT NULL DEFAULT 0  -- 1 when it is deleted and its process has ended
);
CREATE INDEX load_balancers_alive ON load_balancers (id) WHERE ended = 0;
CREATE UNIQUE INDEX load_balancers_by_name ON load_balancers (tenant_id, name) WHERE deleted_at IS NULL;

CREATE TABLE vservers (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    balancer_id      TEXT COLLATE "C" NOT NULL REFERENCES load_balancers (id),
    name             TEXT COLLATE "C" NOT NULL,
    port             BIGINT           NOT NULL,
    algorithm        TEXT COLLATE "C" NOT NULL,
    check_path       TEXT COLLATE "C" NOT NULL,
    check_interval_s BIGINT           NOT NULL,
    created_at       BIGINT           NOT NULL,
    deleted_at       BIGINT
);
CREATE UNIQUE INDEX vservers_by_port ON vservers (port) WHERE deleted_at IS NULL;
CREATE INDEX vservers_by_balancer ON vservers (balancer_id);

CREATE TABLE bindings (
    group_id   TEXT COLLATE "C" NOT NULL REFERENCES groups_ (id),
    vserver_id TEXT COLLATE "C" NOT NULL REFERENCES vservers (id),
    port       BIGINT           NOT NULL,
    weight     BIGINT           NOT NULL,
    PRIMARY KEY (group_id, vserver_id)
);
CREATE INDEX bindings_by_vserver ON bindings (vserver_id);

CREATE TABLE activities (
    id          TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id   TEXT COLLATE "C" NOT NULL,
    group_id    TEXT COLLATE "C" NOT NULL REFERENCES groups_ (id),
    kind        TEXT COLLATE "C" NOT NULL,  -- api::groups::ActivityKind
    status      TEXT COLLATE "C" NOT NULL,  -- api::groups::ActivityStatus
    cause       TEXT COLLATE "C" NOT NULL,  -- JSON of api::groups::Cause
    failure     TEXT COLLATE "C",
    instance_id TEXT COLLATE "C" NOT NULL DEFAULT '',
    size_before BIGINT           NOT NULL,
    size_after  BIGINT           NOT NULL,
    started_at  BIGINT           NOT NULL,
    ended_at    BIGINT
);
CREATE INDEX activities_by_group ON activities (group_id, started_at, id);
CREATE INDEX activities_by_end ON activities (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE decisions (
    group_id TEXT COLLATE "C" NOT NULL REFERENCES groups_ (id),
    number   BIGINT           NOT NULL,  -- counts from 1 in its group: the newest 500 are kept
    first_at BIGINT           NOT NULL,
    last_at  BIGINT           NOT NULL,
    passes   BIGINT           NOT NULL,
    size     BIGINT           NOT NULL,
    variants TEXT COLLATE "C" NOT NULL,  -- the reasons' names: a row is extended while these stay the same
    trail    TEXT COLLATE "C" NOT NULL,  -- JSON [Reason] of the latest pass
    PRIMARY KEY (group_id, first_at)
);
CREATE UNIQUE INDEX decisions_by_number ON decisions (group_id, number);

-- 15 s demand, one row an hour: JSON [CycleRecord], 15 days.
CREATE TABLE group_series (
    group_id   TEXT COLLATE "C" NOT NULL REFERENCES groups_ (id),
    hour       BIGINT           NOT NULL,  -- floor(cycle / 240)
    last_cycle BIGINT           NOT NULL,  -- of the newest record in `cycles`
    cycles     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (group_id, hour)
);
CREATE INDEX group_series_by_hour ON group_series (hour);

-- The last closed cycle's samples by instance; replaced each cycle.
CREATE TABLE instance_samples (
    instance_id  TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    group_id     TEXT COLLATE "C" NOT NULL,
    cycle        BIGINT           NOT NULL,
    cpu_milli    BIGINT,
    memory_milli BIGINT
);
CREATE INDEX instance_samples_by_group ON instance_samples (group_id);

CREATE TABLE events (
    tenant_id  TEXT COLLATE "C" NOT NULL REFERENCES tenants (id),
    seq        BIGINT           NOT NULL,
    change     TEXT COLLATE "C" NOT NULL,  -- JSON of api::live::Change
    created_at BIGINT           NOT NULL,
    PRIMARY KEY (tenant_id, seq)
);
CREATE INDEX events_by_age ON events (created_at);

CREATE TABLE audit (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant_id    TEXT COLLATE "C" NOT NULL,
    user_name    TEXT COLLATE "C" NOT NULL,
    action       TEXT COLLATE "C" NOT NULL,
    resource     TEXT COLLATE "C" NOT NULL,
    detail       TEXT COLLATE "C" NOT NULL,  -- JSON; secrets as "set"
    created_wall BIGINT           NOT NULL
);
CREATE INDEX audit_by_tenant ON audit (tenant_id, created_wall, id);

-- Ownership: 64 shards by hash.
CREATE TABLE leases (
    shard      BIGINT           NOT NULL PRIMARY KEY,
    owner      TEXT COLLATE "C" NOT NULL,
    epoch      BIGINT           NOT NULL,
    until_wall BIGINT           NOT NULL
);
WITH RECURSIVE shards (shard) AS (SELECT 0 UNION ALL SELECT shard + 1 FROM shards WHERE shard < 63)
INSERT INTO leases (shard, owner, epoch, until_wall) SELECT shard, '', 0, 0 FROM shards;
