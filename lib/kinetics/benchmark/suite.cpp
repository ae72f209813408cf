#include "kinetics/benchmark/suite.h"

#include <algorithm>
#include <utility>

namespace kinetics {
namespace {

using Cases = std::vector<BenchmarkCase>;

constexpr int64_t kKib = 1024;
constexpr int64_t kMib = 1024 * kKib;

struct Heads {
  int64_t batch, query_heads, kv_heads, context;
};

// Batch, query heads, KV heads, context: groups of 1 to 16, at most 64 MiB of keys and values.
constexpr Heads kDecode[] = {
    {1, 8, 8, 128},    {8, 32, 8, 128},   {64, 8, 8, 128},   {128, 16, 4, 128}, {1, 32, 8, 256},
    {4, 8, 8, 256},    {16, 16, 2, 256},  {64, 32, 4, 256},  {32, 8, 1, 256},   {16, 64, 8, 256},
    {3, 40, 8, 700},   {128, 2, 1, 512},  {1, 8, 8, 1024},   {2, 32, 8, 1024},  {8, 16, 4, 1024},
    {16, 8, 1, 1024},  {64, 2, 1, 1024},  {16, 64, 8, 1024}, {6, 24, 8, 2000},  {1, 64, 4, 2048},
    {1, 32, 8, 4096},  {4, 8, 8, 4096},   {1, 8, 1, 4096},   {8, 4, 2, 4096},   {2, 64, 8, 4096},
    {16, 8, 2, 4096},  {1, 8, 8, 16384},  {1, 32, 4, 16384}, {4, 2, 1, 16384},  {2, 16, 4, 16384},
    {1, 16, 1, 16384}, {1, 64, 8, 16384}, {1, 1, 1, 32768},  {2, 8, 1, 32768},  {1, 8, 2, 32768},
    {1, 16, 4, 32768}, {1, 4, 1, 131072}, {5, 20, 4, 5000},
};

struct Blocks {
  Heads heads;
  int64_t block_tokens, top_blocks;
};

constexpr Blocks kBlockTopk[] = {
    {{1, 8, 8, 2048}, 16, 16},    {{8, 16, 8, 2048}, 16, 64},   {{16, 32, 8, 2048}, 16, 32},
    {{32, 8, 1, 2048}, 16, 64},   {{64, 16, 2, 1024}, 16, 16},  {{1, 32, 8, 4096}, 16, 64},
    {{4, 8, 8, 4096}, 32, 32},    {{16, 16, 4, 4096}, 16, 128}, {{32, 4, 2, 4096}, 16, 64},
    {{1, 8, 8, 8192}, 16, 64},    {{4, 32, 8, 8192}, 16, 64},   {{8, 64, 8, 8192}, 32, 64},
    {{16, 2, 1, 8192}, 16, 256},  {{2, 40, 8, 8192}, 16, 128},  {{1, 8, 8, 16384}, 16, 64},
    {{2, 32, 8, 16384}, 16, 64},  {{4, 16, 4, 16384}, 32, 32},  {{8, 8, 1, 16384}, 16, 64},
    {{1, 64, 8, 16384}, 16, 256}, {{8, 8, 4, 16384}, 32, 128},  {{1, 8, 8, 32768}, 16, 64},
    {{1, 32, 8, 32768}, 16, 64},  {{2, 16, 2, 32768}, 16, 128}, {{4, 8, 1, 32768}, 16, 32},
    {{1, 2, 1, 32768}, 16, 64},   {{1, 16, 4, 65536}, 16, 64},  {{1, 8, 2, 65536}, 32, 256},
    {{1, 4, 1, 131072}, 16, 64},  {{4, 32, 4, 8192}, 32, 16},   {{2, 8, 8, 16384}, 32, 64},
    {{8, 16, 2, 16384}, 16, 64},  {{1, 40, 8, 8192}, 16, 64},   {{16, 8, 8, 4096}, 16, 64},
    {{2, 4, 1, 65536}, 16, 128},  {{1, 8, 2, 4096}, 16, 32},    {{1, 16, 4, 4096}, 16, 16},
    {{2, 8, 8, 2048}, 16, 16},    {{1, 32, 8, 2048}, 16, 32},
};

struct Chosen {
  Heads heads;
  int64_t tokens;  // attended to
};

constexpr Chosen kTopk[] = {
    {{1, 8, 8, 512}, 64},     {{8, 32, 8, 512}, 128},    {{32, 8, 2, 512}, 256},
    {{1, 32, 8, 1024}, 256},  {{4, 8, 8, 1024}, 128},    {{16, 16, 4, 1024}, 64},
    {{32, 4, 1, 1024}, 512},  {{2, 64, 8, 2048}, 512},   {{8, 8, 4, 2048}, 256},
    {{1, 8, 8, 4096}, 1024},  {{2, 32, 8, 4096}, 512},   {{4, 16, 2, 4096}, 256},
    {{16, 8, 1, 4096}, 1024}, {{1, 32, 4, 8192}, 1024},  {{2, 8, 8, 8192}, 256},
    {{4, 4, 1, 8192}, 2048},  {{1, 8, 8, 16384}, 1024},  {{1, 64, 8, 16384}, 2048},
    {{4, 2, 1, 16384}, 512},  {{1, 16, 4, 32768}, 1024}, {{1, 8, 2, 32768}, 4096},
    {{2, 8, 1, 32768}, 512},  {{4, 32, 8, 2048}, 256},   {{8, 4, 1, 8192}, 512},
    {{2, 16, 4, 8192}, 1024}, {{4, 40, 8, 1024}, 128},   {{1, 4, 2, 16384}, 512},
    {{16, 8, 2, 2048}, 512},  {{1, 8, 4, 512}, 64},      {{2, 8, 8, 512}, 64},
    {{1, 16, 8, 768}, 128},   {{1, 4, 2, 1024}, 128},    {{2, 4, 1, 2048}, 128},
};

constexpr Chosen kSliding[] = {
    {{1, 8, 8, 1024}, 128},    {{8, 32, 8, 1024}, 256},   {{64, 8, 2, 1024}, 512},
    {{32, 16, 4, 2048}, 128},  {{2, 32, 8, 2048}, 1024},  {{16, 8, 1, 2048}, 1024},
    {{1, 64, 8, 4096}, 1024},  {{4, 8, 8, 4096}, 512},    {{16, 16, 4, 4096}, 2048},
    {{64, 2, 1, 4096}, 1024},  {{1, 8, 8, 8192}, 4096},   {{2, 32, 8, 8192}, 4096},
    {{8, 8, 2, 8192}, 4096},   {{4, 64, 8, 8192}, 512},   {{1, 16, 4, 16384}, 4096},
    {{2, 8, 8, 16384}, 8192},  {{4, 4, 1, 16384}, 8192},  {{1, 32, 4, 32768}, 16384},
    {{1, 2, 1, 32768}, 4096},  {{2, 8, 2, 32768}, 16384}, {{1, 16, 1, 32768}, 8192},
    {{16, 40, 8, 1024}, 1000}, {{1, 16, 4, 1024}, 256},   {{2, 8, 2, 2048}, 256},
    {{1, 32, 8, 2048}, 256},   {{1, 8, 8, 2048}, 512},    {{4, 8, 8, 1024}, 128},
    {{1, 8, 1, 4096}, 1024},
};

// Here `context` is the length of a prompt.
constexpr Heads kPrefill[] = {
    {1, 8, 8, 1},    {16, 32, 8, 1},  {4, 16, 2, 1},   {64, 8, 1, 1},    {1, 32, 8, 16},
    {8, 8, 2, 16},   {2, 16, 4, 32},  {8, 32, 8, 32},  {16, 4, 1, 32},   {1, 64, 8, 64},
    {4, 8, 1, 64},   {16, 16, 8, 64}, {2, 8, 8, 64},   {1, 8, 8, 128},   {2, 32, 8, 128},
    {8, 16, 2, 128}, {4, 4, 2, 128},  {1, 32, 4, 200}, {4, 8, 8, 200},   {4, 8, 8, 256},
    {1, 32, 8, 256}, {2, 16, 1, 256}, {8, 4, 1, 256},  {1, 40, 8, 384},  {2, 8, 4, 384},
    {1, 8, 2, 512},  {2, 16, 8, 512}, {1, 32, 8, 512}, {4, 4, 4, 512},   {1, 16, 4, 700},
    {2, 4, 1, 700},  {1, 4, 1, 1024}, {2, 8, 4, 1024}, {1, 16, 8, 1024}, {1, 8, 8, 1024}};

struct Product {
  int64_t m, n, k;
};

constexpr Product kGemm[] = {
    {2, 512, 512},    {2, 4096, 1024},   {2, 1024, 4096},   {2, 8192, 4096},  {4, 1024, 1024},
    {4, 4096, 4096},  {4, 2048, 8192},   {4, 512, 4096},    {8, 512, 2048},   {8, 2048, 2048},
    {8, 4096, 1024},  {8, 8192, 4096},   {16, 1024, 1024},  {16, 4096, 4096}, {16, 2048, 8192},
    {16, 8192, 1024}, {32, 512, 512},    {32, 2048, 2048},  {32, 4096, 1024}, {32, 4096, 4096},
    {32, 1024, 8192}, {64, 1024, 1024},  {64, 4096, 2048},  {64, 512, 4096},  {64, 6144, 4096},
    {128, 512, 1024}, {128, 2048, 2048}, {128, 4096, 1024}, {256, 1024, 512}, {256, 2048, 2048},
    {256, 512, 4096}, {512, 1024, 1024}, {2, 512, 1024},    {4, 512, 512},    {2, 1024, 512},
    {16, 512, 512},   {8, 512, 512},     {2, 2048, 2048},
};

// Linear layers of the Qwen3 models, whole and split over up to eight devices.
constexpr Product kGemv[] = {
    {0, 256, 1024},   {0, 512, 1024},   {0, 1024, 1024},  {0, 1024, 2048}, {0, 2048, 1024},
    {0, 4096, 1024},  {0, 1024, 3072},  {0, 6144, 1024},  {0, 2048, 2048}, {0, 768, 2560},
    {0, 2560, 1216},  {0, 2048, 6144},  {0, 12288, 2048}, {0, 768, 4096},  {0, 4096, 1536},
    {0, 2560, 4096},  {0, 6144, 2560},  {0, 2560, 9728},  {0, 4096, 4096}, {0, 6144, 4096},
    {0, 4096, 12288}, {0, 24576, 4096}, {0, 5120, 8192},  {0, 512, 2048},
};

// Rows, blocks, top.
constexpr Product kSelect[] = {{8, 512, 64},    {8, 1024, 64},   {8, 2048, 64},   {8, 4096, 64},
                               {8, 8192, 128},  {16, 1024, 32},  {16, 2048, 64},  {16, 4096, 64},
                               {32, 512, 32},   {32, 2048, 128}, {32, 16384, 64}, {64, 512, 16},
                               {64, 1024, 64},  {64, 2048, 64},  {64, 4096, 256}, {128, 1024, 32},
                               {128, 4096, 64}, {256, 1024, 64}, {256, 2048, 64}, {512, 2048, 64}};

constexpr int64_t kTraffic[] = {64 * kKib, 128 * kKib, 256 * kKib, 512 * kKib, kMib,
                                2 * kMib,  4 * kMib,   16 * kMib,  64 * kMib,  128 * kMib};
constexpr int64_t kCeiling = 256 * kMib;
constexpr int64_t kFlops[] = {10'000'000, 50'000'000, 200'000'000, 500'000'000, 2'000'000'000};
constexpr int64_t kCeilingFlops = 4'000'000'000;

constexpr Heads kLongDecode[] = {{8, 32, 8, 32768}, {2, 32, 8, 65536},  {1, 16, 8, 131072},
                                 {64, 8, 8, 4096},  {256, 16, 2, 2048}, {32, 32, 8, 8192}};
constexpr Product kLargeGemm[] = {
    {1024, 2048, 2048}, {128, 8192, 8192}, {512, 4096, 4096}, {16, 14336, 4096}};

OperationShape ShapeOf(const Heads& heads, int64_t head_dim) {
  return {.batch = heads.batch,
          .query_heads = heads.query_heads,
          .kv_heads = heads.kv_heads,
          .head_dim = head_dim,
          .context = heads.context};
}

void AddDecode(Cases& cases, std::span<const Heads> rows, Dtype dtype, int64_t head_dim) {
  for (const Heads& heads : rows) {
    cases.push_back({Operation::kDecodeAttention, dtype, ShapeOf(heads, head_dim)});
  }
}

void AddAttention(Cases& cases, Dtype dtype, int64_t head_dim) {
  AddDecode(cases, kDecode, dtype, head_dim);
  for (const Blocks& row : kBlockTopk) {
    OperationShape shape = ShapeOf(row.heads, head_dim);
    shape.block_tokens = row.block_tokens;
    shape.top_blocks = row.top_blocks;
    cases.push_back({Operation::kBlockTopkAttention, dtype, shape});
  }
  for (const Heads& row : kPrefill) {
    OperationShape shape = ShapeOf(row, head_dim);
    std::swap(shape.tokens, shape.context);
    cases.push_back({Operation::kPrefillAttention, dtype, shape});
  }
  for (const Chosen& row : kTopk) {
    OperationShape shape = ShapeOf(row.heads, head_dim);
    shape.top_tokens = row.tokens;
    cases.push_back({Operation::kTopkAttention, dtype, shape});
  }
  for (const Chosen& row : kSliding) {
    OperationShape shape = ShapeOf(row.heads, head_dim);
    shape.window_tokens = row.tokens;
    cases.push_back({Operation::kSlidingAttention, dtype, shape});
  }
}

void AddProducts(Cases& cases, std::span<const Product> rows, Operation operation, Dtype dtype) {
  for (const Product& row : rows) {
    cases.push_back({operation, dtype, {.m = row.m, .n = row.n, .k = row.k}});
  }
}

void AddTraffic(Cases& cases, int64_t bytes) {
  for (const Operation operation :
       {Operation::kReadBandwidth, Operation::kCopyBandwidth, Operation::kTriadBandwidth}) {
    cases.push_back({operation, std::nullopt, {.bytes = bytes}});
  }
}

}  // namespace

bool IsRoofline(Operation operation) {
  return operation == Operation::kReadBandwidth || operation == Operation::kCopyBandwidth ||
         operation == Operation::kTriadBandwidth || operation == Operation::kPeakFlops;
}

std::vector<BenchmarkCase> CeilingCases() {
  Cases cases;
  AddTraffic(cases, kCeiling);
  cases.push_back({Operation::kPeakFlops, Dtype::kFp32, {.flops = kCeilingFlops}});
  return cases;
}

std::vector<BenchmarkCase> QuickSuite() {
  Cases cases;
  for (const int64_t bytes : kTraffic) {
    AddTraffic(cases, bytes);
  }
  for (const int64_t flops : kFlops) {
    cases.push_back({Operation::kPeakFlops, Dtype::kFp32, {.flops = flops}});
  }
  const Cases ceilings = CeilingCases();
  cases.insert(cases.end(), ceilings.begin(), ceilings.end());
  AddAttention(cases, Dtype::kFp16, 128);
  for (const Product& row : kSelect) {
    cases.push_back(
        {Operation::kSelect, std::nullopt, {.rows = row.m, .blocks = row.n, .top = row.k}});
  }
  AddProducts(cases, kGemm, Operation::kGemm, Dtype::kFp16);
  AddProducts(cases, kGemv, Operation::kGemv, Dtype::kFp16);
  // One kind after the other: what copies are written to is not needed later.
  std::stable_sort(cases.begin(), cases.end(), [](const BenchmarkCase& a, const BenchmarkCase& b) {
    return std::pair(!IsRoofline(a.operation), a.operation) <
           std::pair(!IsRoofline(b.operation), b.operation);
  });
  return cases;
}

std::vector<BenchmarkCase> ForAccelerator(const std::vector<BenchmarkCase>& cases) {
  constexpr int64_t kMoreBytes = 16;
  constexpr int64_t kMoreFlops = 1000;
  constexpr int64_t kMoreRows = 32;
  Cases all;
  for (const BenchmarkCase& x : cases) {
    BenchmarkCase larger = x;
    larger.shape.bytes *= kMoreBytes;
    larger.shape.flops *= kMoreFlops;
    larger.shape.batch *= kMoreRows;
    larger.shape.rows *= kMoreRows;
    larger.shape.m *= kMoreRows;
    if (!IsRoofline(x.operation)) {
      all.push_back(x);
    }
    if (x.operation != Operation::kGemv) {
      all.push_back(larger);
    }
    if (x.operation == Operation::kPeakFlops) {
      for (const Dtype dtype : {Dtype::kFp16, Dtype::kBf16}) {
        larger.dtype = dtype;
        all.push_back(larger);
      }
    }
  }
  return all;
}

std::vector<BenchmarkCase> FullSuite() {
  Cases cases = QuickSuite();
  AddDecode(cases, kLongDecode, Dtype::kFp16, 128);
  AddProducts(cases, kLargeGemm, Operation::kGemm, Dtype::kFp16);
  for (const Dtype dtype : {Dtype::kBf16, Dtype::kFp32}) {
    AddAttention(cases, dtype, 128);
    AddProducts(cases, kGemm, Operation::kGemm, dtype);
    AddProducts(cases, kGemv, Operation::kGemv, dtype);
  }
  AddAttention(cases, Dtype::kFp16, 64);
  AddAttention(cases, Dtype::kFp16, 256);
  return cases;
}

}  // namespace kinetics
