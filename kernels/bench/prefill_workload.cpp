#include <algorithm>
#include <cmath>

#include "kernels/bench/check.h"
#include "kernels/bench/workload.h"
#include "kernels/cpu/prefill.h"

namespace kinetics::kernels {
namespace {

/// Attention of whole prompts, equally long.
class PrefillWorkload : public Workload {
 public:
  PrefillWorkload(const BenchCase& x, const BenchMachine& machine)
      : case_(x),
        isa_(machine.isa),
        team_(*machine.team),
        sets_(SetsOf(*machine.numbers, x)),
        rotation_(sets_.Sets(), WorkOf(x).bytes, machine.cold),
        lengths_(static_cast<size_t>(x.batch), x.context),
        queries_(static_cast<size_t>(x.batch * x.context * x.query_heads * x.head_dim)),
        output_(queries_.size()) {
    Noise noise(2);
    for (float& query : queries_) {
      query = noise.Uniform();
    }
  }

  double Once() override {
    const PrefillProblem problem = Next();
    return Timed([&] { PrefillAttention(isa_, team_, problem, output_.data()); });
  }

  /// A token of a prompt is a decode step at the tokens up to it: the first, the middle and the
  /// last token of some heads are compared with that of the reference.
  double Check() override {
    const PrefillProblem problem = Next();
    PrefillAttention(isa_, team_, problem, output_.data());
    double worst = 0;
    for (const int64_t token : SpreadOut(case_.context, 3)) {
      worst = std::max(worst, ErrorAt(problem, token));
    }
    return worst;
  }

  BenchWork Work() const override { return WorkOf(case_); }
  double BytesBetween() const override { return rotation_.BytesBetween(); }

 private:
  PrefillProblem Next() {
    return {.cache = CacheOf(sets_, case_, rotation_.Next()),
            .requests = case_.batch,
            .group = static_cast<int>(case_.query_heads / case_.kv_heads),
            .queries = queries_.data(),
            .lengths = lengths_.data(),
            .scale = 1 / std::sqrt(static_cast<float>(case_.head_dim))};
  }

  /// Queries or outputs of one token of every request, as a decode step has them.
  std::vector<float> OfToken(const std::vector<float>& all, int64_t token) const {
    const int64_t size = case_.query_heads * case_.head_dim;
    std::vector<float> step;
    for (int64_t r = 0; r < case_.batch; ++r) {
      const auto first = all.begin() + (r * case_.context + token) * size;
      step.insert(step.end(), first, first + size);
    }
    return step;
  }

  double ErrorAt(const PrefillProblem& problem, int64_t token) const {
    constexpr int64_t kRows = 4;  // KV heads of requests
    const std::vector<float> queries = OfToken(queries_, token);
    const std::vector<int64_t> lengths(lengths_.size(), token + 1);
    const DecodeProblem step = {.cache = problem.cache,
                                .requests = problem.requests,
                                .group = problem.group,
                                .queries = queries.data(),
                                .lengths = lengths.data(),
                                .scale = problem.scale};
    const std::vector<int64_t> rows = SpreadOut(case_.batch * case_.kv_heads, kRows);
    return DecodeError(step, AttendedTokens(step, rows), rows, OfToken(output_, token));
  }

  BenchCase case_;
  Isa isa_;
  Team& team_;
  PagedSets sets_;
  Rotation rotation_;
  std::vector<int64_t> lengths_;
  std::vector<float> queries_;
  std::vector<float> output_;
};

}  // namespace

std::unique_ptr<Workload> MakePrefillWorkload(const BenchCase& x, const BenchMachine& machine) {
  return std::make_unique<PrefillWorkload>(x, machine);
}

}  // namespace kinetics::kernels
