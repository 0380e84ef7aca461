#include "data/pieces.h"

#include <algorithm>

namespace weft {
namespace {

// ---- a table in memory
// --------------------------------------------------------------------------

constexpr int64_t kPieceRows = 131'072;

class TableReader final : public PieceReader {
 public:
  TableReader(const Table& table, const Piece& piece) : table_(table), piece_(piece) {}
  Table read(std::span<const std::string> columns) const override {
    return table_.select(columns).slice(piece_.first_row, piece_.rows);
  }

 private:
  const Table& table_;
  const Piece& piece_;
};

class TablePieces final : public Pieces {
 public:
  explicit TablePieces(const Table& table) : table_(table) {
    for (int64_t from = 0; from < table.num_rows(); from += kPieceRows) {
      list_.push_back({from, std::min(kPieceRows, table.num_rows() - from)});
    }
  }
  std::span<const Piece> list() const override { return list_; }
  int64_t num_rows() const override { return table_.num_rows(); }
  std::unique_ptr<PieceReader> open(size_t piece) const override {
    return std::make_unique<TableReader>(table_, list_[piece]);
  }

 private:
  Table table_;
  std::vector<Piece> list_;
};

// ---- shown otherwise
// ----------------------------------------------------------------------------

class MappedPieces final : public Pieces {
 public:
  MappedPieces(std::shared_ptr<const Pieces> inner, ReadColumns read)
      : inner_(std::move(inner)), read_(std::move(read)) {}
  std::span<const Piece> list() const override { return inner_->list(); }
  int64_t num_rows() const override { return inner_->num_rows(); }
  std::unique_ptr<PieceReader> open(size_t piece) const override;

 private:
  std::shared_ptr<const Pieces> inner_;
  ReadColumns read_;
};

class MappedReader final : public PieceReader {
 public:
  MappedReader(std::unique_ptr<PieceReader> inner, const ReadColumns& read)
      : inner_(std::move(inner)), read_(read) {}
  Table read(std::span<const std::string> columns) const override {
    return read_(*inner_, columns);
  }

 private:
  std::unique_ptr<PieceReader> inner_;
  const ReadColumns& read_;
};

std::unique_ptr<PieceReader> MappedPieces::open(size_t piece) const {
  return std::make_unique<MappedReader>(inner_->open(piece), read_);
}

// ---- one after the other
// ------------------------------------------------------------------------

class JoinedPieces final : public Pieces {
 public:
  explicit JoinedPieces(std::vector<std::shared_ptr<const Pieces>> parts)
      : parts_(std::move(parts)) {
    for (size_t part = 0; part < parts_.size(); ++part) {
      const auto pieces = parts_[part]->list();
      for (size_t i = 0; i < pieces.size(); ++i) {
        list_.push_back({rows_ + pieces[i].first_row, pieces[i].rows});
        of_.emplace_back(part, i);
      }
      rows_ += parts_[part]->num_rows();
    }
  }
  std::span<const Piece> list() const override { return list_; }
  int64_t num_rows() const override { return rows_; }
  std::unique_ptr<PieceReader> open(size_t piece) const override {
    return parts_[of_[piece].first]->open(of_[piece].second);
  }

 private:
  std::vector<std::shared_ptr<const Pieces>> parts_;
  std::vector<Piece> list_;
  std::vector<std::pair<size_t, size_t>> of_;  // part and piece of it
  int64_t rows_ = 0;
};

}  // namespace

std::shared_ptr<const Pieces> pieces_of(const Table& table, const MayHold& may_hold) {
  if (!table.source()) return std::make_shared<TablePieces>(table);
  const auto* source = dynamic_cast<const PiecedSource*>(table.source().get());
  return source ? source->pieces(may_hold) : nullptr;
}

std::shared_ptr<const Pieces> mapped_pieces(std::shared_ptr<const Pieces> inner, ReadColumns read) {
  if (!inner) return nullptr;
  return std::make_shared<MappedPieces>(std::move(inner), std::move(read));
}

std::shared_ptr<const Pieces> joined_pieces(std::vector<std::shared_ptr<const Pieces>> parts) {
  if (std::ranges::find(parts, nullptr) != parts.end()) return nullptr;
  return std::make_shared<JoinedPieces>(std::move(parts));
}

}  // namespace weft
