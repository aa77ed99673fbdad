-- A database of version 1 with a row in every table: one SQL text for both databases, as all of ours is.
-- Frozen like the version itself.
INSERT INTO installation (one, id, anchor_wall, anchor_product, anchor_scale, mark_product, created_wall)
VALUES (1, '0000000000001', 1800000000000, 1800000000000, 15, 1800000150000, 1800000000000);
INSERT INTO tenants (id, name, seq, created_at)
VALUES ('tn-0000000000005', 'default', 2, 1800000000000);
INSERT INTO users (id, tenant_id, name, role, password_hash, created_at, signed_in_at)
VALUES ('u-0000000000006', 'tn-0000000000005', 'admin', 'platform_admin', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2g', 1800000000000, NULL);
INSERT INTO sessions (id_hash, user_id, data, expires_wall)
VALUES ('abababababababababababababababababababababababababababababababab', 'u-0000000000006', '{}', 1800043200000);
INSERT INTO regions (name, currency)
VALUES ('local', 'USD');
INSERT INTO zones (name, region)
VALUES ('local-a', 'local');
INSERT INTO vpcs (id, tenant_id, name)
VALUES ('vpc-0000000000002', 'tn-0000000000005', 'main');
INSERT INTO subnets (id, vpc_id, zone, cidr)
VALUES ('sub-0000000000003', 'vpc-0000000000002', 'local-a', '127.20.1.0/24');
INSERT INTO instance_types (name, vcpu_milli, memory_mib, hour_micros)
VALUES ('t.quarter', 250, 256, 12500);
INSERT INTO images (name, description, spec)
VALUES ('sample-web', 'A small web server', '{"name":"sample-web","command":["{self}","sample-web"],"environment":[],"ports":[8080],"ready_path":"/healthz"}');
INSERT INTO templates (id, tenant_id, name, remark, version, created_at, deleted_at)
VALUES ('tpl-0000000000001', 'tn-0000000000005', '网站', 'its ours', 1, 1800000000000, NULL);
INSERT INTO template_versions (template_id, version, image, instance_type, vpc_id, user_data, environment, created_at)
VALUES ('tpl-0000000000001', 1, 'sample-web', 't.quarter', 'vpc-0000000000002', 'hello
there', '[["COLOUR","blue"]]', 1800000000000);
INSERT INTO groups_ (id, tenant_id, name, remark, kind, status, shard, spec_version, state_rev, min_size, max_size, template_id, template_version, durable, desired, in_service, everything, alarm, decisions, created_at, deleted_at)
VALUES ('asg-000000000002d', 'tn-0000000000005', 'web', '', 'vm', 'enabled', 37, 1, 4, 1, 4, 'tpl-0000000000001', 1, '{"desired":2,"accounted":2,"growth":1,"breaker":{"failures":1,"opened":null,"trials":0,"next_trial":0},"out_of_stock":null,"last_out":{"cycle":120000000,"from":1,"to":2,"demands":[{"Ok":90000},{"Err":"not_read"}],"regretted":false},"last_in":null,"regret":null,"answering":[{"asked":null,"misses":0,"last_added":null},{"asked":null,"misses":0,"last_added":null}],"strays_confirmed":false}', 2, 1, 1, 0, 1, 1800000000000, NULL);
INSERT INTO group_specs (group_id, version, spec, user_name, created_at)
VALUES ('asg-000000000002d', 1, '{"min":1,"max":4,"warm_up":300000,"rules":[{"metric":"cpu","threshold":50000}],"scale_in":"allowed","removal":"newest","brake":"on","hold":"on","projection":"on","bindings":[],"ready_check":"required","seed":9}', 'admin', 1800000000000);
INSERT INTO load_balancers (id, tenant_id, name, remark, address, created_at, deleted_at, ended)
VALUES ('lb-0000000000007', 'tn-0000000000005', 'front', '', '127.0.0.1', 1800000000000, NULL, 0);
INSERT INTO vservers (id, balancer_id, name, port, algorithm, check_path, check_interval_s, created_at, deleted_at)
VALUES ('vs-0000000000008', 'lb-0000000000007', 'http', 20100, 'round_robin', '/healthz', 5, 1800000000000, NULL);
INSERT INTO bindings (group_id, vserver_id, port, weight)
VALUES ('asg-000000000002d', 'vs-0000000000008', 8080, 1);
INSERT INTO instances (id, tenant_id, group_id, name, template_id, template_version, subnet_id, zone, address, phase, state, flags, warm_up_ms, activity_id, created_at, running_at, terminated_at)
VALUES ('i-0000000000009', 'tn-0000000000005', 'asg-000000000002d', 'web-4k2m9x', 'tpl-0000000000001', 1, 'sub-0000000000003', 'local-a', '127.20.1.10', '{"phase":"serving"}', 'in_service', '{"protected":true,"attached":false,"standby":false,"was_in_service":true,"replacement":false}', 300000, '', 1800000000000, 1800000001000, NULL);
INSERT INTO orders (id, group_id, body, user_name, created_at)
VALUES ('ord-0000000000001', 'asg-000000000002d', '{"order":"remove","id":"i-0000000000009"}', 'admin', 1800000000000);
INSERT INTO activities (id, tenant_id, group_id, kind, status, cause, failure, instance_id, size_before, size_after, started_at, ended_at)
VALUES ('act-000000000000a', 'tn-0000000000005', 'asg-000000000002d', 'launch', 'succeeded', '{"cause":"engine","reasons":[{"reason":"fixed_size","desired":2}]}', NULL, 'i-0000000000009', 1, 2, 1800000000000, 1800000001000);
INSERT INTO decisions (group_id, number, first_at, last_at, passes, size, variants, trail)
VALUES ('asg-000000000002d', 1, 1800000000000, 1800000015000, 2, 2, 'fixed_size', '[{"reason":"fixed_size","desired":2}]');
INSERT INTO group_series (group_id, hour, last_cycle, cycles)
VALUES ('asg-000000000002d', 500000, 120000000, '[{"cycle":120000000,"desired":2,"in_service":1,"everything":1,"means":[{"Ok":50000},{"Err":"not_read"}],"demands":[{"Ok":90000},{"Err":"too_few_samples"}]}]');
INSERT INTO instance_samples (instance_id, group_id, cycle, cpu_milli, memory_milli)
VALUES ('i-0000000000009', 'asg-000000000002d', 120000000, 50000, NULL);
INSERT INTO events (tenant_id, seq, change, created_at)
VALUES ('tn-0000000000005', 2, '{"changed":"group","id":"asg-000000000002d"}', 1800000000000);
INSERT INTO audit (id, tenant_id, user_name, action, resource, detail, created_wall)
VALUES ('aud-0000000000001', 'tn-0000000000005', 'admin', 'create_group', 'asg-000000000002d', '{"name":"web"}', 1800000000000);
UPDATE leases SET owner = 'server-b', epoch = 3, until_wall = 4000000000000 WHERE shard = 37;
