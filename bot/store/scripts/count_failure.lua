-- Count a failed run of an event's handler. KEYS 1 event. Returns the failures so far, 0 if gone.
if redis.call('EXISTS', KEYS[1]) == 0 then
  return 0
end
return redis.call('HINCRBY', KEYS[1], 'attempts', 1)
