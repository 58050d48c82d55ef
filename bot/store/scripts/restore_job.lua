-- Enqueue a job again that the queue has lost.
-- KEYS  1 queue  2 unfinished jobs  3 job
-- ARGV  1 the job, as JSON: {id, blob, delay, ttl}  2 '1' if it must be among the unfinished jobs still
--       3 queue of release 0.3.0: no key of ours, and Redis may forbid it
-- Returns 1 if it is enqueued now, 0 if it is in a queue already, or finished.
local job = cjson.decode(ARGV[1])
local known, due = pcall(redis.call, 'ZSCORE', ARGV[3], job.id)
if redis.call('ZSCORE', KEYS[1], job.id) or (known and due) then
  return 0
end
local planned = redis.call('ZSCORE', KEYS[2], job.id)
if ARGV[2] == '1' and not planned then
  return 0
end
enqueue(KEYS[1], KEYS[2], KEYS[3], job)
if planned and tonumber(planned) > due_in(0) then
  redis.call('ZADD', KEYS[1], planned, job.id)
  redis.call('ZADD', KEYS[2], planned, job.id)
end
return 1
