/// What the Redis server does as one step for the online store, in Lua.
#pragma once

#include <string_view>

namespace weft {

/// Keys: names, views, next. Arguments: name, the number it has so far or nothing, its JSON. Gives
/// the number; 0: somebody else was first.
inline constexpr std::string_view kDefineScript = R"lua(
local id = redis.call('HGET', KEYS[1], ARGV[1])
if (id or '') ~= ARGV[2] then return 0 end
if not id then
  id = redis.call('HINCRBY', KEYS[3], 'view', 1)
  redis.call('HSET', KEYS[1], ARGV[1], id)
end
redis.call('HSET', KEYS[2], id, ARGV[3])
return tonumber(id)
)lua";

/// Keys: schema numbers by JSON, JSON by number, next. Argument: JSON. Gives the number.
inline constexpr std::string_view kSchemaScript = R"lua(
local id = redis.call('HGET', KEYS[1], ARGV[1])
if not id then
  id = redis.call('HINCRBY', KEYS[3], 'schema', 1)
  redis.call('HSET', KEYS[1], ARGV[1], id)
  redis.call('HSET', KEYS[2], id, ARGV[1])
end
return tonumber(id)
)lua";

/// Keys: views, rows. Arguments: the view's number, a row for each key. Gives how many were left
/// because what is there is newer; -1: there is no such view. Times are compared in halves: a
/// number of Lua holds 53 bits. They lie at byte 8 of a row.
inline constexpr std::string_view kWriteScript = R"lua(
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then return -1 end
local older = 0
for i = 2, #KEYS do
  local kept = redis.call('GETRANGE', KEYS[i], 8, 31)
  local newer = false
  if #kept == 24 then
    local was = {struct.unpack('<I4i4I4i4I4i4', kept)}
    local is = {struct.unpack('<I4i4I4i4I4i4', ARGV[i], 9)}
    for _, k in ipairs({2, 1, 4, 3, 6, 5}) do
      if was[k] ~= is[k] then
        newer = was[k] > is[k]
        break
      end
    end
  end
  if newer then
    older = older + 1
  else
    redis.call('SET', KEYS[i], ARGV[i])
  end
end
return older
)lua";

/// Keys: rows. Arguments: for each what it should be now, and what it becomes. Gives how many did.
inline constexpr std::string_view kReplaceScript = R"lua(
local count = 0
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[2 * i - 1] then
    redis.call('SET', KEYS[i], ARGV[2 * i])
    count = count + 1
  end
end
return count
)lua";

/// Keys: names, views, gone. Argument: name. From now on there is no such view; gone has its
/// number until its rows are removed.
inline constexpr std::string_view kPurgeScript = R"lua(
local id = redis.call('HGET', KEYS[1], ARGV[1])
if not id then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HDEL', KEYS[2], id)
redis.call('SADD', KEYS[3], id)
return tonumber(id)
)lua";

}  // namespace weft
