-- End a job under its lease: remove it, or put it back for later.
-- KEYS  1 lease  2 job  3 queue  4 unfinished jobs
-- ARGV  1 token  2 job id  3 due_ms when it was started  4 'done', or the delay in ms until it is due
--       again; '0' keeps due_ms
-- Returns 0 if the lease was lost: then its new owner ends the job.
-- A job that was rescheduled while it ran (a retry of the same delivery) stays in the queue. If the
-- queue has lost it, the index of unfinished jobs has its due time.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
redis.call('DEL', KEYS[1])
local due = redis.call('ZSCORE', KEYS[3], ARGV[2]) or redis.call('ZSCORE', KEYS[4], ARGV[2])
if due and tonumber(due) ~= tonumber(ARGV[3]) then
  return 1
end
if ARGV[4] == 'done' then
  redis.call('DEL', KEYS[2])
  redis.call('ZREM', KEYS[3], ARGV[2])
  redis.call('ZREM', KEYS[4], ARGV[2])
elseif ARGV[4] ~= '0' then
  local again = due_in(ARGV[4])
  redis.call('ZADD', KEYS[4], again, ARGV[2])
  redis.call('ZADD', KEYS[3], again, ARGV[2])
end
return 1
