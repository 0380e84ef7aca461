/// The name somebody probably meant, for errors about unknown names.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weft {

/// The name nearest to `wanted` by Damerau-Levenshtein distance (optimal string alignment: insert,
/// delete, replace, swap two neighbours), letters of either case being alike but for ties. Empty if
/// none is near: at most one edit in three letters is near, one in a name of one to five.
/// Of equally near names the one earlier in `names`.
/// Cost: O(|wanted| * total length of names), for error paths.
std::string nearest_name(std::string_view wanted, std::span<const std::string> names);

/// "; did you mean 'x'?" or nothing: the end of a message about an unknown name.
std::string did_you_mean(std::string_view wanted, std::span<const std::string> names);

}  // namespace weft
