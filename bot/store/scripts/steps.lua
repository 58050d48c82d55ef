-- Shared by all scripts. An event's timeline keeps its first and its latest steps, so that repeated
-- retries by hand do not make it grow without limit.
local FIRST, MAX = 50, 500
local function add_step(trail, step)
  if redis.call('RPUSHX', trail, step) <= MAX then
    return
  end
  -- An unreadable step must not abort the script.
  local ok, mark = pcall(cjson.decode, redis.call('LINDEX', trail, FIRST))
  local at = ok and type(mark) == 'table' and tonumber(mark.at) or 0
  mark = {at = math.floor(at), what = 'steps left out', delivery = '', to = '', detail = ''}
  redis.call('LSET', trail, FIRST, cjson.encode(mark))
  redis.call('LSET', trail, FIRST + 1, '')
  redis.call('LREM', trail, 1, '')
end
