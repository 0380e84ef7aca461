/// Runs a random graph in every context and compares the answers, bit for bit.
#pragma once

#include "random_graph.h"

namespace weft::fuzz {

/// Rows [from, from + size) of a graph's inputs, and which outputs.
struct Trial {
  std::vector<std::string> outputs;
  int64_t from = 0;
  int64_t size = 0;
};

/// What went wrong, or nothing. `seed` decides how rows are cut into micro-batches and chunks.
///
/// The reference is the batch on one thread. It is compared with
/// - the batch on two threads over rows in chunks, and the batch that computes other outputs too;
/// - a stream in random micro-batches, empty ones among them, and requests row by row, both with
///   fitted or given values for what needs all rows;
/// - a stream with a choice of batch, against the batch over the rows of each micro-batch;
/// - a stream with running values, against the batch over all rows so far.
/// If the batch fails for a row, so do the others, with the same feature and message.
std::optional<std::string> failure_of(const FuzzGraph& graph, const Trial& trial, uint64_t seed);

/// The smallest trial found that still fails.
Trial minimized(const FuzzGraph& graph, Trial trial, uint64_t seed);

/// How much of each kind was compared; tests hold that none is left out.
struct Counts {
  int64_t graphs = 0;
  int64_t failed_in_all = 0;  ///< graphs where the batch fails, and so do the others
  int64_t streams = 0;
  int64_t requests = 0;
  int64_t running = 0;
};
Counts& counts();

}  // namespace weft::fuzz
