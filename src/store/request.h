/// A request for features, with every name looked up.
#pragma once

#include "store/standing.h"
#include "weft/store.h"

namespace weft {

/// What is taken of one view.
struct RequestedView {
  const FeatureView* view = nullptr;
  std::string prefix;                 ///< of full names: its alias or name
  std::vector<ViewKey> keys;          ///< and what the request calls them
  std::vector<ViewFeature> features;  ///< and what the result calls them
  bool aliased = false;
};

/// One value of a result, in the order asked for.
struct RequestedFeature {
  std::string name;     ///< in the result
  std::string feature;  ///< in the view or graph
  int view = -1;        ///< of ResolvedRequest::views; -1: computed in the request
};

/// Immutable.
struct ResolvedRequest {
  std::shared_ptr<const Standing> standing;
  std::string service;
  std::vector<RequestedView> views;
  std::vector<RequestedFeature> features;
  std::vector<std::string> on_demand;

  /// Of the features that views give, what a function that computes from them calls each: name in
  /// the graph -> name in the result. A view without an alias goes before one that has one.
  std::map<std::string, std::string> inputs_of_functions() const;
};

/// Throws Error(kNotFound) with the nearest name; Error(kInvalidArgument) where two results have
/// one name, or nothing is asked for.
ResolvedRequest resolve_request(std::shared_ptr<const Standing> standing,
                                const FeatureRequest& request);

}  // namespace weft
