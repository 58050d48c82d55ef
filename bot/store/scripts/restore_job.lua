-- Enqueue a lost job again.
-- KEYS  1 queue  2 unfinished jobs  3 job  4 the event or delivery that waits for it, or 2 again
-- ARGV  1 the job, as JSON: {id, blob, delay, ttl}  2 '1' if the index tells whether the job is unfinished;
--       otherwise the event or delivery does  3 queue of release 0.3.0, which Redis may forbid
-- Returns 1 if it was enqueued, 0 if it is in a queue or finished.
local job = cjson.decode(ARGV[1])
local readable, due = pcall(redis.call, 'ZSCORE', ARGV[3], job.id)
if redis.call('ZSCORE', KEYS[1], job.id) or (readable and due) then
  return 0
end
local function is_awaited()
  local waiting = redis.call('HMGET', KEYS[4], 'state', 'owner')
  local state, owner = waiting[1], waiting[2]
  local unsent = state == 'pending' or state == 'sending' or state == 'retrying'
  return state == 'accepted' or (unsent and owner == job.id)
end
local planned = redis.call('ZSCORE', KEYS[2], job.id)
local lost = planned
if ARGV[2] ~= '1' then
  lost = is_awaited()
end
if not lost then
  return 0
end
enqueue(KEYS[1], KEYS[2], KEYS[3], job)
if planned and tonumber(planned) > due_in(0) then
  redis.call('ZADD', KEYS[1], planned, job.id)
  redis.call('ZADD', KEYS[2], planned, job.id)
end
return 1
