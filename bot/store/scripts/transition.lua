-- Change the state of an event or a delivery with everything that depends on it, or change nothing.
-- KEYS  1 event or delivery  2 trail  3 dead letters  4 queue  5 job  6 unfinished jobs
-- ARGV  1 the transition, as JSON:
--   id      of this transition, so that it can be repeated after a lost reply
--   expect  field -> the value that permits the transition
--   set     field -> its new value
--   uses_attempt  false for a wait that uses no attempt; the trail has one step for many such waits
--   dead    {add = member, at = ms, oldest = ms, ttl = ms} or {remove = member}
--   step    for the timeline
--   job     {id, blob, delay, ttl}: the job to enqueue
-- Returns 1 if applied, 0 if the state does not permit it.
local subject = KEYS[1]
local transition = cjson.decode(ARGV[1])
if redis.call('EXISTS', subject) == 0 then
  return 0
end
if redis.call('HGET', subject, 'last_move') == transition.id then
  return 1
end
for field, value in pairs(transition.expect) do
  if redis.call('HGET', subject, field) ~= value then
    return 0
  end
end
if transition.job then
  enqueue(KEYS[4], KEYS[6], KEYS[5], transition.job)
end
redis.call('HSET', subject, 'last_move', transition.id)
for field, value in pairs(transition.set) do
  redis.call('HSET', subject, field, value)
end
local waits = 0
if not transition.uses_attempt then
  redis.call('HINCRBY', subject, 'attempts', -1)
  waits = redis.call('HINCRBY', subject, 'waits', 1)
end
if waits < 2 then
  add_step(KEYS[2], transition.step)
end
if transition.dead and transition.dead.add then
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', '(' .. transition.dead.oldest)
  redis.call('ZADD', KEYS[3], transition.dead.at, transition.dead.add)
  redis.call('PEXPIRE', KEYS[3], transition.dead.ttl)
elseif transition.dead then
  redis.call('ZREM', KEYS[3], transition.dead.remove)
end
return 1
