/// The text of C++ sources: where its features are, their comments, and what is not a feature.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// One FEATURE(...) { ... } of a file, or LOADER, or SAVER.
struct FeatureText {
  std::string name;
  int line = 0;           ///< of its FEATURE, from 1
  std::string_view text;  ///< from FEATURE( to the closing brace
  std::string doc;        ///< the comment lines directly above, without their slashes
};

/// The features of a file, in order. What stands in comments, in text literals and in preprocessor
/// definitions is none. `file` must outlive the result.
std::vector<FeatureText> find_features(std::string_view file);

/// The file without its features, their comments and spaces: what they may depend on.
std::string text_between(std::string_view file, const std::vector<FeatureText>& features);

/// C++ without comments, and with spaces only where two words or two signs would run together.
std::string normalized_source(std::string_view text);

}  // namespace weft
