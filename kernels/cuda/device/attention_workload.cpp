#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/bench/check.h"
#include "kernels/cuda/attend.h"
#include "kernels/cuda/device/attend.h"
#include "kernels/cuda/device/select.h"
#include "kernels/cuda/device/workload.h"
#include "kernels/reference.h"

namespace kinetics::kernels {
namespace {

template <typename T>
DeviceBuffer ToDevice(std::span<const T> values) {
  return {values.data(), values.size_bytes()};
}

/// One step of decode attention on the device: dense, over a window, or over what launches before
/// it choose: blocks by pooled keys, or tokens by their own.
class CudaAttentionWorkload : public CudaWorkload {
 public:
  CudaAttentionWorkload(const BenchCase& x, const CudaBenchMachine& machine)
      : CudaWorkload(x, machine),
        sets_(machine.numbers, PageBytes(), x.batch, BlocksOf(x.context, x.page_tokens),
              ReadPages(x)),
        lengths_(static_cast<size_t>(x.batch), x.context),
        queries_(static_cast<size_t>(x.batch * x.query_heads * x.head_dim)) {
    Noise noise(2);
    for (size_t i = 0; i < queries_.size(); ++i) {
      StoreElement(queries_.data(), i, x.type, noise.Uniform());
    }
    device_lengths_ = ToDevice(std::span<const int64_t>(lengths_));
    device_queries_ = ToDevice(std::span<const uint16_t>(queries_));
    tables_ = ToDevice(sets_.Tables());
    output_ = DeviceBuffer(2 * queries_.size());
    if (IsBlocks()) {
      PrepareBlocks();
    } else if (IsTokens()) {
      PrepareTokens();
    }
    PrepareDecode();
  }

  double Once() override {
    const double seconds = CudaWorkload::Once();
    if (IsBlocks() || IsTokens()) {
      NoteParts(seconds);
    }
    return seconds;
  }

  double Check() override {
    Launch(0);
    Wait();
    double error = 0;
    for (const int64_t row : CheckedRows()) {
      error = std::max(error, RowError(row));
    }
    return error;
  }

  double BytesBetween() const override {
    return IsBlocks() && PooledSets() > 1 ? static_cast<double>(machine_.numbers.size())
                                          : CudaWorkload::BytesBetween();
  }
  std::vector<BenchParts> Parts() const override { return parts_; }

 protected:
  int64_t Sets() const override {
    return IsBlocks() ? std::max(sets_.Sets(), PooledSets()) : sets_.Sets();
  }

  void Launch(int64_t set) override {
    Choose(set);
    LaunchDecode(DecodeOf(set), case_.type, machine_.stream);
  }

 private:
  bool IsBlocks() const { return case_.op == BenchOp::kBlockTopk; }
  bool IsTokens() const { return case_.op == BenchOp::kTokenTopk; }
  int64_t Rows() const { return case_.batch * case_.kv_heads; }
  int Group() const { return static_cast<int>(case_.query_heads / case_.kv_heads); }
  int64_t Blocks() const { return BlocksOf(case_.context, case_.block_tokens); }
  size_t PageBytes() const {
    return static_cast<size_t>(case_.page_tokens * case_.kv_heads * case_.head_dim) * 2;
  }
  size_t PooledBytes() const { return static_cast<size_t>(Rows() * Blocks() * case_.head_dim) * 2; }
  int64_t PooledSets() const {
    return std::max<int64_t>(1, static_cast<int64_t>(machine_.numbers.size() / PooledBytes()));
  }

  void Choose(int64_t set) const {
    if (IsBlocks()) {
      SelectLaunch selection = selection_;
      selection.page_table = TableOf(set);
      selection.pooled = PooledOf(set);
      LaunchSelect(selection, case_.type, machine_.stream);
    } else if (IsTokens()) {
      TokenSelectLaunch selection = token_selection_;
      selection.table.page_table = TableOf(set);
      LaunchTokenSelect(selection, case_.type, machine_.stream);
    }
  }

  TileTable Table() const {
    return {.table_stride = sets_.Stride(),
            .kv_heads = static_cast<int32_t>(case_.kv_heads),
            .page_tiles = static_cast<int32_t>(case_.page_tokens / kTileTokens)};
  }

  void PrepareTokens() {
    const auto rows = static_cast<size_t>(Rows());
    const int64_t chosen = std::min(case_.top, case_.context);
    scores_ = DeviceBuffer(rows * static_cast<size_t>(case_.context) * sizeof(float));
    tiles_ = DeviceBuffer(rows * static_cast<size_t>(chosen) * sizeof(int32_t));
    chosen_ = DeviceBuffer(rows * static_cast<size_t>(chosen) * sizeof(int32_t));
    row_tokens_ = DeviceBuffer(rows * sizeof(int64_t));
    token_selection_ = {.queries = device_queries_.Data(),
                        .keys = sets_.Keys(),
                        .lengths = device_lengths_.Data<int64_t>(),
                        .table = Table(),
                        .requests = case_.batch,
                        .group = Group(),
                        .head_dim = static_cast<int>(case_.head_dim),
                        .most_tokens = case_.context,
                        .top = case_.top,
                        .scores = scores_.Data<float>(),
                        .tokens = tiles_.Data<int32_t>(),
                        .tokens_stride = chosen,
                        .row_tokens = row_tokens_.Data<int64_t>(),
                        .chosen = chosen_.Data<int32_t>()};
  }

  void PrepareBlocks() {
    selection_ = {.queries = device_queries_.Data(),
                  .lengths = device_lengths_.Data<int64_t>(),
                  .table_stride = sets_.Stride(),
                  .requests = case_.batch,
                  .kv_heads = static_cast<int>(case_.kv_heads),
                  .group = Group(),
                  .head_dim = static_cast<int>(case_.head_dim),
                  .page_tokens = case_.page_tokens,
                  .block_tokens = case_.block_tokens,
                  .pooled_stride = Blocks(),
                  .top = case_.top};
    const auto rows = static_cast<size_t>(Rows());
    selection_.tiles_stride = selection_.MostTiles();
    selection_.chosen_stride = selection_.MostBlocks();
    tiles_ = DeviceBuffer(rows * static_cast<size_t>(selection_.tiles_stride) * sizeof(int32_t));
    row_tokens_ = DeviceBuffer(rows * sizeof(int64_t));
    chosen_ = DeviceBuffer(rows * static_cast<size_t>(selection_.chosen_stride) * sizeof(int32_t));
    chosen_counts_ = DeviceBuffer(rows * sizeof(int32_t));
    selection_.tiles = tiles_.Data<int32_t>();
    selection_.row_tokens = row_tokens_.Data<int64_t>();
    selection_.chosen = chosen_.Data<int32_t>();
    selection_.chosen_counts = chosen_counts_.Data<int32_t>();
  }

  void PrepareDecode() {
    const int64_t window = case_.op == BenchOp::kSliding ? case_.window : 0;
    decode_ = {.queries = device_queries_.Data(),
               .keys = sets_.Keys(),
               .values = sets_.Values(),
               .output = output_.Data(),
               .lengths = device_lengths_.Data<int64_t>(),
               .table = Table(),
               .window = window,
               .group = Group(),
               .head_dim = static_cast<int>(case_.head_dim),
               .scale = 1 / std::sqrt(static_cast<float>(case_.head_dim))};
    RowTiles tiles = TilesOf(case_.context, window);
    if (IsTokens()) {
      tiles = {.count =
                   static_cast<int32_t>(BlocksOf(token_selection_.tokens_stride, kTileTokens))};
      decode_.tokens = token_selection_.tokens;
      decode_.tokens_stride = token_selection_.tokens_stride;
      decode_.row_tokens = token_selection_.row_tokens;
    } else if (IsBlocks()) {
      tiles = {.count = static_cast<int32_t>(
                   std::min(selection_.MostTiles(), BlocksOf(case_.context, kTileTokens)))};
      decode_.tiles = selection_.tiles;
      decode_.tiles_stride = selection_.tiles_stride;
      decode_.row_tokens = selection_.row_tokens;
    }
    const std::vector<RowTiles> rows(static_cast<size_t>(Rows()), tiles);
    const SplitPlan plan =
        PlanSplits(rows, ResidentAttendBlocks(case_.type, decode_.head_dim, Group()));
    units_ = ToDevice(std::span<const AttendUnit>(plan.units));
    split_parts_ = DeviceBuffer(static_cast<size_t>(plan.parts * Group()) *
                                static_cast<size_t>(case_.head_dim + 2) * sizeof(float));
    const std::vector<int32_t> none(rows.size());
    done_ = ToDevice(std::span<const int32_t>(none));
    decode_.units = units_.Data<AttendUnit>();
    decode_.unit_count = static_cast<int64_t>(plan.units.size());
    decode_.parts = split_parts_.Data<float>();
    decode_.done = done_.Data<int32_t>();
  }

  const int32_t* TableOf(int64_t set) const {
    return tables_.Data<int32_t>() + sets_.TableOffset(set % sets_.Sets());
  }
  const char* PooledOf(int64_t set) const {
    return machine_.numbers.data() + static_cast<size_t>(set % PooledSets()) * PooledBytes();
  }
  DeviceDecode DecodeOf(int64_t set) const {
    DeviceDecode decode = decode_;
    decode.table.page_table = TableOf(set);
    return decode;
  }

  /// Selection alone, by launches of its own, and what is left of the whole.
  void NoteParts(double seconds) {
    if (!selections_) {
      selections_ = std::make_unique<RotatingLaunches>(machine_.stream, machine_.cold ? Sets() : 1,
                                                       [this](int64_t set) { Choose(set); });
    }
    const double select = selections_->Once();
    parts_.push_back({.select = select, .attend = std::max(0.0, seconds - select)});
  }

  std::vector<int64_t> CheckedRows() const {
    constexpr double kLoads = 2e7;
    const double row_flops = WorkOf(case_).flops / static_cast<double>(Rows());
    return SpreadOut(Rows(), std::clamp<int64_t>(static_cast<int64_t>(kLoads / row_flops), 2, 16));
  }

  /// Keys or values of a row, from the device, as a contiguous cache of one request and head.
  std::vector<uint16_t> RowOf(const char* half, int64_t row) const {
    std::vector<uint16_t> data(static_cast<size_t>(case_.context * case_.head_dim));
    const int64_t request = row / case_.kv_heads;
    const int64_t head = row % case_.kv_heads;
    const int64_t begin =
        case_.op == BenchOp::kSliding ? std::max<int64_t>(0, case_.context - case_.window) : 0;
    for (int64_t page = begin / case_.page_tokens; page * case_.page_tokens < case_.context;
         ++page) {
      const int64_t at = sets_.Table(0)[request * sets_.Stride() + page];
      const int64_t tokens = std::min(case_.page_tokens, case_.context - page * case_.page_tokens);
      const int64_t from = (at * case_.kv_heads + head) * case_.page_tokens * case_.head_dim * 2;
      CheckCuda(
          cudaMemcpy(data.data() + page * case_.page_tokens * case_.head_dim, half + from,
                     static_cast<size_t>(tokens * case_.head_dim) * 2, cudaMemcpyDeviceToHost),
          "copy keys and values from the device");
    }
    return data;
  }

  template <typename T>
  static std::vector<T> FromDevice(const void* from, int64_t first, int64_t count) {
    std::vector<T> values(static_cast<size_t>(count));
    CheckCuda(cudaMemcpy(values.data(), static_cast<const T*>(from) + first,
                         values.size() * sizeof(T), cudaMemcpyDeviceToHost),
              "copy from the device");
    return values;
  }

  /// What the reference makes of a row's queries, keys and values, against the output.
  double RowError(int64_t row) const {
    const int64_t size = int64_t{Group()} * case_.head_dim;
    const auto as_floats = [&](const uint16_t* bits) {
      std::vector<float> values(static_cast<size_t>(size));
      for (size_t i = 0; i < values.size(); ++i) {
        values[i] = LoadElement(bits, i, case_.type);
      }
      return values;
    };
    const std::vector<float> queries = as_floats(queries_.data() + row * size);
    const std::vector<uint16_t> output = FromDevice<uint16_t>(output_.Data(), row * size, size);
    const std::vector<uint16_t> keys = RowOf(sets_.Keys(), row);
    const std::vector<uint16_t> values = RowOf(sets_.Values(), row);
    const DecodeProblem problem = {.cache = {.type = case_.type,
                                             .head_dim = decode_.head_dim,
                                             .page_tokens = case_.context,
                                             .keys = keys.data(),
                                             .values = values.data()},
                                   .requests = 1,
                                   .group = Group(),
                                   .queries = queries.data(),
                                   .lengths = lengths_.data(),
                                   .window = decode_.window,
                                   .scale = decode_.scale};
    std::vector<double> expected;
    constexpr double kWrong = std::numeric_limits<double>::infinity();
    if (IsBlocks()) {
      const BlockLists blocks = ChosenBlocks(row);
      if (!IsRightChoice(problem, row, blocks)) {
        return kWrong;
      }
      expected = ReferenceDecode(problem, TokensOf(blocks, problem));
    } else if (IsTokens()) {
      const TokenLists tokens = ChosenTokens(row);
      if (!AreLargest(MeanScores(problem, 0), tokens.tokens, case_.top)) {
        return kWrong;
      }
      expected = ReferenceDecode(problem, tokens);
    } else {
      expected = ReferenceDecode(problem);
    }
    return WorstError(as_floats(output.data()), expected, decode_.head_dim);
  }

  TokenLists ChosenTokens(int64_t row) const {
    const int64_t count = FromDevice<int64_t>(row_tokens_.Data(), row, 1).front();
    return {
        .offsets = {0, count},
        .tokens = FromDevice<int32_t>(chosen_.Data(), row * token_selection_.tokens_stride, count)};
  }

  BlockLists ChosenBlocks(int64_t row) const {
    const int64_t count = FromDevice<int32_t>(chosen_counts_.Data(), row, 1).front();
    return {.block_tokens = case_.block_tokens,
            .offsets = {0, count},
            .blocks = FromDevice<int32_t>(chosen_.Data(), row * selection_.chosen_stride, count)};
  }

  bool IsRightChoice(const DecodeProblem& decode, int64_t row, const BlockLists& blocks) const {
    const std::vector<uint16_t> pooled = FromDevice<uint16_t>(
        PooledOf(0), row * Blocks() * case_.head_dim, Blocks() * case_.head_dim);
    const BlockTopkProblem problem = {.decode = decode,
                                      .block_tokens = case_.block_tokens,
                                      .top = case_.top,
                                      .pooled_type = case_.type,
                                      .pooled = pooled.data(),
                                      .pooled_stride = Blocks()};
    return AreLargest(ReferenceBlockScores(problem, 0, 0), blocks.blocks, case_.top);
  }

  PagedSets sets_;
  std::vector<int64_t> lengths_;
  std::vector<uint16_t> queries_;
  DeviceBuffer device_lengths_;
  DeviceBuffer device_queries_;
  DeviceBuffer tables_;
  DeviceBuffer output_;
  DeviceBuffer scores_;
  DeviceBuffer tiles_;  // or tokens
  DeviceBuffer row_tokens_;
  DeviceBuffer chosen_;
  DeviceBuffer chosen_counts_;
  DeviceBuffer units_;
  DeviceBuffer split_parts_;
  DeviceBuffer done_;
  SelectLaunch selection_;
  TokenSelectLaunch token_selection_;
  DeviceDecode decode_;
  std::unique_ptr<RotatingLaunches> selections_;
  std::vector<BenchParts> parts_;
};

}  // namespace

std::unique_ptr<Workload> MakeCudaAttentionWorkload(const BenchCase& x,
                                                    const CudaBenchMachine& machine) {
  return std::make_unique<CudaAttentionWorkload>(x, machine);
}

}  // namespace kinetics::kernels
