-- Change what people have chosen for one destination.
-- KEYS  1 places  2 their version
-- ARGV  1 JSON: {place, new}: without `new`, the place is removed  2 what was read, empty if there was nothing
-- Returns 1 if it is changed, or was by an earlier call whose reply was lost; {what is stored} if it is not
-- as it was read.
local a = cjson.decode(ARGV[1])
local stored = redis.call('HGET', KEYS[1], a.place) or ''
if stored == (a.new or '') then
  return 1
end
if stored ~= ARGV[2] then
  return {stored}
end
if a.new then
  redis.call('HSET', KEYS[1], a.place, a.new)
else
  redis.call('HDEL', KEYS[1], a.place)
end
redis.call('INCR', KEYS[2])
return 1
