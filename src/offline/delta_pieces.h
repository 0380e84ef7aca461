/// Row groups of a table's data files, for those that read it in pieces.
#pragma once

#include "data/pieces.h"
#include "offline/delta_log.h"
#include "weft/delta_table.h"

namespace weft::delta {

/// The row groups of the snapshot's files, in their order, that may hold wanted rows; files are
/// passed over by partition and by the log's statistics, without being opened. Null if a file's row
/// groups are too large to be held. `table`: its folder.
std::shared_ptr<const Pieces> pieces_of(const std::string& table,
                                        std::shared_ptr<const Snapshot> snapshot,
                                        const MayHold& may_hold, std::shared_ptr<ReadStats> stats);

}  // namespace weft::delta
