-- Begins every script: what they share. A trail keeps its first steps and its latest ones, so that
-- one that is retried by hand again and again does not grow without end.
local FIRST, MOST = 50, 500
local function add_step(trail, step)
  if redis.call('RPUSHX', trail, step) <= MOST then
    return
  end
  -- A step that is not readable must not end a script in the middle.
  local ok, mark = pcall(cjson.decode, redis.call('LINDEX', trail, FIRST))
  local at = ok and type(mark) == 'table' and tonumber(mark.at) or 0
  mark = {at = math.floor(at), what = 'steps left out', delivery = '', to = '', detail = ''}
  redis.call('LSET', trail, FIRST, cjson.encode(mark))
  redis.call('LSET', trail, FIRST + 1, '')
  redis.call('LREM', trail, 1, '')
end
