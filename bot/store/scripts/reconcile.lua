-- Find lost jobs: those that are neither in the queue nor running.
-- KEYS  1-5 jobs, queue, running, leases, wake
-- ARGV  1 JSON: {complete}: a member of `jobs` whose score is 0 if the index is complete
-- Returns {1 if the index is complete, up to 1,000 ids of lost jobs}. Other ids that another program may
-- have added are left out.
local a = cjson.decode(ARGV[1])
local marker = redis.call('ZSCORE', jobs, a.complete)
local markers = marker and 1 or 0
local lost = {}
local waiting = redis.call('ZCARD', queue) + redis.call('ZCARD', running)
if waiting + markers ~= redis.call('ZCARD', jobs) then
  for _, source in ipairs({queue, running}) do
    for _, id in ipairs(redis.call('ZRANGE', source, 0, -1)) do
      redis.call('ZADD', jobs, 'NX', redis.call('ZSCORE', source, id), id)
    end
  end
  for _, id in ipairs(redis.call('ZRANGE', jobs, 0, -1)) do
    local is_job = string.match(id, '^[^:]*:[^:]*:.')
    if #lost < 1000 and is_job and not redis.call('ZSCORE', queue, id)
        and not redis.call('ZSCORE', running, id) then
      lost[#lost + 1] = id
    end
  end
end
return {tonumber(marker or 1) == 0 and 1 or 0, lost}
