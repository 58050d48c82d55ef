-- Remove the content of an event and of its deliveries. The key stays, so that a duplicate is recognized.
-- KEYS  1 event  2 trail  3 deliveries of the event  4 dead letters
-- ARGV  1 the event as a dead letter  2 a delivery as a dead letter, without its id
--       3 key of a delivery, without its id  4 now_ms  5 step
--       6 reason for skipping a delivery  7 the same for a delivery that is being sent
-- Returns 1 if it was forgotten, 0 if it is not kept or was forgotten before.
local event = KEYS[1]
local state = redis.call('HGET', event, 'state')
if not state or state == 'forgotten' then
  return 0
end

local unsent = {pending = true, retrying = true, sending = true, failed = true}

local function without_content(notification)
  local ok, decoded = pcall(cjson.decode, notification)
  if not ok or type(decoded) ~= 'table' then
    return ''
  end
  decoded.context, decoded.thread = {}, ''
  return cjson.encode(decoded)
end

local function forget_delivery(id)
  local key = ARGV[3] .. id
  local state, notification = unpack(redis.call('HMGET', key, 'state', 'notification'))
  if not state then
    return
  end
  redis.call('HSET', key, 'notification', without_content(notification or ''), 'reason', '')
  redis.call('ZREM', KEYS[4], ARGV[2] .. id)
  if unsent[state] then
    local reason = state == 'sending' and ARGV[7] or ARGV[6]
    redis.call('HSET', key, 'state', 'skipped', 'reason', reason, 'updated_at', ARGV[4], 'next_at', '')
  end
end

-- HDEL comes first: a full Redis rejects a script whose first write needs memory.
redis.call('HDEL', event, 'body', 'reason', 'last_move', 'last_failure')
for _, id in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  forget_delivery(id)
end
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('HSET', event, 'state', 'forgotten')
redis.call('HSETNX', event, 'concluded_at', ARGV[4])
redis.call('LTRIM', KEYS[2], 0, 0)
redis.call('RPUSHX', KEYS[2], ARGV[5])
return 1
