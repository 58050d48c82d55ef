-- Take the lease of a job, unless its due time has changed.
-- KEYS  1 lease  2 queue
-- ARGV  1 token  2 lease_ms  3 job id  4 due_ms
-- Returns 1 if taken, 0 if another worker holds it, or has finished or rescheduled the job.
local holder = redis.call('GET', KEYS[1])
local due = redis.call('ZSCORE', KEYS[2], ARGV[3])
if holder and holder ~= ARGV[1] or not due or tonumber(due) ~= tonumber(ARGV[4]) then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
