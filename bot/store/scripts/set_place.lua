-- Change what people have chosen for one destination, and have its job decide again about what waits for it.
-- KEYS  1-5 jobs, queue, running, leases, wake  6 places  7 their version  8 what waits for the destination
-- ARGV  1 JSON: {place, new, job}: without `new`, the place is removed; the job as lib/jobs.lua has it
--       2 what was read, empty if there was nothing
-- Returns 1 if it is changed, or was by an earlier call whose reply was lost; {what is stored} if it is not
-- as it was read.
local a = cjson.decode(ARGV[1])
local stored = redis.call('HGET', KEYS[6], a.place) or ''
if stored == (a.new or '') then
  return 1
end
if stored ~= ARGV[2] then
  return {stored}
end
if redis.call('ZCARD', KEYS[8]) > 0 then
  enqueue(a.job)
end
if a.new then
  redis.call('HSET', KEYS[6], a.place, a.new)
else
  redis.call('HDEL', KEYS[6], a.place)
end
-- A time, which differs from every version before it, and from those of a database that was flushed.
redis.call('SET', KEYS[7], table.concat(redis.call('TIME'), '.'))
return 1
