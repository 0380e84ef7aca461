/// The files of page/, embedded: the build makes page.cc out of page.cc.in.
#pragma once

#include <string_view>

namespace weft {

extern const std::string_view kPageHtml;
extern const std::string_view kPageCss;
extern const std::string_view
    kPageJs;  ///< layout, model, scene, paint, panel, lineage, in this order

}  // namespace weft
