-- What the overview tells: how desired moved last, over all groups of a tenant. Moves only: they are few among activities.
CREATE INDEX activities_by_move ON activities (tenant_id, started_at, id) WHERE kind = 'resize';
