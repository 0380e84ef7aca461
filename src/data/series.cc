#include "weft/series.h"

#include "data/slots.h"

namespace weft::detail {

SeriesSlots series_slots(const ColumnData& column, Type type) {
  // The slice points into the reader, which stays where it is.
  auto reader = std::make_shared<SlotReader>(column, type);
  const Slice slice = reader->read(0, column.size());
  return {column, slice, std::move(reader)};
}

}  // namespace weft::detail
