-- Accept an event once: store it, log it and enqueue its job, or change nothing.
-- KEYS  1 event  2 trail  3 log  4 log of its type  5 types  6 queue  7 job
--       8 retentions that were in force, each scored by the latest event that it applied to
--       9 unfinished jobs
-- ARGV  1 id  2 type  3 received_ms  4 ttl_ms  5 oldest_kept_ms  6 step
--       7 job id  8 job blob  9 job delay_ms  10 job ttl_ms
--       11 retention_ms  12 timestamp_ms of the event  13 oldest score to keep in 8
--       14.. fields of the event: name, value, name, value, ...
-- Returns 1 if the event was accepted, 0 if it is a duplicate, -1 if it is so old that it may have been
-- accepted under a shorter retention and expired since. Nothing changes unless it returns 1.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
local received, timestamp = tonumber(ARGV[3]), tonumber(ARGV[12])
for _, kept in ipairs(redis.call('ZRANGEBYSCORE', KEYS[8], timestamp, '+inf')) do
  local retention = tonumber(kept)
  if retention < tonumber(ARGV[11]) and retention < received - timestamp then
    return -1
  end
end
-- A full Redis refuses the first write of a script only, so it must be one that needs memory.
enqueue(KEYS[6], KEYS[9], KEYS[7], {id = ARGV[7], blob = ARGV[8], delay = ARGV[9], ttl = ARGV[10]})
redis.call('HSET', KEYS[1], unpack(ARGV, 14))
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('RPUSH', KEYS[2], ARGV[6])
redis.call('PEXPIRE', KEYS[2], ARGV[4])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[3], ARGV[2])
for i = 3, 5 do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', '(' .. ARGV[5])
  redis.call('PEXPIRE', KEYS[i], ARGV[4])
end
local last, moment = redis.call('ZSCORE', KEYS[8], ARGV[11]), math.max(received, timestamp)
if not last or tonumber(last) < moment then
  redis.call('ZADD', KEYS[8], moment, ARGV[11])
end
redis.call('ZREMRANGEBYSCORE', KEYS[8], '-inf', '(' .. ARGV[13])
return 1
