-- The jobs that are due and nobody's, those that have waited longest first.
-- KEYS  1 arq queue
-- ARGV  1 how many at most  2 an in-progress key, without its job's id
-- Returns id and due_ms in turn.
local found = {}
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', due_in(0), 'WITHSCORES', 'LIMIT', 0, 1000)
for i = 1, #due, 2 do
  if #found >= ARGV[1] * 2 then
    break
  end
  if redis.call('EXISTS', ARGV[2] .. due[i]) == 0 then
    found[#found + 1] = due[i]
    found[#found + 1] = due[i + 1]
  end
end
return found
