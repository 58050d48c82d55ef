-- Add deliveries to an event that is past its handler: the notice of a dead letter.
-- KEYS  1 event  2 deliveries of the event  3.. one key a delivery
-- ARGV  for each delivery: its id, its fields as a JSON array
local ttl = redis.call('PTTL', KEYS[1])
if ttl <= 0 then
  return 0
end
for i = 3, #KEYS do
  local arg = 1 + (i - 3) * 2
  if redis.call('EXISTS', KEYS[i]) == 0 then
    redis.call('HSET', KEYS[i], unpack(cjson.decode(ARGV[arg + 1])))
    redis.call('PEXPIRE', KEYS[i], ttl)
    redis.call('RPUSH', KEYS[2], ARGV[arg])
    redis.call('PEXPIRE', KEYS[2], ttl)
  end
end
return 1
