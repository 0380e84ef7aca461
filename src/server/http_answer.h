/// An answer as bytes.
#pragma once

#include <string>

#include "server/http.h"

namespace weft {

/// Head and body behind `out`. `date` is an IMF-fixdate.
void append_answer(const HttpRequest& request, const HttpResponse& response, bool keep_alive,
                   std::string_view date, std::string& out);
/// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date(int64_t epoch_s);
/// {"error": {"code": ..., "message": ...}} as the body. `code` is static text.
void set_error(HttpResponse& response, int status, std::string_view code, std::string_view message);

}  // namespace weft
