-- Renew a lease.
-- KEYS  1 lease
-- ARGV  1 token  2 lease_ms
-- Returns 0 if the lease was lost.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return 0
end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
