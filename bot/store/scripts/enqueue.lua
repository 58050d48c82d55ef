-- Begins every script, too: when jobs are due. Redis' own clock says so and no other, since those of
-- the machines around it may be an hour apart.
local function due_in(delay_ms)
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000) + delay_ms
end
-- A job is in the queue and in the index of unfinished jobs, or in neither: what is missing in the
-- queue alone was lost, and reconcile.lua finds it. Redis does not undo a script that fails half-way,
-- and a key of another type fails: a script enqueues before it writes anything else.
local function enqueue(queue, unfinished, key, job)
  local due = due_in(job.delay)
  redis.call('ZADD', unfinished, due, job.id)
  redis.call('ZADD', queue, due, job.id)
  redis.call('PSETEX', key, job.ttl, job.blob)
end
