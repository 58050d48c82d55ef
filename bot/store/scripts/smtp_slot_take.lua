-- Take one of a mail server's connection slots, or renew one that is held.
-- KEYS  1 slots of the server: token, scored by when its lease ends
-- ARGV  1 token  2 how many slots there are  3 lease_ms
--       4 '1' to renew: the slot is kept only if it is still held
-- Returns 1 if the slot is held now, 0 if all are taken, or if the one to renew was lost.
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', due_in(0))
local held = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not held and (ARGV[4] == '1' or redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2])) then
  return 0
end
redis.call('ZADD', KEYS[1], due_in(ARGV[3]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1
