-- Begins every script, too: when jobs are due. Redis' own clock says so and no other, since those of
-- the machines around it may be an hour apart.
local function due_in(delay_ms)
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000) + delay_ms
end
local function enqueue(queue, key, job)
  redis.call('PSETEX', key, job.ttl, job.blob)
  redis.call('ZADD', queue, due_in(job.delay), job.id)
end
