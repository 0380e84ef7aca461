#include <sys/stat.h>

#include <filesystem>
#include <memory>

#include "base/scratch_folder.h"
#include "online/contract_random.h"
#include "online/contract_read.h"
#include "online/contract_views.h"
#include "online/contract_write.h"

namespace weft {
namespace {

std::unique_ptr<OnlineStore> open_lmdb(bool again) {
  static std::unique_ptr<ScratchFolder> folder;
  if (!again) folder = std::make_unique<ScratchFolder>();
  return open_lmdb_store(folder->path() + "/online");
}
// A map that is too small at first, so that every test makes it grow.
std::unique_ptr<OnlineStore> open_small_lmdb(bool again) {
  static std::unique_ptr<ScratchFolder> folder;
  if (!again) folder = std::make_unique<ScratchFolder>();
  return open_lmdb_store(folder->path() + "/online", {.map_bytes = 1 << 15});
}

INSTANTIATE_TEST_SUITE_P(Lmdb, OnlineStoreContract, testing::Values(open_lmdb));
INSTANTIATE_TEST_SUITE_P(SmallMap, OnlineStoreContract, testing::Values(open_small_lmdb));

}  // namespace
}  // namespace weft
