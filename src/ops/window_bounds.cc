#include "ops/window_bounds.h"

#include <algorithm>

namespace weft {
namespace {

constexpr std::string_view kClosed[] = {"left", "right", "both", "neither"};

// Bytes of the slots in order: views and plain values, which are only read.
void gather(const Slice& from, size_t size, const RowOrder& order, char* to) {
  const auto copy = [&]<size_t kSize>() {
    for (size_t i = 0; i < order.rows.size(); ++i) {
      std::memcpy(to + i * kSize, from.data + order.rows[i] * from.stride, kSize);
    }
  };
  switch (size) {
    case 1:
      return copy.template operator()<1>();
    case 4:
      return copy.template operator()<4>();
    case 8:
      return copy.template operator()<8>();
    case 16:
      return copy.template operator()<16>();
    default:
      break;
  }
  for (size_t i = 0; i < order.rows.size(); ++i) {
    std::memcpy(to + i * size, from.data + order.rows[i] * from.stride, size);
  }
}

std::vector<uint64_t> gather_valid(const Slice& from, const RowOrder& order) {
  std::vector<uint64_t> valid((order.rows.size() + 63) / 64, 0);
  for (size_t i = 0; i < order.rows.size(); ++i) {
    valid[i >> 6] |= uint64_t{from.is_valid(order.rows[i])} << (i & 63);
  }
  return valid;
}

}  // namespace

OrderedInputs::OrderedInputs(const ArgumentLayout& layout, const RowOrder& order, const Slice* in) {
  for (size_t k = 0; k < layout.inputs.size(); ++k) {
    if (order.identity || in[k].stride == 0) {
      slices_.push_back(in[k]);
      continue;
    }
    const size_t size = layout.inputs[k]->size;
    data_.emplace_back(new char[order.rows.size() * size + 1]);
    gather(in[k], size, order, data_.back().get());
    Slice slice = {data_.back().get(), nullptr, static_cast<int64_t>(size)};
    if (in[k].valid) slice.valid = valid_.emplace_back(gather_valid(in[k], order)).data();
    slices_.push_back(slice);
  }
  if (!layout.has_time) return;
  const Slice& time = in[layout.inputs.size()];
  times_.resize(order.rows.size());
  for (size_t i = 0; i < times_.size(); ++i) times_[i] = time.at<int64_t>(order.rows[i]);
}

WindowBounds WindowBounds::read(const ArgumentLayout& layout, OperatorOptions& options) {
  WindowBounds window;
  const auto width = options.duration("last");
  if (options.has("last_rows")) {
    window.rows_ = options.integer("last_rows", 0, 1, std::numeric_limits<int32_t>::max());
  }
  const std::string closed = options.text("closed", "left", kClosed);
  window.current_ = options.flag("include_current");
  const auto grid = options.duration("resolution");

  if (options.has("last_rows")) {
    if (width) options.fail("last", "and last_rows exclude each other");
    if (closed != "left") options.fail("closed", "has no meaning for last_rows");
    if (grid) options.fail("resolution", "has no meaning for last_rows");
    return window;
  }
  if (!layout.has_time) {
    options.fail("last", "needs a time to count back from");
  }
  if (width) {
    if (width->count() < 0) options.fail("last", "is not negative");
    window.width_ = width->count();
  }
  if (grid) {
    if (grid->count() <= 0) options.fail("resolution", "is more than 0");
    window.grid_ = grid->count();
  }
  window.closed_left_ = closed == "left" || closed == "both";
  window.closed_right_ = closed == "right" || closed == "both";
  return window;
}

}  // namespace weft
