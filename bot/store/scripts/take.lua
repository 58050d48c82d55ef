-- Take due jobs and their leases, with the events that they are about; those that wait longest come first.
-- KEYS  1-5 jobs, queue, running, leases, wake  6 heartbeat of the workers
--       7 a key that exists until the next reconciliation is due  8 the version of the places
-- ARGV  1 JSON: {token, count, lease, heartbeat, heartbeat_ttl, reconciliation_interval, event_key}; times
--       in ms, `event_key` is the prefix of events. A `count` of 0 leaves reconciling to other workers, a
--       `heartbeat_ttl` of 0 leaves no heartbeat.
-- Returns {1 if the caller must reconcile (one worker in each interval), ms until the next job is due or -1,
-- version of the places, {id, due_ms, fields of the event}, ...}. The fields are empty if the event is not
-- kept, or its key is another program's. A call that is repeated under its token, since its reply was lost,
-- returns the jobs that it took before as well.
local a = cjson.decode(ARGV[1])
local now = now_ms()
if a.heartbeat_ttl > 0 then
  redis.call('PSETEX', KEYS[6], a.heartbeat_ttl, a.heartbeat)
end
local guard = a.count > 0 and redis.call('SET', KEYS[7], '1', 'NX', 'PX', a.reconciliation_interval)
-- A key without an expiry comes from a copy of this Redis that was made without them: replace it.
if a.count > 0 and not guard and redis.call('PTTL', KEYS[7]) == -1 then
  guard = redis.call('SET', KEYS[7], '1', 'PX', a.reconciliation_interval)
end
local version = redis.pcall('GET', KEYS[8])
local found = {guard and 1 or 0, -1, type(version) == 'string' and version or ''}

-- A job's id is `<task>:<delivery or nothing>:<event>`.
local function take(id)
  redis.call('ZADD', running, now + a.lease, id)
  redis.call('HSET', leases, id, a.token)
  redis.call('ZREM', queue, id)
  local event = string.match(id, '^[^:]*:[^:]*:(.*)$')
  local fields = event and redis.pcall('HGETALL', a.event_key .. event) or {}
  found[#found + 1] = {id, redis.call('ZSCORE', jobs, id) or '0', fields.err and {} or fields}
end

local held = redis.call('HGETALL', leases)
for i = 1, #held, 2 do
  if held[i + 1] == a.token then
    take(held[i])
  end
end
for _, source in ipairs({running, queue}) do
  local room = a.count - (#found - 3)
  if room > 0 then
    for _, id in ipairs(redis.call('ZRANGEBYSCORE', source, '-inf', now, 'LIMIT', 0, room)) do
      take(id)
    end
  end
end
for _, source in ipairs({running, queue}) do
  local first = redis.call('ZRANGE', source, 0, 0, 'WITHSCORES')
  if first[2] then
    local delay = math.ceil(math.max(0, tonumber(first[2]) - now))
    found[2] = found[2] < 0 and delay or math.min(found[2], delay)
  end
end
if found[2] == 0 then
  wake_worker()
end
return found
