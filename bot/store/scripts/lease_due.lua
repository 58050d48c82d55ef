-- The jobs that are due and nobody's, those that have waited longest first.
-- KEYS  1 queue  2 exists while no reconciliation is due
-- ARGV  1 how many at most  2 a lease, without its job's id  3 interval between two reconciliations, in ms
-- Returns 1 if the caller is to reconcile now, one of all workers, else 0; then id and due_ms in turn.
local guard = redis.pcall('SET', KEYS[2], '1', 'NX', 'PX', ARGV[3])
-- One that never ends is not ours: a copy of this Redis may have been made without expiry times.
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
