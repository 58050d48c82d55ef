-- Shared by the scripts that change jobs. Their first keys are these five.
-- A job is in `jobs`, with its due time, until it is done, and in either `queue` or `running` as well. One
-- that is in `jobs` alone was lost: reconcile.lua finds it. `running` has the end of each lease, `leases`
-- its token. Jobs are due by the clock of Redis, since the clocks of other machines may be an hour apart.
local jobs, queue, running, leases, wake = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function now_ms()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- Wake one waiting worker. If none waits, the next one that would does not.
local function wake_worker()
  if redis.call('LLEN', wake) == 0 then
    redis.call('LPUSH', wake, '1')
  end
end

-- A job that becomes the first one wakes a worker even before it is due: those that wait do so for longer.
local function add_to_queue(id, due, now)
  redis.call('ZADD', queue, due, id)
  if due <= now or redis.call('ZRANGE', queue, 0, 0)[1] == id then
    wake_worker()
  end
end

-- Enqueue a job, {id, key, blob, delay, ttl}; one that is running is put into the queue when it ends. One that
-- is planned `earliest` keeps an earlier time that it was planned for.
-- Redis does not roll back a script that fails, for example at a key of the wrong type, so scripts enqueue
-- before they write anything else.
local function enqueue(job)
  local now = now_ms()
  local due = now + job.delay
  local planned = job.earliest and redis.call('ZSCORE', jobs, job.id)
  if planned and (tonumber(planned) > now or not redis.call('ZSCORE', running, job.id)) then
    due = math.min(due, tonumber(planned))
  end
  redis.call('ZADD', jobs, due, job.id)
  redis.call('PSETEX', job.key, job.ttl, job.blob)
  if not redis.call('ZSCORE', running, job.id) then
    add_to_queue(job.id, due, now)
  end
end

-- Return whether this run holds the lease of the job, {id, token}.
local function holds(job)
  return redis.call('HGET', leases, job.id) == job.token
end

-- End a run: {id, key, due when it was taken, delay}. Without a delay, the job is done. A job that was
-- enqueued again during its run goes back to the queue instead.
local function end_run(job)
  redis.call('ZREM', running, job.id)
  redis.call('HDEL', leases, job.id)
  local due = tonumber(redis.call('ZSCORE', jobs, job.id) or job.due)
  if due == job.due then
    if not job.delay then
      redis.call('ZREM', jobs, job.id)
      redis.call('DEL', job.key)
      return
    end
    due = job.delay > 0 and now_ms() + job.delay or due
    redis.call('ZADD', jobs, due, job.id)
  end
  add_to_queue(job.id, due, now_ms())
end
