// How fast the bundled CPU kernels are here, as ratios to what reading the same memory takes in the
// same rounds: kinetics_kernel_speed [THREADS [dense|sparse]]. KINETICS_ISA chooses the instruction
// set.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string_view>

#include "kernels/bench/workload.h"
#include "kernels/cpu/attention.h"
#include "kernels/cpu/select.h"

namespace kinetics::kernels {
namespace {

constexpr int kKvHeads = 8;
constexpr int kHeadDim = 128;
constexpr int64_t kRowBytes = int64_t{2} * kHeadDim;  // f16
constexpr int64_t kPageTokens = 16;

SamplingOptions Options() { return {.least_seconds = 1, .most_seconds = 6, .precision = 0.01}; }

/// Keys and values of many contexts of one length, several times the last cache in all: each call
/// takes the next, so that none is found in a cache.
class ColdContexts {
 public:
  ColdContexts(int64_t context, int64_t page_tokens, Team& team)
      : page_tokens_(page_tokens),
        bytes_(kKvHeads * context * kRowBytes),
        arena_(static_cast<size_t>(2 * bytes_ * Contexts(bytes_)), team),
        sets_(arena_, static_cast<size_t>(kKvHeads * page_tokens * kRowBytes), 1,
              context / page_tokens, context / page_tokens),
        rotation_(sets_.Sets(), static_cast<double>(2 * bytes_), true) {}

  int64_t Bytes() const { return 2 * bytes_; }

  KvCache Next() {
    return {.kv_heads = kKvHeads,
            .head_dim = kHeadDim,
            .page_tokens = page_tokens_,
            .keys = sets_.Keys(),
            .values = sets_.Values(),
            .page_table = sets_.Table(rotation_.Next()),
            .table_stride = sets_.Stride()};
  }

  /// Keys of the next context, which must be one page.
  const char* NextKeys() { return sets_.Keys() + *sets_.Table(rotation_.Next()) * bytes_; }

  /// Reads as much as a context, front to back.
  void Read(Isa isa, Team& team) {
    const int64_t at = rotation_.Next();
    team.Run([&](int thread) {
      const int64_t begin = bytes_ / 4 * thread / team.Size();
      const int64_t end = bytes_ / 4 * (thread + 1) / team.Size();
      float sum = 0;
      for (const char* half : {sets_.Keys(), sets_.Values()}) {
        const auto* data = reinterpret_cast<const float*>(half + at * bytes_);
        sum += KernelsOf(isa).read(data + begin, static_cast<size_t>(end - begin));
      }
      sink_ = sink_ + sum;
    });
  }

 private:
  static int64_t Contexts(int64_t bytes) {
    return std::max<int64_t>(4, 5 * static_cast<int64_t>(LastLevelCacheBytes()) / (2 * bytes));
  }

  int64_t page_tokens_;
  int64_t bytes_;  // of the keys of one context
  Arena arena_;
  PagedSets sets_;
  Rotation rotation_;
  volatile float sink_ = 0;
};

std::vector<float> Queries(int group) {
  std::vector<float> queries(static_cast<size_t>(kKvHeads * group) * kHeadDim);
  Noise noise(2);
  for (float& query : queries) {
    query = noise.Uniform();
  }
  return queries;
}

DecodeProblem Problem(const KvCache& cache, int group, const std::vector<float>& queries,
                      const int64_t& length) {
  return {.cache = cache,
          .requests = 1,
          .group = group,
          .queries = queries.data(),
          .lengths = &length,
          .scale = 1 / std::sqrt(static_cast<float>(kHeadDim))};
}

void PrintDense(Isa isa, Team& team, bool is_paged) {
  constexpr int64_t kContext = 4096;
  ColdContexts contexts(kContext, is_paged ? kPageTokens : kContext, team);
  CpuAttention attention(isa, team);
  Team alone(1);
  CpuAttention attention_alone(isa, alone);
  for (const int group : {1, 2, 4, 8}) {
    const std::vector<float> queries = Queries(group);
    std::vector<float> output(queries.size());
    const auto decode = [&](CpuAttention& by) {
      return Timed(
          [&] { by.Decode(Problem(contexts.Next(), group, queries, kContext), output.data()); });
    };
    std::vector<std::function<double()>> calls = {
        [&] { return decode(attention); },
        [&] { return Timed([&] { contexts.Read(isa, team); }); }};
    if (team.Size() > 1) {
      calls.emplace_back([&] { return decode(attention_alone); });
      calls.emplace_back([&] { return Timed([&] { contexts.Read(isa, alone); }); });
    }
    const PairedSpread spread = SamplePaired(calls, Options());
    const auto bytes = static_cast<double>(contexts.Bytes());
    fmt::print("  {:<10} {:>5}  {:>6.1f}  {:>6.1f}  {:>6.1f}  {:>5.1f} - {:<5.1f} {:>6}",
               is_paged ? "paged" : "contiguous", group, bytes / spread.values[0].median / 1e9,
               bytes / spread.values[1].median / 1e9, 100 * spread.ratio[1].median,
               100 * spread.ratio[1].p10, 100 * spread.ratio[1].p90, spread.ratio[1].samples);
    if (team.Size() > 1) {
      fmt::print("  {:>6.2f}  {:>6.2f}", spread.ratio[2].median,
                 spread.values[3].median / spread.values[1].median);
    }
    fmt::print("\n");
  }
}

void PrintSparse(Isa isa, Team& team, int group) {
  constexpr int64_t kContext = 32768;
  constexpr int64_t kTop = 64;
  constexpr int64_t kBlocks = kContext / kPageTokens;
  ColdContexts contexts(kContext, kContext, team);
  ColdContexts pooled(kBlocks, kBlocks, team);
  CpuAttention attention(isa, team);
  const std::vector<float> queries = Queries(group);
  std::vector<float> output(queries.size());
  std::vector<double> score;
  std::vector<double> select;
  std::vector<double> attend;
  const PairedSpread spread = SamplePaired(
      {[&] {
         const BlockTopkProblem problem = {
             .decode = Problem(contexts.Next(), group, queries, kContext),
             .block_tokens = kPageTokens,
             .top = kTop,
             .pooled = pooled.NextKeys(),
             .pooled_stride = kBlocks};
         SparseTimes times;
         const double seconds = Timed([&] { times = attention.BlockTopk(problem, output.data()); });
         score.push_back(times.score);
         select.push_back(times.select);
         attend.push_back(times.attend);
         return seconds;
       },
       [&] {
         return Timed([&] {
           attention.Decode(Problem(contexts.Next(), group, queries, kContext), output.data());
         });
       }},
      Options());
  const double dense_rows = 2.0 * kContext;
  const double bound = dense_rows / (kBlocks + 2.0 * kTop * kPageTokens);
  const double gain = spread.ratio[1].median;
  fmt::print("  {:>5}  {:>6.2f}  {:>6.2f}  {:>5.1f}  {:>8.1f}  {:>8.1f}  {:>8.1f}\n", group, gain,
             bound, 100 * gain / bound, 1e6 * SpreadOf(score).median, 1e6 * SpreadOf(select).median,
             1e6 * SpreadOf(attend).median);
  const double step = spread.values[0].median;
  fmt::print(
      "         of the step: score {:.0f} %, select {:.0f} %, attend {:.0f} %; dense {:.1f} GB/s\n",
      100 * SpreadOf(score).median / step, 100 * SpreadOf(select).median / step,
      100 * SpreadOf(attend).median / step,
      static_cast<double>(contexts.Bytes()) / spread.values[1].median / 1e9);
}

void PrintSelection(Isa isa) {
  constexpr size_t kBlocks = 2048;
  Noise noise(3);
  std::vector<float> scores(kBlocks);
  for (float& score : scores) {
    score = noise.Uniform();
  }
  Selector selector(KernelsOf(isa));
  std::vector<int32_t> chosen;
  const Spread spread = Sample(
      [&] {
        return Timed([&] {
          for (int i = 0; i < 100; ++i) {
            chosen.clear();
            selector.Select(scores, {.top = 64}, chosen);
          }
        });
      },
      Options());
  fmt::print("\nselect 64 of {} blocks: {:.2f} us, {:.2f} - {:.2f}\n", kBlocks, 1e4 * spread.median,
             1e4 * spread.p10, 1e4 * spread.p90);
}

void PrintFlops(Isa isa) {
  float sink = 0;
  double flops = 0;
  const Spread spread = Sample(
      [&] { return Timed([&] { flops = KernelsOf(isa).flops(1'000'000, &sink); }); }, Options());
  fmt::print("multiply-add peak of one thread: {:.1f} GFLOP/s\n", flops / spread.median / 1e9);
}

int Run(int threads, std::string_view part) {
  const Isa isa = ChosenIsa();
  Team team(threads);
  fmt::print("{}, {} thread{}, f16, head size {}, {} KV heads\n", NameOf(isa), threads,
             threads == 1 ? "" : "s", kHeadDim, kKvHeads);
  PrintFlops(isa);
  if (part != "sparse") {
    fmt::print("\ndecode attention, one request of 4,096 tokens, cold; GB/s of keys and values\n");
    fmt::print("  layout     group    GB/s    read  % of it   p10 - p90   rounds{}\n",
               threads == 1 ? "" : "  x one, read");
    PrintDense(isa, team, false);
    PrintDense(isa, team, true);
  }
  if (part != "dense") {
    fmt::print("\nblock top-k, 64 blocks of 16 of 32,768 tokens, against dense; contiguous\n");
    fmt::print("  group    gain   bound  % of it  score us  select us  attend us\n");
    PrintSparse(isa, team, 1);
    PrintSparse(isa, team, 4);
    PrintSelection(isa);
  }
  return 0;
}

}  // namespace
}  // namespace kinetics::kernels

int main(int argc, char** argv) {
  try {
    return kinetics::kernels::Run(argc > 1 ? std::max(1, std::atoi(argv[1])) : 1,
                                  argc > 2 ? argv[2] : "");
  } catch (const std::exception& error) {
    fmt::print(stderr, "kinetics_kernel_speed: {}\n", error.what());
    return 1;
  }
}
