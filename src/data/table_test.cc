#include "weft/table.h"

#include <arrow/api.h>
#include <gmock/gmock.h>

#include <atomic>

namespace weft {
namespace {

using testing::ElementsAre;

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const Error& e) {
    return std::string(error_code_name(e.code())) + ": " + e.message();
  }
  return "no error";
}

Table trips() {
  return {{"id", ColumnData::of<int64_t>({1, 2, 3})},
          {"city", ColumnData::of<std::optional<std::string>>({"Oslo", {}, "Rome"})}};
}

// Gives a table in batches of two rows, and counts what is asked of it.
class CountingSource : public TableSource {
 public:
  explicit CountingSource(Table table) : table_(std::move(table)) {}
  const Schema& schema() const override { return table_.schema(); }
  std::unique_ptr<BatchReader> open(std::span<const std::string> columns) const override {
    for (const auto& name : columns) opened.push_back(name);
    ++opens;
    return table_.read(columns, 2);
  }
  std::string describe() const override { return "counting"; }

  mutable std::vector<std::string> opened;
  mutable int opens = 0;

 private:
  Table table_;
};

TEST(TableTest, ColumnsOfOneLengthAndOfOneName) {
  EXPECT_EQ(error_of([] {
              Table({{"a", ColumnData::of<int64_t>({1})}, {"b", ColumnData::of<int64_t>({})}});
            }),
            "invalid_argument: column \"b\" has 0 rows, the table has 1");
  EXPECT_EQ(error_of([] {
              Table({{"a", ColumnData::of<int64_t>({1})}, {"a", ColumnData::of<int64_t>({2})}});
            }),
            "invalid_argument: a table has two columns named \"a\"");
  EXPECT_EQ(Table().num_rows(), 0);
  EXPECT_EQ(to_string(trips().schema()), "id: int64, city: string");
}

TEST(TableTest, UnknownNamesNameTheNearest) {
  const std::string wanted =
      "not_found: no column \"ctiy\" in the table, which has id, city; did you mean 'city'?";
  EXPECT_EQ(error_of([] { trips().column("ctiy"); }), wanted);
  EXPECT_EQ(error_of([] { trips().select({"id", "ctiy"}); }), wanted);
  EXPECT_EQ(error_of([] { trips().drop(std::vector<std::string>{"ctiy"}); }), wanted);
  EXPECT_EQ(error_of([] { trips().rename("ctiy", "x"); }), wanted);
  EXPECT_EQ(error_of([] { trips().read(std::vector<std::string>{"ctiy"}); }), wanted);
  EXPECT_EQ(error_of([] { Table().column("x"); }),
            "not_found: no column \"x\" in the table, which has none");
}

TEST(TableTest, SelectDropRenameAndWith) {
  EXPECT_THAT(trips().select({"city", "id"}).names(), ElementsAre("city", "id"));
  EXPECT_THAT(trips().drop(std::vector<std::string>{"id"}).names(), ElementsAre("city"));
  EXPECT_THAT(trips().rename("id", "key").names(), ElementsAre("key", "city"));
  EXPECT_THROW(trips().rename("id", "city"), Error);
  EXPECT_THROW(trips().select({"id", "id"}), Error);
  const auto doubled = ColumnData::of<double>({1, 2, 3});
  EXPECT_EQ(to_string(trips().with_column("id", doubled).schema()), "id: double, city: string");
  EXPECT_THAT(trips().with_column("x", doubled).names(), ElementsAre("id", "city", "x"));
  EXPECT_THROW(trips().with_column("x", ColumnData::of<double>({1})), Error);
}

TEST(TableTest, ASourceIsReadOnceAndColumnByColumn) {
  const auto source = std::make_shared<CountingSource>(trips());
  const Table table(source);
  EXPECT_EQ(source->opens, 0);
  EXPECT_EQ(table.column("city").at(2).get<std::string>(), "Rome");
  EXPECT_THAT(source->opened, ElementsAre("city"));
  EXPECT_EQ(table.num_rows(), 3);
  EXPECT_THAT(source->opened, ElementsAre("city", "id"));
  EXPECT_TRUE(table.equals(trips()));
  EXPECT_TRUE(table.load().equals(trips()));
  EXPECT_EQ(table.select({"city"}).column("city").size(), 3);
  EXPECT_EQ(source->opens, 2);
}

TEST(TableTest, LoadReadsAllThatIsMissingInOnePass) {
  const auto source = std::make_shared<CountingSource>(trips());
  const Table table(source);
  EXPECT_EQ(table.take(std::vector<int64_t>{2, 0}).num_rows(), 2);
  EXPECT_EQ(source->opens, 1);
  EXPECT_EQ(table.slice(1, 2).column("id").at(0).get<int64_t>(), 2);
  EXPECT_EQ(source->opens, 1);
}

TEST(TableTest, SelectingFromASourceReadsNothing) {
  const auto source = std::make_shared<CountingSource>(trips());
  const Table city = Table(source).select({"city"});
  EXPECT_EQ(source->opens, 0);
  EXPECT_EQ(city.num_rows(), 3);
  EXPECT_THAT(source->opened, ElementsAre("city"));
}

TEST(TableTest, ReadGivesBlocks) {
  for (const Table& table : {trips(), Table(std::make_shared<CountingSource>(trips()))}) {
    const auto reader = table.read(std::vector<std::string>{"city", "id"}, 2);
    const auto first = reader->next();
    ASSERT_TRUE(first);
    EXPECT_THAT(first->names(), ElementsAre("city", "id"));
    EXPECT_EQ(first->num_rows(), 2);
    EXPECT_EQ(reader->next()->num_rows(), 1);
    EXPECT_FALSE(reader->next());
  }
}

TEST(TableTest, ConcatPutsTablesUnderAnother) {
  const Table tables[] = {trips(), trips().slice(0, 0), trips().slice(2, 1)};
  const Table all = Table::concat(tables);
  EXPECT_EQ(all.num_rows(), 4);
  EXPECT_EQ(all.column("id").at(3).get<int64_t>(), 3);
  const Table other[] = {trips(), trips().rename("id", "key")};
  EXPECT_EQ(
      error_of([&] { Table::concat(other); }),
      "type_mismatch: tables to be put under another differ: expected id: int64, city: string; "
      "found key: int64, city: string");
  EXPECT_EQ(Table::concat({}).num_columns(), 0);
}

TEST(TableTest, TakeAndSlice) {
  const Table taken = trips().take(std::vector<int64_t>{2, -1, 0});
  EXPECT_EQ(taken.column("city").at(0).get<std::string>(), "Rome");
  EXPECT_TRUE(taken.column("id").is_null(1));
  EXPECT_EQ(trips().slice(5, 2).num_rows(), 0);
  EXPECT_EQ(trips().slice(1, 9).num_rows(), 2);
  EXPECT_THROW(trips().slice(-1, 2), Error);
}

TEST(TableTest, ArrowRoundTrip) {
  EXPECT_TRUE(Table::from_arrow(trips().to_arrow()).equals(trips()));
  EXPECT_FALSE(trips().equals(trips().rename("id", "key")));
  EXPECT_FALSE(trips().equals(trips().slice(0, 2)));
  EXPECT_GT(trips().byte_size(), 24);
}

TEST(TableTest, AsAPersonReadsIt) {
  EXPECT_EQ(trips().to_string(2),
            "id  city\n"
            " 1  Oslo\n"
            " 2  null\n"
            "... 1 more rows\n");
  EXPECT_EQ(trips().slice(0, 0).to_string(), "id  city\n");
  // Columns line up by letters, not by bytes.
  EXPECT_EQ(Table({{"né", ColumnData::of<std::string>({"a", "ééé"})},
                   {"x", ColumnData::of<int64_t>({1, 2})}})
                .to_string(),
            "né   x\n"
            "a    1\n"
            "ééé  2\n");
}

}  // namespace
}  // namespace weft
