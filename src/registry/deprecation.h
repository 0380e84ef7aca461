/// Services that take what should be used no more.
#pragma once

#include "registry/registry.h"

namespace weft {

/// A service that takes a deprecated view, or a deprecated feature of one.
struct DeprecatedUse {
  std::string service;
  std::string owner = {};  ///< of the service
  std::string view = {};
  std::string feature = {};  ///< empty: the view is deprecated, with all its features
  Deprecated deprecated = {};
  bool is_over = false;  ///< its last day has passed
};
/// "service eta (routing) takes feature km of view trips, which is deprecated: use miles; until
/// 2025-06-30".
std::string to_string(const DeprecatedUse& use);
/// "use miles; until 2025-06-30".
std::string to_string(const Deprecated& deprecated);

/// Has its last day passed?
bool is_over(const Deprecated& deprecated, Time now);
/// By service and view; a service that is deprecated itself counts too.
std::vector<DeprecatedUse> deprecated_uses(const RegisteredSet& set, Time now);

/// What is wrong with how it is written; empty: nothing.
std::string mistake_in(const Deprecated& deprecated);

}  // namespace weft
