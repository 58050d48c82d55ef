-- Count a failed run of an event's handler. Idempotent for each run.
-- KEYS  1 event
-- ARGV  1 id of the run
-- Returns the failures so far, or 0 if the event does not wait for its handler any more.
if redis.call('HGET', KEYS[1], 'state') ~= 'accepted' then
  return 0
end
if redis.call('HGET', KEYS[1], 'last_failure') == ARGV[1] then
  return tonumber(redis.call('HGET', KEYS[1], 'attempts'))
end
redis.call('HSET', KEYS[1], 'last_failure', ARGV[1])
return redis.call('HINCRBY', KEYS[1], 'attempts', 1)
