-- Shared by the scripts that add steps to an event's trail, which is one line for each step. It keeps its
-- first and its latest lines, so that repeated retries by hand do not make it grow without limit.
local FIRST, LATEST = 4000, 36000
local function add_steps(event, lines)
  local trail = (redis.call('HGET', event, 'trail') or '') .. lines
  if #trail > FIRST + LATEST + 1000 then
    local first = string.match(string.sub(trail, 1, FIRST), '^.*\n') or ''
    first = string.match(first, '^(.-\n)%[%-?[%d.]+,"steps left out"%]') or first
    local latest = string.match(string.sub(trail, -LATEST), '\n(.*)$') or ''
    local at = string.match(latest, '^%[(%-?[%d.]+)') or '0'
    trail = first .. '[' .. at .. ',"steps left out"]\n' .. latest
  end
  redis.call('HSET', event, 'trail', trail)
end
