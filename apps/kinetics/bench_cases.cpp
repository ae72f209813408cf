#include "apps/kinetics/bench_cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "kinetics/core/error.h"

namespace kinetics::app {
namespace {

/// What sizes are where they are not given.
constexpr OperationShape kDefaults = {.batch = 1,
                                      .hidden = 4096,
                                      .inner = 12288,
                                      .query_heads = 32,
                                      .kv_heads = 8,
                                      .head_dim = 128,
                                      .context = 8192,
                                      .tokens = 2048,
                                      .block_tokens = 16,
                                      .top_blocks = 64,
                                      .top_tokens = 1024,
                                      .window_tokens = 4096,
                                      .rows = 64,
                                      .blocks = 2048,
                                      .top = 64,
                                      .m = 16,
                                      .n = 4096,
                                      .k = 4096,
                                      .bytes = int64_t{256} << 20,
                                      .flops = 4'000'000'000};

kernels::BenchOp KernelOp(Operation operation) {
  using kernels::BenchOp;
  switch (operation) {
    case Operation::kDecodeAttention:
      return BenchOp::kDecode;
    case Operation::kBlockTopkAttention:
      return BenchOp::kBlockTopk;
    case Operation::kTopkAttention:
      return BenchOp::kTokenTopk;
    case Operation::kSlidingAttention:
      return BenchOp::kSliding;
    case Operation::kPrefillAttention:
      return BenchOp::kPrefill;
    case Operation::kSelect:
      return BenchOp::kSelect;
    case Operation::kGemm:
    case Operation::kGemv:
      return BenchOp::kLinear;
    case Operation::kDecoderLayer:
      return BenchOp::kDecoderLayer;
    case Operation::kReadBandwidth:
      return BenchOp::kRead;
    case Operation::kCopyBandwidth:
      return BenchOp::kCopy;
    case Operation::kTriadBandwidth:
      return BenchOp::kTriad;
    case Operation::kPeakFlops:
      return BenchOp::kFlops;
    case Operation::kAllReduce:
      break;
  }
  throw Error(fmt::format("{}: there is no kernel of it", Name(operation)));
}

kernels::DataType KernelType(const BenchmarkCase& x) {
  switch (x.dtype.value_or(Dtype::kFp32)) {
    case Dtype::kFp32:
      return kernels::DataType::kF32;
    case Dtype::kFp16:
      return kernels::DataType::kF16;
    case Dtype::kBf16:
      return kernels::DataType::kBf16;
    default:
      throw Error(fmt::format("{}: there are kernels for fp32, fp16 and bf16", Describe(x)));
  }
}

void RefuseSize(Operation operation, std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  throw UsageError(fmt::format("--op {} has no --{}", Name(operation), key));
}

}  // namespace

int64_t DefaultSize(const ShapeField& field) { return kDefaults.*field.member; }

BenchmarkCase SingleCase(const BenchArgs& args) {
  BenchmarkCase x = {.operation = *args.op};
  std::map<std::string, std::optional<int64_t>> left = args.sizes;
  for (const ShapeField& field : ShapeFields(x.operation)) {
    const std::string key(field.key);
    const auto given = left.find(key);
    if (given != left.end() && given->second) {
      x.shape.*field.member = *given->second;
    } else if (!field.optional) {
      x.shape.*field.member = DefaultSize(field);
    }
    left.erase(key);
  }
  // A layer has both sizes of chosen blocks, or neither.
  if (x.operation == Operation::kDecoderLayer && x.shape.block_tokens + x.shape.top_blocks > 0) {
    for (int64_t OperationShape::*size :
         {&OperationShape::block_tokens, &OperationShape::top_blocks}) {
      x.shape.*size = x.shape.*size > 0 ? x.shape.*size : kDefaults.*size;
    }
  }
  for (const auto& [key, value] : left) {
    if (value) {
      RefuseSize(x.operation, key);
    }
  }
  const std::string_view dtype_key = DtypeKey(x.operation);
  if (args.kv_dtype && dtype_key != "kv_dtype") {
    RefuseSize(x.operation, "kv_dtype");
  }
  if (args.dtype && dtype_key != "dtype") {
    RefuseSize(x.operation, "dtype");
  }
  if (!dtype_key.empty()) {
    const bool is_peak = x.operation == Operation::kPeakFlops;
    const auto& given = args.kv_dtype ? args.kv_dtype : args.dtype;
    x.dtype = given.value_or(is_peak ? Dtype::kFp32 : Dtype::kFp16);
  }
  return x;
}

std::string Describe(const BenchmarkCase& x) {
  std::string text(Name(x.operation));
  text += x.dtype ? fmt::format(" {}", Name(*x.dtype)) : "";
  for (const ShapeField& field : ShapeFields(x.operation)) {
    if (const int64_t size = x.shape.*field.member; size > 0) {
      text += fmt::format(", {} {}", field.key, size);
    }
  }
  return text;
}

kernels::BenchCase KernelCase(const BenchmarkCase& x, int64_t page_tokens,
                              kernels::DataType io_type) {
  const OperationShape& shape = x.shape;
  const auto at_least_one = [](int64_t size) { return std::max<int64_t>(1, size); };
  return {.op = KernelOp(x.operation),
          .type = KernelType(x),
          .io_type = io_type,
          .batch = at_least_one(shape.batch),
          .hidden = shape.hidden,
          .inner = shape.inner,
          .query_heads = at_least_one(shape.query_heads),
          .kv_heads = at_least_one(shape.kv_heads),
          .head_dim = at_least_one(shape.head_dim),
          .context = std::max(shape.context, shape.tokens),
          .page_tokens = page_tokens,
          .block_tokens = at_least_one(shape.block_tokens),
          .top = std::max({shape.top_blocks, shape.top_tokens, shape.top}),
          .window = shape.window_tokens,
          .rows = shape.rows,
          .blocks = shape.blocks,
          .m = at_least_one(shape.m),
          .n = shape.n,
          .k = shape.k,
          .bytes = shape.bytes,
          .flops = shape.flops};
}

Measurement MeasurementOf(const BenchmarkCase& x, const kernels::BenchRow& row) {
  Measurement measured = {.operation = x.operation,
                          .dtype = x.dtype,
                          .shape = x.shape,
                          .seconds = row.seconds.median,
                          .p10 = row.seconds.p10,
                          .p90 = row.seconds.p90,
                          .samples = row.seconds.samples,
                          .has_converged = row.seconds.converged};
  if (x.operation == Operation::kPeakFlops) {
    measured.shape.flops = std::llround(row.work.flops);
  } else {
    measured.is_cold = row.is_cold;
  }
  if (IsRoofline(x.operation) && x.shape.bytes > 0) {
    measured.shape.bytes = std::llround(row.work.bytes);
  }
  if (row.parts && x.operation == Operation::kBlockTopkAttention) {
    // One launch on a device scores and selects: its time is that of selection.
    measured.score_seconds = row.parts->score > 0 ? std::optional(row.parts->score) : std::nullopt;
    measured.select_seconds = row.parts->select;
    measured.attend_seconds = row.parts->attend;
  }
  return measured;
}

}  // namespace kinetics::app
