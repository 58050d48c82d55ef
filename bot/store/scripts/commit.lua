-- Apply changes to events and their deliveries, with everything that depends on them, or change nothing.
-- KEYS  1-5 jobs, queue, running, leases, wake  6 dead letters  7.. the events, then keys of records
-- ARGV  1 JSON, everything in it optional:
--   changes  {{key, field, old, new}, ...}: `key` is the index of an event in KEYS; without `old`, the field
--            must not exist, unless it may be `any`; without `new`, it is removed
--   job      {id, token}: the run that must still hold its lease
--   enqueue  the jobs to enqueue, as lib/jobs.lua has them
--   records  {{key, cached_key, at, ttl, fields}, ...}: kept unless a newer one is
--   dead     {{member, at, oldest, ttl}, ...} to add to the dead letters, which lose those before `oldest`;
--            `restored` {member, ...} to remove
--   waiting  {{key, at, add, remove, ttl}, ...}: a delivery to add to, or to remove from, those that wait for
--            a destination
--   steps    {{key, lines}, ...}: what to add to an event's trail
--   ends     how the run ends, as lib/jobs.lua has it
-- Returns {1} if the changes are applied, or were applied by an earlier call whose reply was lost; {0} if
-- the lease is lost; {2, key, field, value, ...} of the event that is not as expected.
local a = cjson.decode(ARGV[1])
local changes = a.changes or {}

local applied, conflict = #changes > 0, nil
for _, change in ipairs(changes) do
  local value = redis.call('HGET', KEYS[change.key], change.field) or nil
  applied = applied and value == change.new
  local expected = change.any or value == change.old
  if not expected or (not value and redis.call('EXISTS', KEYS[change.key]) == 0) then
    conflict = conflict or change.key
  end
end
if applied then
  return {1}
end
if a.job and not holds(a.job) then
  return {0}
end
if conflict then
  local fields = redis.call('HGETALL', KEYS[conflict])
  table.insert(fields, 1, conflict)
  table.insert(fields, 1, 2)
  return fields
end

-- Removals come first: a full Redis refuses a script whose first write needs memory.
for _, change in ipairs(changes) do
  if not change.new then
    redis.call('HDEL', KEYS[change.key], change.field)
  end
end
for _, job in ipairs(a.enqueue or {}) do
  enqueue(job)
end
for _, change in ipairs(changes) do
  if change.new then
    redis.call('HSET', KEYS[change.key], change.field, change.new)
  end
end
for _, step in ipairs(a.steps or {}) do
  add_steps(KEYS[step.key], step.lines)
end
for _, record in ipairs(a.records or {}) do
  local kept_at = redis.call('HGET', KEYS[record.key], 'at')
  if not kept_at or tonumber(kept_at) <= record.at then
    redis.call('HSET', KEYS[record.key], 'at', record.at, 'fields', record.fields)
    redis.call('PEXPIRE', KEYS[record.key], record.ttl)
  end
  if record.cached_key then
    redis.call('DEL', KEYS[record.cached_key])
  end
end
for _, member in ipairs(a.restored or {}) do
  redis.call('ZREM', KEYS[6], member)
end
for _, dead in ipairs(a.dead or {}) do
  redis.call('ZREMRANGEBYSCORE', KEYS[6], '-inf', '(' .. dead.oldest)
  redis.call('ZADD', KEYS[6], dead.at, dead.member)
  redis.call('PEXPIRE', KEYS[6], dead.ttl)
end
for _, wait in ipairs(a.waiting or {}) do
  if wait.add then
    redis.call('ZADD', KEYS[wait.key], wait.at, wait.add)
    redis.call('PEXPIRE', KEYS[wait.key], wait.ttl)
  else
    redis.call('ZREM', KEYS[wait.key], wait.remove)
  end
end
if a.ends then
  end_run(a.ends)
end
return {1}
