-- Keep a record, unless a newer one is kept or its event was forgotten.
-- KEYS  1 record  2 event that the record comes from  3 key of a cached copy to delete (optional)
-- ARGV  1 occurred_ms  2 ttl_ms  3 fields as JSON
-- Returns 1 if the record was kept, else 0. The cached copy is deleted in either case.
if KEYS[3] then
  redis.call('DEL', KEYS[3])
end
if redis.call('HGET', KEYS[2], 'state') == 'forgotten' then
  return 0
end
local kept_at = redis.call('HGET', KEYS[1], 'at')
if kept_at and tonumber(kept_at) > tonumber(ARGV[1]) then
  return 0
end
redis.call('HSET', KEYS[1], 'at', ARGV[1], 'fields', ARGV[3])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
