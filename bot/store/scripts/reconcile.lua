-- Find lost jobs, and move the jobs of release 0.3.0 to our queue.
-- KEYS  1 queue  2 unfinished jobs
-- ARGV  1 queue of release 0.3.0, which Redis may forbid  2 prefix of that release's lease keys
--       3 marker: a member of the unfinished jobs whose score is 0 if the index is complete
--       4.. prefixes of the ids of our jobs
-- Returns {1 if the index is complete, up to 1,000 ids of unfinished jobs that are not in the queue}.

local function is_ours(id)
  for i = 4, #ARGV do
    if string.sub(id, 1, #ARGV[i]) == ARGV[i] then
      return true
    end
  end
  return false
end

-- A job without a lease has not been started: release 0.3.0 starts only jobs in its own queue.
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

local marker = redis.call('ZSCORE', KEYS[2], ARGV[3])
local markers = marker and 1 or 0
local lost = {}
if redis.call('ZCARD', KEYS[1]) + markers ~= redis.call('ZCARD', KEYS[2]) then
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
return {tonumber(marker or 1) == 0 and 1 or 0, lost}
