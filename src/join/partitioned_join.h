/// A join that does not fit into memory: through files, part by part of the keys.
#pragma once

#include "join/join_spec.h"

namespace weft {

/// About how many bytes a join takes whose spine and result are held.
int64_t held_bytes(const Spine& spine, const JoinSpec& spec, int threads);

/// Splits the spine and each view by their keys into files, joins part by part, and gives a table
/// in a source, which puts the parts' rows in the spine's order as it reads. Views in pieces that
/// are clustered by the first key are read where they lie instead. A part that is still too large
/// (a key that has very many rows, a view without keys) is joined a range of its rows at a time.
/// Files are in $TMPDIR or /tmp, have no name, and go with the table.
Table join_in_parts(const Spine& spine, const JoinSpec& spec, int64_t memory_limit, int threads);

}  // namespace weft
