-- Convert one event of an older release to the current layout, with its jobs.
-- KEYS  1-5 jobs, queue, running, leases, wake  6 dead letters  7 trail  8 ids of deliveries  9 event
--       10.. deliveries
-- ARGV  1 JSON:
--   fields        the event's new fields, name -> value; its body stays
--   expected      the fields of the event, and of each delivery, as they were read
--   jobs          {{old, new, awaited}, ...}: the id in the older release, and the job as lib/jobs.lua has
--                 it, which is enqueued if the old one is in one of the `queues`, or the event waits for it
--   leases        prefixes of the older release's leases; `job_key` is that of its jobs
--   dead_letters  old member -> new member
-- Returns 1 if the event was migrated, 0 if it was already, or a worker of the older release is processing it.
local a = cjson.decode(ARGV[1])
local trail, delivery_ids, event = KEYS[7], KEYS[8], KEYS[9]
if redis.call('HEXISTS', event, 'state') == 0 or redis.call('LLEN', delivery_ids) ~= #KEYS - 9 then
  return 0
end
for i, fields in ipairs(a.expected) do
  for name, value in pairs(fields) do
    if redis.call('HGET', KEYS[8 + i], name) ~= value then
      return 0
    end
  end
end
for _, job in ipairs(a.jobs) do
  for _, prefix in ipairs(a.leases) do
    if redis.pcall('EXISTS', prefix .. job.old) == 1 then
      return 0
    end
  end
end

local function due_of(old)
  for _, key in ipairs(a.queues) do
    local due = redis.pcall('ZSCORE', key, old)  -- it may be forbidden, or another program's
    if type(due) == 'string' then
      return tonumber(due)
    end
  end
end

for _, job in ipairs(a.jobs) do
  local due = due_of(job.old)
  if due or job.awaited then
    job.new.delay = math.max(0, (due or 0) - now_ms())
    enqueue(job.new)
  end
end
for name, value in pairs(a.fields) do
  redis.call('HSET', event, name, value)
end
-- Afterwards, since a hash that loses its last field loses its expiry as well.
for _, name in ipairs(redis.call('HKEYS', event)) do
  if name ~= 'body' and not a.fields[name] then
    redis.call('HDEL', event, name)
  end
end
for old, new in pairs(a.dead_letters) do
  local at = redis.call('ZSCORE', KEYS[6], old)
  if at then
    redis.call('ZADD', KEYS[6], at, new)
    redis.call('ZREM', KEYS[6], old)
  end
end
for i = 7, #KEYS do
  if i ~= 9 then
    redis.call('DEL', KEYS[i])
  end
end
for _, job in ipairs(a.jobs) do
  for _, key in ipairs(a.queues) do
    redis.pcall('ZREM', key, job.old)
  end
  redis.call('DEL', a.job_key .. job.old)
end
return 1
