-- Add an event's deliveries to the ledger; existing ones stay unchanged.
-- KEYS  1 event  2 trail  3 deliveries of the event  4.. one key per delivery
-- ARGV  1 now_ms  2 step for marking the event handled, or '' if it is handled already
--       3.. for each delivery: its id, and its fields as a JSON array
-- Returns 1 if done, 0 if the event is gone, forgotten, or not waiting for its handler.
local ttl = redis.call('PTTL', KEYS[1])
local state = redis.call('HGET', KEYS[1], 'state')
if ttl <= 0 or state == 'forgotten' then
  return 0
end
if ARGV[2] ~= '' then
  if state ~= 'accepted' then
    return 0
  end
  redis.call('HSET', KEYS[1], 'state', 'handled', 'concluded_at', ARGV[1])
  add_step(KEYS[2], ARGV[2])
end
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
