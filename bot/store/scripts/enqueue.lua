-- Shared by all scripts. Jobs are due by the clock of Redis, since the clocks of other machines may be
-- an hour apart.
local function due_in(delay_ms)
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000) + delay_ms
end
-- A job is in both the queue and the index of unfinished jobs, or in neither. One that is in the index
-- alone was lost, and reconcile.lua finds it. Redis does not roll back a script that fails, for example
-- at a key of the wrong type, so scripts enqueue before they write anything else.
local function enqueue(queue, unfinished, key, job)
  local due = due_in(job.delay)
  redis.call('ZADD', unfinished, due, job.id)
  redis.call('ZADD', queue, due, job.id)
  redis.call('PSETEX', key, job.ttl, job.blob)
end
