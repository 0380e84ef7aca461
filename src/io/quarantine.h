/// Where rows go that were left out.
#pragma once

#include <string>
#include <vector>

#include "io/csv_block.h"

namespace weft {

/// Notes rows of a file; a line that was noted before is not noted again.
void note_bad_rows(Quarantine& quarantine, const std::string& path,
                   const std::vector<BadRow>& rows);

}  // namespace weft
