-- Keep what is known of a thing, unless something newer is known already.
-- KEYS  1 record  2 the event that says so  3 a cached copy that is stale now, where there is one
-- ARGV  1 occurred_ms  2 ttl_ms  3 fields as JSON
-- Returns 1 if kept, 0 if what is there is newer, or if the event was forgotten meanwhile.
-- The cached copy goes in any case.
if KEYS[3] then
  redis.call('DEL', KEYS[3])
end
if redis.call('HGET', KEYS[2], 'state') == 'forgotten' then
  return 0
end
local known = redis.call('HGET', KEYS[1], 'at')
if known and tonumber(known) > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'at', ARGV[1], 'fields', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
