/**
 * Takes one token from every bucket or from none, by Redis's own clock.
 *
 * KEYS: when this memory began, then the buckets, each "<tokens> <at, in ms>". ARGV: for each bucket its capacity, its refill per
 * second and the tokens that were spent without asking. A bucket that is not known was empty when the memory began; one that is
 * full again is forgotten, because it is then full by that rule too. Replies 0, or in how many ms to ask again.
 */
export const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', now), 'NX')
local began = tonumber(redis.call('GET', KEYS[1]))
local wait = 0
local levels = {}
for i = 2, #KEYS do
  local capacity, refill, spent = tonumber(ARGV[i * 3 - 5]), tonumber(ARGV[i * 3 - 4]), tonumber(ARGV[i * 3 - 3])
  local tokens, at = string.match(redis.call('GET', KEYS[i]) or '', '^(%S+) (%S+)$')
  local elapsed = math.max(0, now - (tonumber(at) or began)) / 1000
  local level = math.min(capacity, (tonumber(tokens) or 0) + elapsed * refill) - spent
  level = math.max(level, -capacity)
  if level < 1 then wait = math.max(wait, math.ceil((1 - level) / refill * 1000)) end
  levels[i] = { level = level, capacity = capacity, refill = refill, spent = spent }
end
for i = 2, #KEYS do
  local bucket = levels[i]
  local left = bucket.level
  if wait == 0 then left = left - 1 end
  if wait == 0 or bucket.spent > 0 then
    local fullInMs = math.max(1, math.ceil((bucket.capacity - left) / bucket.refill * 1000))
    redis.call('SET', KEYS[i], string.format('%.6f %.0f', left, now), 'PX', string.format('%.0f', fullInMs))
  end
end
return wait
`;
