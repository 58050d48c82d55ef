-- Enqueue a lost job again.
-- KEYS  1-5 jobs, queue, running, leases, wake  6 event
-- ARGV  1 JSON: {job, awaited, trail}: the job as lib/jobs.lua has it, whether an event waits for it also if it
--       is not in `jobs`, and how long the trail was when the event was read, if it was. If the trail has
--       grown, a run may have ended in the meantime.
-- Returns 1 if it was enqueued, 0 if it is in the queue, running or finished.
local a = cjson.decode(ARGV[1])
if redis.call('ZSCORE', queue, a.job.id) or redis.call('ZSCORE', running, a.job.id) then
  return 0
end
if a.trail and redis.call('HSTRLEN', KEYS[6], 'trail') ~= a.trail then
  return 0
end
local planned = redis.call('ZSCORE', jobs, a.job.id)
if not planned and not a.awaited then
  return 0
end
a.job.delay = math.max(0, tonumber(planned or 0) - now_ms())
enqueue(a.job)
return 1
