/**
 * Takes one token from every bucket or from none, by Redis's own clock.
 *
 * KEYS: when this memory began, then the buckets, each "<tokens> <at, in ms>" (a time to come is when a closed one opens). ARGV: for
 * each bucket its capacity, its refill per second, the tokens that were spent without asking and how many it must hold. A bucket that
 * is not known was empty when the memory began; one that is full again is forgotten, because it is then full by that rule too.
 * Replies 0, or in how many ms to ask again and the numbers of the buckets that hold too little, the first being 1.
 */
export const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('SET', KEYS[1], string.format('%.0f', now), 'NX')
local began = tonumber(redis.call('GET', KEYS[1]))
local reply = { 0 }
local levels = {}
for i = 2, #KEYS do
  local n = (i - 2) * 4
  local capacity, refill, spent, needed = tonumber(ARGV[n + 1]), tonumber(ARGV[n + 2]), tonumber(ARGV[n + 3]), tonumber(ARGV[n + 4])
  local tokens, at = string.match(redis.call('GET', KEYS[i]) or '', '^(%S+) (%S+)$')
  at = tonumber(at) or began
  local level = math.min(capacity, (tonumber(tokens) or 0) + math.max(0, now - at) / 1000 * refill) - spent
  level = math.max(level, -capacity)
  at = math.max(now, at)
  if at > now or level < needed then
    reply[1] = math.max(reply[1], at - now + math.ceil(math.max(0, needed - level) / refill * 1000))
    reply[#reply + 1] = i - 1
  end
  levels[i] = { level = level, at = at, capacity = capacity, refill = refill, spent = spent }
end
local granted = #reply == 1
for i = 2, #KEYS do
  local bucket = levels[i]
  local left = bucket.level
  if granted then left = left - 1 end
  if granted or bucket.spent > 0 then
    local fullInMs = bucket.at - now + math.max(1, math.ceil((bucket.capacity - left) / bucket.refill * 1000))
    redis.call('SET', KEYS[i], string.format('%.6f %.0f', left, bucket.at), 'PX', string.format('%.0f', fullInMs))
  end
end
return reply
`;

/** Closes the bucket KEYS[1] for ARGV[1] ms, after which it holds one token; ARGV[2] and ARGV[3] are its capacity and refill per second. */
export const holdScript = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local at = tonumber(string.match(redis.call('GET', KEYS[1]) or '', ' (%S+)$')) or 0
at = math.max(at, now + tonumber(ARGV[1]))
local fullInMs = at - now + math.max(1, math.ceil((tonumber(ARGV[2]) - 1) / tonumber(ARGV[3]) * 1000))
redis.call('SET', KEYS[1], string.format('1 %.0f', at), 'PX', string.format('%.0f', fullInMs))
return 0
`;
