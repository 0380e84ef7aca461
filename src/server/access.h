/// Who may do what: bearer tokens.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "weft/server.h"

namespace weft {

enum class AccessScope : uint8_t { kNone, kRead, kWrite };

/// The tokens of one project. Immutable, thread-safe. Keeps hashes only, so that comparing takes
/// as long for a guess as for a token.
class AccessList {
 public:
  struct Found {
    AccessScope scope = AccessScope::kNone;
    std::string_view name = {};  ///< of the token; borrowed from the list
    bool is_known = false;       ///< a token, but perhaps of another project
  };

  /// Throws Error(kInvalidArgument) for a token without a name or text.
  AccessList(const std::vector<AccessToken>& tokens, const std::string& project);

  /// Of the value of the field Authorization.
  Found find(std::string_view authorization) const;

 private:
  using Hash = std::array<unsigned char, 32>;
  struct Entry {
    Hash hash;
    std::string name;
    AccessScope scope;
  };
  std::vector<Entry> entries_;
};

/// The tokens of a YAML file:
///
///   tokens:
///     trainer: {sha256: 9f86d0..., scope: write, projects: [rides]}
///     app: {token: "...", scope: read}
///
/// Throws Error(kNotFound, kIo), Error(kBadData) with file and line.
std::vector<AccessToken> read_tokens(const std::string& path);

}  // namespace weft
