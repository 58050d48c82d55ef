-- Take a connection slot of a mail server, or renew one.
-- KEYS  1 slots of the server: tokens, scored by the end of their leases
-- ARGV  1 token  2 number of slots  3 lease_ms  4 '1' to renew only
-- Returns 1 if the slot is held now, 0 if all are taken, or if the slot to renew was lost.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms())
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not held and (ARGV[4] == '1' or redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2])) then
  return 0
end
redis.call('ZADD', KEYS[1], now_ms() + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
