#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/bench/check.h"
#include "kernels/bench/workload.h"
#include "kernels/cpu/attention.h"
#include "kernels/reference.h"

namespace kinetics::kernels {
namespace {

/// One step of decode attention: dense, over a window, or over what is chosen.
class AttentionWorkload : public Workload {
 public:
  AttentionWorkload(const BenchCase& x, const BenchMachine& machine)
      : case_(x),
        arena_(*machine.numbers),
        attention_(machine.isa, *machine.team),
        sets_(SetsOf(arena_, x)),
        rotation_(sets_.Sets(), WorkOf(x).bytes, machine.cold),
        pooled_(std::max<int64_t>(1, static_cast<int64_t>(arena_.Size() / PooledBytes())),
                WorkOf(x).bytes, machine.cold),
        lengths_(static_cast<size_t>(x.batch), x.context),
        queries_(static_cast<size_t>(x.batch * x.query_heads * x.head_dim)),
        output_(queries_.size()) {
    Noise noise(2);
    for (float& query : queries_) {
      query = noise.Uniform();
    }
  }

  double Once() override {
    Prepare();
    return Timed([&] { Run(nullptr, nullptr); });
  }

  double Check() override {
    Prepare();
    BlockLists blocks;
    TokenLists tokens;
    Run(&blocks, &tokens);
    const std::vector<int64_t> rows = CheckedRows();
    constexpr double kWrong = std::numeric_limits<double>::infinity();
    if (case_.op == BenchOp::kBlockTopk) {
      for (const int64_t row : rows) {
        const std::vector<double> scores = ReferenceBlockScores(
            problem_, row / case_.kv_heads, static_cast<int>(row % case_.kv_heads));
        if (!AreLargest(scores, RowOf(blocks.offsets, blocks.blocks, row), case_.top)) {
          return kWrong;
        }
      }
      tokens = TokensOf(blocks, problem_.decode);
    } else if (case_.op == BenchOp::kTokenTopk) {
      for (const int64_t row : rows) {
        if (!AreLargest(MeanScores(problem_.decode, row), RowOf(tokens.offsets, tokens.tokens, row),
                        case_.top)) {
          return kWrong;
        }
      }
    } else {
      tokens = AttendedTokens(problem_.decode, rows);
    }
    return DecodeError(problem_.decode, tokens, rows, output_);
  }

  BenchWork Work() const override { return WorkOf(case_); }

  /// Blocks are chosen by pooled keys that are others at every call, so they lie anywhere: between
  /// two uses passes as much as there is, on average. Tokens of one set are always the same.
  double BytesBetween() const override {
    return case_.op == BenchOp::kBlockTopk && pooled_.Sets() > 1
               ? static_cast<double>(arena_.Size())
               : rotation_.BytesBetween();
  }

  std::vector<BenchParts> Parts() const override { return parts_; }

 private:
  int64_t Blocks() const { return BlocksOf(case_.context, case_.block_tokens); }
  size_t PooledBytes() const {
    const auto bytes =
        static_cast<size_t>(case_.batch * case_.kv_heads * Blocks() * case_.head_dim) *
        SizeOf(case_.type);
    return (bytes + kLineBytes - 1) / kLineBytes * kLineBytes;
  }

  /// Takes the next working set.
  void Prepare() {
    DecodeProblem& decode = problem_.decode;
    decode.cache = CacheOf(sets_, case_, rotation_.Next());
    decode.requests = case_.batch;
    decode.group = static_cast<int>(case_.query_heads / case_.kv_heads);
    decode.queries = queries_.data();
    decode.lengths = lengths_.data();
    decode.window = case_.op == BenchOp::kSliding ? case_.window : 0;
    decode.scale = 1 / std::sqrt(static_cast<float>(case_.head_dim));
    problem_.block_tokens = case_.block_tokens;
    problem_.top = case_.top;
    problem_.pooled_type = case_.type;
    problem_.pooled = arena_.Data() + static_cast<size_t>(pooled_.Next()) * PooledBytes();
    problem_.pooled_stride = Blocks();
  }

  void Run(BlockLists* blocks, TokenLists* tokens) {
    if (case_.op == BenchOp::kBlockTopk) {
      Note(attention_.BlockTopk(problem_, output_.data(), blocks));
    } else if (case_.op == BenchOp::kTokenTopk) {
      Note(attention_.TokenTopk(problem_.decode, case_.top, output_.data(), tokens));
    } else {
      attention_.Decode(problem_.decode, output_.data());
    }
  }

  void Note(const SparseTimes& times) {
    parts_.push_back({.score = times.score, .select = times.select, .attend = times.attend});
  }

  /// As many rows, each a KV head of a request, as the slow reference does in a moment.
  std::vector<int64_t> CheckedRows() const {
    constexpr double kLoads = 4e6;
    const double row_flops =
        WorkOf(case_).flops / static_cast<double>(case_.batch * case_.kv_heads);
    return SpreadOut(case_.batch * case_.kv_heads,
                     std::clamp<int64_t>(static_cast<int64_t>(kLoads / row_flops), 1, 8));
  }

  static std::span<const int32_t> RowOf(const std::vector<int64_t>& offsets,
                                        const std::vector<int32_t>& all, int64_t row) {
    const auto begin = static_cast<size_t>(offsets[static_cast<size_t>(row)]);
    const auto end = static_cast<size_t>(offsets[static_cast<size_t>(row) + 1]);
    return std::span(all).subspan(begin, end - begin);
  }

  BenchCase case_;
  const Arena& arena_;
  CpuAttention attention_;
  PagedSets sets_;
  Rotation rotation_;
  Rotation pooled_;
  BlockTopkProblem problem_;
  std::vector<int64_t> lengths_;
  std::vector<float> queries_;
  std::vector<float> output_;
  std::vector<BenchParts> parts_;
};

}  // namespace

std::unique_ptr<Workload> MakeAttentionWorkload(const BenchCase& x, const BenchMachine& machine) {
  return std::make_unique<AttentionWorkload>(x, machine);
}

}  // namespace kinetics::kernels
