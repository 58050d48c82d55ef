-- Accept events, each of them once: store it, log it and enqueue its job, or change nothing.
-- KEYS  for each event: 1-5 jobs, queue, running, leases, wake  6 event  7 log
--       8 accepted events of this hour, by type
--       9 retentions that were in force, each scored by the minute of the latest event that it applied to
-- ARGV  for each event: 1 JSON: {id, counted_type, event, step, job, received, timestamp, ttl, retention};
--       times and lifetimes in ms, `job` as lib/jobs.lua has it; a test event is not counted, by a type of null  2 body
-- Returns for each event 1 if it was accepted, 0 if it is a duplicate, -1 if it is so old that it may have
-- been accepted under a shorter retention and expired since, or an error, which is its own alone. Nothing
-- changes unless it is 1.
local MINUTE, DAY = 60 * 1000, 24 * 3600 * 1000
local HOURS_COUNTED, LONGEST_RETENTION = 2 * DAY, 3650 * DAY

local function accept(a, body, event, log, hour, retentions)
  if redis.call('EXISTS', event) == 1 then
    return 0
  end
  for _, kept in ipairs(redis.call('ZRANGEBYSCORE', retentions, a.timestamp, '+inf')) do
    local retention = tonumber(kept)
    if retention < a.retention and retention < a.received - a.timestamp then
      return -1
    end
  end
  -- A full Redis refuses the first write of a script only, so it must be one that needs memory.
  enqueue(a.job)
  redis.call('HSET', event, 'event', a.event, 'body', body, 'trail', a.step)
  redis.call('PEXPIRE', event, a.ttl)
  redis.call('ZADD', log, a.received, a.id)
  redis.call('ZREMRANGEBYSCORE', log, '-inf', '(' .. a.received - a.retention)
  redis.call('PEXPIRE', log, a.ttl)
  if a.counted_type ~= cjson.null and redis.call('HINCRBY', hour, a.counted_type, 1) == 1 then
    redis.call('PEXPIRE', hour, HOURS_COUNTED)
  end
  -- Rounded up to a minute, so that most events change nothing here.
  local latest = math.ceil(math.max(a.received, a.timestamp) / MINUTE) * MINUTE
  local last = redis.call('ZSCORE', retentions, a.retention)
  if not last or tonumber(last) < latest then
    redis.call('ZADD', retentions, latest, a.retention)
    redis.call('ZREMRANGEBYSCORE', retentions, '-inf', '(' .. a.received - LONGEST_RETENTION)
  end
  return 1
end

local replies = {}
for n = 1, #ARGV / 2 do
  local argument, body, key = cjson.decode(ARGV[2 * n - 1]), ARGV[2 * n], 9 * (n - 1)
  local ok, reply = pcall(accept, argument, body, unpack(KEYS, key + 6, key + 9))
  replies[n] = ok and reply or redis.error_reply(type(reply) == 'table' and reply.err or reply)
end
return replies
