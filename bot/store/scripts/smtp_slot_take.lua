-- Take a connection slot of a mail server, or renew one.
-- KEYS  1 slots of the server: tokens, scored by the end of their leases
-- ARGV  1 JSON: {token, slots, lease, renew_only}: how many slots there are; lease in ms
-- Returns 1 if the slot is held now, 0 if all are taken, or if the slot to renew was lost.
local a = cjson.decode(ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now_ms())
local held = redis.call('ZSCORE', KEYS[1], a.token)
if not held and (a.renew_only or redis.call('ZCARD', KEYS[1]) >= a.slots) then
  return 0
end
redis.call('ZADD', KEYS[1], now_ms() + a.lease, a.token)
redis.call('PEXPIRE', KEYS[1], a.lease)
return 1
