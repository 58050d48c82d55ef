-- Renew the leases of running jobs.
-- KEYS  1-5 jobs, queue, running, leases, wake
-- ARGV  1 JSON: {lease, jobs = {{id, token}, ...}}; lease in ms
-- Returns the ids of the jobs whose leases were lost.
local a = cjson.decode(ARGV[1])
local now, lost = now_ms(), {}
redis.call('ZREM', running, '')  -- a full Redis refuses a script whose first write needs memory
for _, job in ipairs(a.jobs) do
  if holds(job) then
    redis.call('ZADD', running, now + a.lease, job.id)
  else
    lost[#lost + 1] = job.id
  end
end
return lost
