#include "online/row_codec.h"

#include <gtest/gtest.h>

namespace weft {
namespace {

// A change here breaks every stored row.
TEST(RowCodecTest, BytesArePinned) {
  const RowSchema schema(7, {{"b", bool_type(), ""},
                             {"i", int32_type(), ""},
                             {"s", string_type(), ""},
                             {"n", int64_type(), ""},
                             {"l", list_type(string_type()), ""}});
  const bool b = true;
  const int32_t i = -2;
  const std::string_view s = "xyz";
  const std::string_view words[] = {"ab", "c"};
  const ListView l = {words, 2};
  const void* const slots[] = {&b, &i, &s, nullptr, &l};
  std::string row;
  append_row(row, schema, {1, 2, -1}, slots);
  const std::string_view expected(
      "\x07\0\0\0\x5b\0\0\0"                  // schema 7, 91 bytes
      "\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\0"      // event and known time
      "\xff\xff\xff\xff\xff\xff\xff\xff"      // sequence
      "\x17\0\0\0\0\0\0\0"                    // all but n are there
      "\x45\0\0\0\3\0\0\0"                    // s
      "\0\0\0\0\0\0\0\0"                      // n
      "\x48\0\0\0\2\0\0\0"                    // l
      "\xfe\xff\xff\xff\1xyz"                 // i, b, the text of s
      "\x58\0\0\0\2\0\0\0\x5a\0\0\0\1\0\0\0"  // the elements of l
      "abc\0\0\0\0\0",                        // theirs
      0x60);
  EXPECT_EQ(row.size(), expected.size());
  for (size_t at = 0; at < std::min(row.size(), expected.size()); ++at) {
    EXPECT_EQ(static_cast<int>(row[at]), static_cast<int>(expected[at])) << at;
  }
}

TEST(RowCodecTest, SchemasRefuseWhatCannotBeKept) {
  for (const Type type : {object_type("T"), list_type(object_type("T")), Type{}}) {
    EXPECT_THROW(RowSchema(1, {{"x", type, ""}}), Error);
  }
}

// A row is copied where its memory lies askew.
TEST(RowCodecTest, RowsAreReadFromAnyMemory) {
  const auto schema = std::make_shared<const RowSchema>(
      1, std::vector<OnlineColumn>{{"n", int64_type(), ""}, {"l", list_type(double_type()), ""}});
  const int64_t n = 5;
  const double numbers[] = {1.5, 2.5};
  const ListView l = {numbers, 2};
  const void* const slots[] = {&n, &l};
  std::string row;
  append_row(row, *schema, {}, slots);
  RowReader reader([&](uint32_t) { return schema; });
  OnlineLookup lookup;
  lookup.selection = reader.select({1, schema->columns(), std::nullopt});
  for (size_t shift = 0; shift < 16; ++shift) {
    const std::string memory = std::string(shift, ' ') + row;
    reader.begin(Time());
    reader.read(lookup, std::string_view(memory).substr(shift));
    EXPECT_EQ(*static_cast<const int64_t*>(lookup.cells[0].slot), 5);
    const auto& list = *static_cast<const ListView*>(lookup.cells[1].slot);
    ASSERT_EQ(list.size, 2);
    EXPECT_EQ(static_cast<const double*>(list.data)[1], 2.5);
  }
}

}  // namespace
}  // namespace weft
