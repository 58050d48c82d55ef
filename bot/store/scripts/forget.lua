-- Forget what an event says, and keep that it came: as long as its key lives, it is seen.
-- KEYS  1 event  2 trail  3 deliveries of the event  4 dead letters
-- ARGV  1 what the event is called among the dead letters  2 the same of a delivery, without its id
--       3 a delivery's key, without its id  4 now_ms  5 step
--       6 why a delivery is not sent any more  7 the same of one that was being sent
-- Returns 1 if it is forgotten now, 0 if it is gone or was forgotten before.
local event = KEYS[1]
local state = redis.call('HGET', event, 'state')
if not state or state == 'forgotten' then
  return 0
end

local waiting = {pending = true, retrying = true, sending = true, failed = true}

local function without_content(notification)
  local ok, told = pcall(cjson.decode, notification)
  if not ok or type(told) ~= 'table' then
    return ''
  end
  told.context, told.thread = {}, ''
  return cjson.encode(told)
end

local function forget_delivery(id)
  local key = ARGV[3] .. id
  local kept = redis.call('HMGET', key, 'state', 'notification')
  if not kept[1] then
    return
  end
  redis.call('HSET', key, 'notification', without_content(kept[2] or ''), 'reason', '')
  redis.call('ZREM', KEYS[4], ARGV[2] .. id)
  if waiting[kept[1]] then
    local why = kept[1] == 'sending' and ARGV[7] or ARGV[6]
    redis.call('HSET', key, 'state', 'skipped', 'reason', why, 'updated_at', ARGV[4], 'next_at', '')
  end
end

-- Begins with what frees memory: a full Redis lets pass what follows a write.
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
