-- Move an event or a delivery from one state to another with all that goes with it, or not at all.
-- KEYS  1 event or delivery  2 trail  3 dead letters  4 queue  5 job  6 unfinished jobs
-- ARGV  1 the move, as JSON:
--   id      of this very move: repeating it after a lost reply is harmless
--   expect  field -> the values of it that permit the move
--   set     field -> its new value
--   uncount true where the attempt is not to count; of many such waits the trail tells one
--   dead    {add = member, at = ms, oldest = ms, ttl = ms} or {remove = member}
--   step    for the trail
--   job     {id, blob, delay, ttl}: what is to run next
-- Returns 1 if it is moved, 0 if it was not in a state to be moved.
local subject = KEYS[1]
local move = cjson.decode(ARGV[1])
if redis.call('EXISTS', subject) == 0 then
  return 0
end
if redis.call('HGET', subject, 'last_move') == move.id then
  return 1
end
for field, permitted in pairs(move.expect) do
  local value = redis.call('HGET', subject, field)
  local ok = false
  for _, candidate in ipairs(permitted) do
    ok = ok or value == candidate
  end
  if not ok then
    return 0
  end
end
if move.job then
  enqueue(KEYS[4], KEYS[6], KEYS[5], move.job)
end
redis.call('HSET', subject, 'last_move', move.id)
for field, value in pairs(move.set) do
  redis.call('HSET', subject, field, value)
end
local waits = 0
if move.uncount then
  redis.call('HINCRBY', subject, 'attempts', -1)
  waits = redis.call('HINCRBY', subject, 'waits', 1)
end
if waits < 2 then
  add_step(KEYS[2], move.step)
end
if move.dead and move.dead.add then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. move.dead.oldest)
  redis.call('ZADD', KEYS[3], move.dead.at, move.dead.add)
  redis.call('PEXPIRE', KEYS[3], move.dead.ttl)
elseif move.dead then
  redis.call('ZREM', KEYS[3], move.dead.remove)
end
return 1
