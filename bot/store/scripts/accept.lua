-- Accept an event once: store it, log it, write the arq job. All of it, or nothing.
-- KEYS  1 event  2 trail  3 log  4 log of its type  5 types  6 queue  7 job
--       8 every retention that was ever in force, with the last moment that it was in force for
--       9 unfinished jobs
-- ARGV  1 id  2 type  3 received_ms  4 ttl_ms  5 oldest_kept_ms  6 step
--       7 job id  8 job blob  9 job delay_ms  10 job ttl_ms
--       11 retention_ms  12 the event's own timestamp_ms  13 since when retentions matter, in ms
--       14.. fields of the event, name and value in turn
-- Returns 1 if it was unseen, 0 if it was seen before, -1 if it is so old that it may have been seen
-- under a shorter retention and forgotten since. Unless it is 1, nothing was changed.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
local received, timestamp = tonumber(ARGV[3]), tonumber(ARGV[12])
for _, known in ipairs(redis.call('ZRANGEBYSCORE', KEYS[8], timestamp, '+inf')) do
  local retention = tonumber(known)
  if retention < tonumber(ARGV[11]) and retention < received - timestamp then
    return -1
  end
end
-- The first write is one that a full Redis refuses: it lets pass what follows a write.
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
