-- Which servers live on this database: each says so whenever it renews its leases, until then by the database's clock.
-- Their number is what a fair share of the shards is counted by (store::rules).
CREATE TABLE servers (
    name       TEXT COLLATE "C" NOT NULL PRIMARY KEY,  -- as the owner of leases
    until_wall BIGINT           NOT NULL
);
