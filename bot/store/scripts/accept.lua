-- Accept an event once: store it, log it, write the arq job. All of it, or nothing.
-- KEYS  1 event  2 trail  3 log  4 log of its type  5 types  6 arq queue  7 arq job
-- ARGV  1 id  2 type  3 received_ms  4 ttl_ms  5 oldest_kept_ms  6 step
--       7 job id  8 job blob  9 job delay_ms  10 job ttl_ms
--       11.. fields of the event, name and value in turn
-- Returns 1 if it was unseen, 0 if it was seen before and nothing was changed.
if redis.call('EXISTS', KEYS[1]) == 1 then
  return 0
end
redis.call('HSET', KEYS[1], unpack(ARGV, 11))
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
enqueue(KEYS[6], KEYS[7], {id = ARGV[7], blob = ARGV[8], delay = ARGV[9], ttl = ARGV[10]})
return 1
