-- Take the lease of a job that arq has just marked as in progress with a bare '1'.
-- KEYS 1 in-progress key. ARGV 1 token  2 lease_ms. Returns 1 if it is ours.
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= '1' and holder ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
