/// Features that are computed in a request, kept in the registry as expressions: who has not their
/// code serves them all the same.
#pragma once

#include "registry/registry.h"
#include "weft/driver.h"
#include "weft/feature_store.h"

namespace weft {

/// A feature of a service that is computed in the request, of which there is neither code nor an
/// expression here: a server answers 501.
class NotServedError : public Error {
 public:
  explicit NotServedError(const std::string& feature);
};

/// Keeps what the services' features of a request need, as far as it is expressions, and forgets
/// the rest. What has none is left to those who have its code.
void record_functions(Registry& registry, const std::string& project, const Graph& graph,
                      const StoreDefinitions& definitions);

/// A driver of what is kept.
Driver driver_of_stored_functions(Registry& registry, const std::string& project);

/// Does a service have this feature computed in its requests?
bool is_of_a_service(const StoreDefinitions& definitions, const std::string& feature);

}  // namespace weft
