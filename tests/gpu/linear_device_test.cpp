// Linear layers by cuBLASLt, against double precision on the same stored values.
#include "kernels/cuda/device/linear.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "kernels/bench/arena.h"
#include "kernels/cuda/device/graph.h"
#include "tests/gpu/device_fixture.h"
#include "tests/test.h"

namespace kinetics {
namespace {

using kernels::CublasLt;
using kernels::DataType;
using kernels::DeviceBuffer;
using kernels::LinearPlan;
using test::FromDevice;

/// Nothing where the library is missing, and says so.
std::optional<CublasLt> FindCublasLt() {
  try {
    return CublasLt();
  } catch (const kernels::CudaError& e) {
    WARN("skipped: " << e.what());
    return std::nullopt;
  }
}

struct ProductShape {
  size_t m;
  size_t n;
  size_t k;
};

std::vector<float> UniformValues(size_t count, uint64_t seed) {
  kernels::Noise noise(seed);
  std::vector<float> values(count);
  std::generate(values.begin(), values.end(), [&] { return noise.Uniform(); });
  return values;
}

void CheckDeviceLinear(const CublasLt& library, DataType type, const ProductShape& shape) {
  std::vector<float> x = UniformValues(shape.m * shape.k, 71);
  std::vector<float> w = UniformValues(shape.n * shape.k, 72);
  const DeviceBuffer device_x = test::OnDevice(test::RoundedBits(x, type));
  const DeviceBuffer device_w = test::OnDevice(test::RoundedBits(w, type));
  const DeviceBuffer y = test::PoisonedBytes(shape.m * shape.n * sizeof(uint16_t));
  const LinearPlan plan(library, type, static_cast<int64_t>(shape.m), static_cast<int64_t>(shape.n),
                        static_cast<int64_t>(shape.k));
  plan.Run(device_x.Data(), device_w.Data(), y.Data(), nullptr);
  const std::vector<float> found =
      test::AsFloats(FromDevice<uint16_t>(y.Data(), shape.m * shape.n), type);
  // The output is rounded to 11 or 8 bits, and so may parts of the sum be before they are added up.
  const double tolerance = type == DataType::kF16 ? 1e-3 : 8e-3;
  double most = 0;
  for (size_t row = 0; row < shape.m; ++row) {
    for (size_t column = 0; column < shape.n; ++column) {
      double sum = 0;
      double squares = 0;
      for (size_t i = 0; i < shape.k; ++i) {
        const double term = double{x[row * shape.k + i]} * double{w[column * shape.k + i]};
        sum += term;
        squares += term * term;
      }
      const double error =
          std::abs(found[row * shape.n + column] - sum) / (std::abs(sum) + std::sqrt(squares));
      most = error <= most ? most : std::isnan(error) ? 1e300 : error;
    }
  }
  INFO("m " << shape.m << ", n " << shape.n << ", k " << shape.k << ", f16 "
            << (type == DataType::kF16));
  CHECK(most < tolerance);
  CHECK(plan.Flops() == 2.0 * static_cast<double>(shape.m * shape.n * shape.k));
}

TEST_CASE("a device multiplies matrices of every shape a decoder has") {
  const std::optional<CublasLt> library = FindCublasLt();
  if (!library) {
    return;
  }
  CHECK_FALSE(library->Version().empty());
  for (const DataType type : {DataType::kF16, DataType::kBf16}) {
    for (const ProductShape& shape :
         {ProductShape{1, 8, 8}, ProductShape{1, 64, 128}, ProductShape{1, 1024, 3072},
          ProductShape{7, 72, 136}, ProductShape{16, 256, 1024}, ProductShape{64, 512, 512},
          ProductShape{200, 136, 264}}) {
      CheckDeviceLinear(*library, type, shape);
    }
  }
}

TEST_CASE("a graph of matrix products gives what a product does") {
  const std::optional<CublasLt> library = FindCublasLt();
  if (!library) {
    return;
  }
  std::vector<float> x = UniformValues(size_t{16} * 256, 73);
  std::vector<float> w = UniformValues(size_t{512} * 256, 74);
  const DeviceBuffer device_x = test::OnDevice(test::RoundedBits(x, DataType::kBf16));
  const DeviceBuffer device_w = test::OnDevice(test::RoundedBits(w, DataType::kBf16));
  const DeviceBuffer y = test::PoisonedBytes(size_t{16} * 512 * 2);
  const LinearPlan plan(*library, DataType::kBf16, 16, 512, 256);
  plan.Run(device_x.Data(), device_w.Data(), y.Data(), nullptr);
  const auto expected = FromDevice<uint16_t>(y.Data(), size_t{16} * 512);
  test::Poison(y);
  test::AwaitDevice();
  const kernels::Stream stream = kernels::MakeStream();
  const kernels::Graph graph = kernels::Capture(
      stream.get(), [&] { plan.Run(device_x.Data(), device_w.Data(), y.Data(), stream.get()); });
  kernels::CheckCuda(cudaGraphLaunch(graph.get(), stream.get()), "launch a graph");
  CHECK((FromDevice<uint16_t>(y.Data(), size_t{16} * 512) == expected));
}

}  // namespace
}  // namespace kinetics
