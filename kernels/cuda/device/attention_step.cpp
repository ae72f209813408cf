#include "kernels/cuda/device/attention_step.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "kernels/bench/check.h"
#include "kernels/bench/workload.h"
#include "kernels/cuda/attend.h"
#include "kernels/reference.h"

namespace kinetics::kernels {
namespace {

size_t PageBytes(const BenchCase& x) {
  return static_cast<size_t>(x.page_tokens * x.kv_heads * x.head_dim) * SizeOf(x.type);
}

}  // namespace

AttentionStep::AttentionStep(const BenchCase& x, std::span<const char> memory, const void* queries,
                             int64_t query_stride)
    : case_(x),
      queries_(queries),
      query_stride_(query_stride > 0 ? query_stride : x.query_heads * x.head_dim),
      sets_(memory, PageBytes(x), x.batch, BlocksOf(x.context, x.page_tokens), ReadPages(x)),
      lengths_(ToDevice(std::vector<int64_t>(static_cast<size_t>(x.batch), x.context))),
      tables_(ToDevice(sets_.Tables())),
      output_(static_cast<size_t>(x.batch * x.query_heads * x.head_dim) * SizeOf(x.type)) {
  if (IsTokens() && query_stride > 0) {
    throw std::invalid_argument("tokens are chosen by queries without gaps");
  }
  if (IsBlocks()) {
    PrepareBlocks();
  } else if (IsTokens()) {
    PrepareTokens();
  }
  PrepareDecode();
}

void AttentionStep::Choose(int64_t set, const void* pooled, cudaStream_t stream) const {
  if (IsBlocks()) {
    SelectLaunch selection = selection_;
    selection.page_table = PageTable(set);
    selection.pooled = pooled;
    LaunchSelect(selection, case_.type, stream);
  } else if (IsTokens()) {
    TokenSelectLaunch selection = token_selection_;
    selection.table.page_table = PageTable(set);
    LaunchTokenSelect(selection, case_.type, stream);
  }
}

void AttentionStep::Attend(int64_t set, cudaStream_t stream) const {
  DeviceDecode decode = decode_;
  decode.table.page_table = PageTable(set);
  LaunchDecode(decode, case_.type, stream);
}

TileTable AttentionStep::Table() const {
  return {.table_stride = sets_.Stride(),
          .kv_heads = static_cast<int32_t>(case_.kv_heads),
          .page_tiles = static_cast<int32_t>(case_.page_tokens / kTileTokens)};
}

void AttentionStep::PrepareTokens() {
  const auto rows = static_cast<size_t>(Rows());
  const int64_t chosen = std::min(case_.top, case_.context);
  scores_ = DeviceBuffer(rows * static_cast<size_t>(case_.context) * sizeof(float));
  tiles_ = DeviceBuffer(rows * static_cast<size_t>(chosen) * sizeof(int32_t));
  chosen_ = DeviceBuffer(rows * static_cast<size_t>(chosen) * sizeof(int32_t));
  row_tokens_ = DeviceBuffer(rows * sizeof(int64_t));
  token_selection_ = {.queries = queries_,
                      .keys = sets_.Keys(),
                      .lengths = lengths_.Data<int64_t>(),
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

void AttentionStep::PrepareBlocks() {
  selection_ = {.queries = queries_,
                .query_stride = query_stride_,
                .lengths = lengths_.Data<int64_t>(),
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

void AttentionStep::PrepareDecode() {
  const int64_t window = case_.op == BenchOp::kSliding ? case_.window : 0;
  decode_ = {.queries = queries_,
             .query_stride = query_stride_,
             .keys = sets_.Keys(),
             .values = sets_.Values(),
             .output = output_.Data(),
             .lengths = lengths_.Data<int64_t>(),
             .table = Table(),
             .window = window,
             .group = Group(),
             .head_dim = static_cast<int>(case_.head_dim),
             .scale = 1 / std::sqrt(static_cast<float>(case_.head_dim))};
  RowTiles tiles = TilesOf(case_.context, window);
  if (IsTokens()) {
    tiles = {.count = static_cast<int32_t>(BlocksOf(token_selection_.tokens_stride, kTileTokens))};
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
  PlanUnits(tiles);
}

void AttentionStep::PlanUnits(const RowTiles& of_row) {
  const std::vector<RowTiles> rows(static_cast<size_t>(Rows()), of_row);
  plan_ = DecodePlan(PlanSplits(rows, ResidentAttendBlocks(case_.type, decode_.head_dim, Group())),
                     Group(), decode_.head_dim);
  plan_.SetIn(decode_);
}

std::vector<uint16_t> AttentionStep::CopyHalf(const char* half, int64_t row) const {
  std::vector<uint16_t> data(static_cast<size_t>(case_.context * case_.head_dim));
  const int64_t request = row / case_.kv_heads;
  const int64_t head = row % case_.kv_heads;
  const int64_t page_elements = case_.page_tokens * case_.head_dim;
  const int64_t begin =
      decode_.window > 0 ? std::max<int64_t>(0, case_.context - decode_.window) : 0;
  for (int64_t page = begin / case_.page_tokens; page * case_.page_tokens < case_.context; ++page) {
    const int64_t at = sets_.Table(0)[request * sets_.Stride() + page];
    const int64_t tokens = std::min(case_.page_tokens, case_.context - page * case_.page_tokens);
    const int64_t from = (at * case_.kv_heads + head) * page_elements * 2;
    CheckCuda(cudaMemcpy(data.data() + page * page_elements, half + from,
                         static_cast<size_t>(tokens * case_.head_dim) * 2, cudaMemcpyDeviceToHost),
              "copy keys and values from the device");
  }
  return data;
}

StepRow AttentionStep::RowOf(int64_t row) const {
  StepRow on_host = {.keys = CopyHalf(sets_.Keys(), row),
                     .values = CopyHalf(sets_.Values(), row),
                     .length = case_.context};
  const int64_t size = int64_t{Group()} * case_.head_dim;
  const int64_t first = row / case_.kv_heads * query_stride_ + row % case_.kv_heads * size;
  on_host.queries =
      FloatsFromDevice(static_cast<const uint16_t*>(queries_) + first, size, case_.type);
  return on_host;
}

DecodeProblem AttentionStep::ProblemOf(const StepRow& row) const {
  return {.cache = {.type = case_.type,
                    .head_dim = decode_.head_dim,
                    .page_tokens = case_.context,
                    .keys = row.keys.data(),
                    .values = row.values.data()},
          .requests = 1,
          .group = Group(),
          .queries = row.queries.data(),
          .lengths = &row.length,
          .window = decode_.window,
          .scale = decode_.scale};
}

std::optional<TokenLists> AttentionStep::Attended(int64_t row, const DecodeProblem& problem,
                                                  const void* pooled) const {
  const auto at = static_cast<size_t>(row);
  if (IsBlocks()) {
    const int64_t count = FromDevice<int32_t>(chosen_counts_.Data<int32_t>() + at, 1).front();
    const BlockLists blocks = {
        .block_tokens = case_.block_tokens,
        .offsets = {0, count},
        .blocks = FromDevice<int32_t>(chosen_.Data<int32_t>() + row * selection_.chosen_stride,
                                      static_cast<size_t>(count))};
    return AreBestBlocks(problem, blocks, row, pooled) ? std::optional(TokensOf(blocks, problem))
                                                       : std::nullopt;
  }
  if (IsTokens()) {
    const int64_t count = FromDevice<int64_t>(row_tokens_.Data<int64_t>() + at, 1).front();
    TokenLists tokens = {.offsets = {0, count},
                         .tokens = FromDevice<int32_t>(
                             chosen_.Data<int32_t>() + row * token_selection_.tokens_stride,
                             static_cast<size_t>(count))};
    return AreLargest(MeanScores(problem, 0), tokens.tokens, case_.top)
               ? std::optional(std::move(tokens))
               : std::nullopt;
  }
  return AttendedTokens(problem, std::vector<int64_t>{0});
}

bool AttentionStep::AreBestBlocks(const DecodeProblem& decode, const BlockLists& blocks,
                                  int64_t row, const void* pooled) const {
  const int64_t size = Blocks() * case_.head_dim;
  const std::vector<uint16_t> keys = FromDevice<uint16_t>(
      static_cast<const uint16_t*>(pooled) + row * size, static_cast<size_t>(size));
  const BlockTopkProblem problem = {.decode = decode,
                                    .block_tokens = case_.block_tokens,
                                    .top = case_.top,
                                    .pooled_type = case_.type,
                                    .pooled = keys.data(),
                                    .pooled_stride = Blocks()};
  return AreLargest(ReferenceBlockScores(problem, 0, 0), blocks.blocks, case_.top);
}

}  // namespace kinetics::kernels
