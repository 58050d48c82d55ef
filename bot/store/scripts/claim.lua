-- Mark a delivery `sending` before the call that sends it, for one job.
-- KEYS  1 delivery  2 trail
-- ARGV  1 owner (job id)  2 token of this claim  3 now_ms  4 step
--       5 the step to add instead if an earlier attempt was interrupted
-- Returns the delivery's fields, or nothing if it is gone, settled, or owned by another job.
-- A delivery found `sending` may have been delivered by the earlier attempt: `unsure` says so.
local d = KEYS[1]
local state = redis.call('HGET', d, 'state')
local interrupted = state == 'sending'
if redis.call('HGET', d, 'owner') ~= ARGV[1] then
  return {}
end
if interrupted then
  if redis.call('HGET', d, 'token') == ARGV[2] then
    return redis.call('HGETALL', d)
  end
  redis.call('HSET', d, 'unsure', '1')
elseif state ~= 'pending' and state ~= 'retrying' then
  return {}
end
redis.call('HINCRBY', d, 'attempts', 1)
redis.call('HSET', d, 'state', 'sending', 'token', ARGV[2], 'updated_at', ARGV[3])
if interrupted then
  add_step(KEYS[2], ARGV[5])
elseif not redis.call('HGET', d, 'waits') then
  add_step(KEYS[2], ARGV[4])
end
return redis.call('HGETALL', d)
