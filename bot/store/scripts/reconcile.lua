-- Find the jobs that the queue has lost, and move those of release 0.3.0 to our queue.
-- KEYS  1 queue  2 unfinished jobs
-- ARGV  1 queue of release 0.3.0: no key of ours, and Redis may forbid it  2 a lease of that release,
--       without its job's id  3 a mark that is no job: as long as it is among the unfinished jobs
--       with a score of 0, they are complete  4.. how the ids of our jobs begin
-- Returns {1 if the unfinished jobs are complete, ids of at most 1,000 of our jobs that are not in the
-- queue}.

local function is_ours(id)
  for i = 4, #ARGV do
    if string.sub(id, 1, #ARGV[i]) == ARGV[i] then
      return true
    end
  end
  return false
end

-- Without a lease, a job has not been started: release 0.3.0 starts only what is in its own queue.
local function move_from_old_queue()
  local waiting = redis.call('ZRANGE', ARGV[1], 0, 9999, 'WITHSCORES')
  for i = 1, #waiting, 2 do
    local id, due = waiting[i], waiting[i + 1]
    if is_ours(id) and redis.call('EXISTS', ARGV[2] .. id) == 0 then
      local ours = redis.call('ZSCORE', KEYS[1], id)
      if not ours or tonumber(due) < tonumber(ours) then
        redis.call('ZADD', KEYS[1], due, id)
        redis.call('ZADD', KEYS[2], due, id)
      end
      redis.call('ZREM', ARGV[1], id)
    end
  end
end
pcall(move_from_old_queue)

local mark = redis.call('ZSCORE', KEYS[2], ARGV[3])
local marks = mark and 1 or 0
local lost = {}
if redis.call('ZCARD', KEYS[1]) + marks ~= redis.call('ZCARD', KEYS[2]) then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if not redis.call('ZSCORE', KEYS[2], id) then
      redis.call('ZADD', KEYS[2], redis.call('ZSCORE', KEYS[1], id), id)
    end
  end
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    if #lost < 1000 and is_ours(id) and not redis.call('ZSCORE', KEYS[1], id) then
      lost[#lost + 1] = id
    end
  end
end
return {tonumber(mark or 1) == 0 and 1 or 0, lost}
