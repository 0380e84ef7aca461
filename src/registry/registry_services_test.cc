// The registry on a PostgreSQL server that the test starts for itself.
#include <atomic>
#include <thread>

#include "base/postgres_server.h"
#include "registry/registry_contract.h"
#include "weft/sql.h"

namespace registry_test {
namespace {

const PostgresServer& server() {
  static const PostgresServer server;
  return server;
}

std::unique_ptr<Registry> open_postgres(bool again) {
  if (!again) {
    const SqlConnection db = open_sql(server().url());
    execute_sql(db, "drop schema if exists weft_registry cascade");
  }
  return open_postgres_registry(server().url());
}

INSTANTIATE_TEST_SUITE_P(Postgres, RegistryContract, testing::Values<OpenRegistry>(open_postgres));

RegisteredSet wanted(const std::string& yaml = "") { return registered_set(collect(yaml)); }

TEST(PostgresRegistryTest, ReadingMakesNothing) {
  const auto registry = open_postgres(false);
  EXPECT_EQ(plan_changes(*registry, "rides", wanted()).changes.size(), 4u);
  EXPECT_EQ(registry->head().number, 0);
  const Table schemas = read_sql(open_sql(server().url()),
                                 "select 1 as a from pg_namespace where nspname = 'weft_registry'");
  EXPECT_EQ(schemas.num_rows(), 0);
}

TEST(PostgresRegistryTest, OfManyAtOnceOneWins) {
  open_postgres(false);
  constexpr int kWriters = 6;
  std::atomic<int> won = 0;
  std::atomic<int> told = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kWriters; ++i) {
    threads.emplace_back([&, i] {
      const auto registry = open_postgres(true);
      try {
        registry->apply("rides", wanted(), 0, "writer " + std::to_string(i), "");
        ++won;
      } catch (const Error& e) {
        const bool named = std::string(e.what()).find("writer ") != std::string::npos;
        told += e.code() == ErrorCode::kConflict && named ? 1 : 0;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(told, kWriters - 1);
  EXPECT_EQ(open_postgres(true)->history("rides").size(), 1u);
}

TEST(PostgresRegistryTest, ALostConnectionIsMadeAnew) {
  const auto registry = open_postgres(false);
  registry->apply("rides", wanted(), 0, kUser, "");
  const SqlConnection db = open_sql(server().url());
  const auto cut = [&] {
    execute_sql(db,
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where application_name = 'weft' and pid <> pg_backend_pid()");
  };
  cut();
  EXPECT_EQ(registry->read("rides").size(), 4u);
  cut();
  const RegisteredSet more = wanted("entities: {shop: {keys: {shop_id: string}}}");
  EXPECT_EQ(registry->apply("rides", more, 1, kUser, "").number, 2);
}

TEST(PostgresRegistryTest, PasswordsAreNeverShown) {
  std::string url = server().url();
  url.replace(url.find("secret"), 6, "wr0ngs3cret");
  const Error e = error_of([&] { open_postgres_registry(url); });
  EXPECT_EQ(e.code(), ErrorCode::kIo);
  EXPECT_THAT(e.what(), HasSubstr("the registry: cannot connect to PostgreSQL"));
  EXPECT_THAT(e.what(), testing::Not(HasSubstr("s3cret")));
  const Error malformed = error_of([] { open_postgres_registry("postgres://u:s3cret@[bad"); });
  EXPECT_THAT(malformed.what(), testing::Not(HasSubstr("s3cret")));
}

TEST(PostgresRegistryTest, ANewerFormatIsRefused) {
  open_postgres(false)->apply("rides", wanted(), 0, kUser, "");
  execute_sql(open_sql(server().url()), "update weft_registry.format set number = 1000");
  const Error e = error_of([] { open_postgres(true); });
  EXPECT_EQ(e.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(e.what(), HasSubstr("format 1000, which is newer"));
}

}  // namespace
}  // namespace registry_test
