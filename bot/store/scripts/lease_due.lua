-- Return the due jobs without a lease, those that have waited longest first.
-- KEYS  1 queue  2 a key that exists until the next reconciliation is due
-- ARGV  1 maximum number of jobs  2 prefix of lease keys  3 reconciliation interval in ms
-- Returns 1 if the caller must reconcile (one worker in each interval), else 0; then id, due_ms, id, ...
local guard = redis.pcall('SET', KEYS[2], '1', 'NX', 'PX', ARGV[3])
-- A key without an expiry comes from a copy of this Redis that was made without them: replace it.
if type(guard) ~= 'table' and redis.call('PTTL', KEYS[2]) == -1 then
  guard = redis.pcall('SET', KEYS[2], '1', 'PX', ARGV[3])
end
local found = {type(guard) == 'table' and guard.ok and 1 or 0}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', due_in(0), 'WITHSCORES', 'LIMIT', 0, 1000)
for i = 1, #due, 2 do
  if #found > ARGV[1] * 2 then
    break
  end
  if redis.call('EXISTS', ARGV[2] .. due[i]) == 0 then
    found[#found + 1] = due[i]
    found[#found + 1] = due[i + 1]
  end
end
return found
