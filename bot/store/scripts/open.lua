-- Write an event's deliveries into the ledger and mark it handled. A second run changes nothing.
-- KEYS  1 event  2 trail  3 deliveries of the event  4.. one key a delivery
-- ARGV  1 now_ms  2 step  3.. for each delivery: its id, its fields as a JSON array
-- Returns 1 if done now, 0 if the event is gone or not waiting for its handler.
if redis.call('HGET', KEYS[1], 'state') ~= 'accepted' then
  return 0
end
local ttl = redis.call('PTTL', KEYS[1])
redis.call('HSET', KEYS[1], 'state', 'handled', 'concluded_at', ARGV[1])
redis.call('RPUSHX', KEYS[2], ARGV[2])
for i = 4, #KEYS do
  local arg = 3 + (i - 4) * 2
  if redis.call('EXISTS', KEYS[i]) == 0 then
    redis.call('HSET', KEYS[i], unpack(cjson.decode(ARGV[arg + 1])))
    redis.call('PEXPIRE', KEYS[i], ttl)
    redis.call('RPUSH', KEYS[3], ARGV[arg])
    redis.call('PEXPIRE', KEYS[3], ttl)
  end
end
return 1
