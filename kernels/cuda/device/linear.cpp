#include "kernels/cuda/device/linear.h"

#include <cublasLt.h>
#include <dlfcn.h>

#include <cassert>
#include <type_traits>
#include <utility>

#include "kernels/cuda/device/device.h"

namespace kinetics::kernels {
namespace {

constexpr uint64_t kMaxWorkspaceBytes = uint64_t{32} << 20;
constexpr uint32_t kAlignment = 16;

struct CloseLibrary {
  void operator()(void* library) const { dlclose(library); }
};

using SharedLibrary = std::unique_ptr<void, CloseLibrary>;

/// Stays in memory once it was opened: CUDA's libraries do not expect to be unloaded.
SharedLibrary OpenCublasLt() {
  std::string reason;
  for (const char* name : {"libcublasLt.so.13", "libcublasLt.so.12", "libcublasLt.so"}) {
    if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE)) {
      return SharedLibrary(library);
    }
    const char* error = dlerror();
    if (reason.empty() && error != nullptr) {
      reason = error;
    }
  }
  throw CudaError("cuBLASLt: no library of version 13 or 12: " + reason);
}

/// Points `function` to the function of that name.
template <typename Function>
void Bind(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  if (function == nullptr) {
    throw CudaError(std::string("cuBLASLt: the library has no ") + name);
  }
}

/// A handle of the library with what destroys it.
template <typename Handle>
using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, cublasStatus_t (*)(Handle)>;

cudaDataType ElementType(DataType type) {
  assert(type != DataType::kF32);
  return type == DataType::kF16 ? CUDA_R_16F : CUDA_R_16BF;
}

}  // namespace

struct CublasLt::Library {
  SharedLibrary file = OpenCublasLt();
  decltype(&cublasLtCreate) create = nullptr;
  decltype(&cublasLtDestroy) destroy = nullptr;
  decltype(&cublasLtGetStatusString) status_string = nullptr;
  decltype(&cublasLtGetProperty) get_property = nullptr;
  decltype(&cublasLtMatmul) matmul = nullptr;
  decltype(&cublasLtMatmulAlgoGetHeuristic) get_heuristic = nullptr;
  decltype(&cublasLtMatmulDescCreate) create_operation = nullptr;
  decltype(&cublasLtMatmulDescDestroy) destroy_operation = nullptr;
  decltype(&cublasLtMatmulDescSetAttribute) set_operation = nullptr;
  decltype(&cublasLtMatrixLayoutCreate) create_layout = nullptr;
  decltype(&cublasLtMatrixLayoutDestroy) destroy_layout = nullptr;
  decltype(&cublasLtMatmulPreferenceCreate) create_preference = nullptr;
  decltype(&cublasLtMatmulPreferenceDestroy) destroy_preference = nullptr;
  decltype(&cublasLtMatmulPreferenceSetAttribute) set_preference = nullptr;
  std::string version;
  Owned<cublasLtHandle_t> handle{nullptr, nullptr};

  Library();

  void Check(cublasStatus_t status, const char* what) const {
    if (status != CUBLAS_STATUS_SUCCESS) {
      throw CudaError("cuBLASLt " + version + ": " + what + ": " + status_string(status));
    }
  }

  void BindAll() {
    Bind(file.get(), "cublasLtCreate", create);
    Bind(file.get(), "cublasLtDestroy", destroy);
    Bind(file.get(), "cublasLtGetStatusString", status_string);
    Bind(file.get(), "cublasLtGetProperty", get_property);
    Bind(file.get(), "cublasLtMatmul", matmul);
    Bind(file.get(), "cublasLtMatmulAlgoGetHeuristic", get_heuristic);
    Bind(file.get(), "cublasLtMatmulDescCreate", create_operation);
    Bind(file.get(), "cublasLtMatmulDescDestroy", destroy_operation);
    Bind(file.get(), "cublasLtMatmulDescSetAttribute", set_operation);
    Bind(file.get(), "cublasLtMatrixLayoutCreate", create_layout);
    Bind(file.get(), "cublasLtMatrixLayoutDestroy", destroy_layout);
    Bind(file.get(), "cublasLtMatmulPreferenceCreate", create_preference);
    Bind(file.get(), "cublasLtMatmulPreferenceDestroy", destroy_preference);
    Bind(file.get(), "cublasLtMatmulPreferenceSetAttribute", set_preference);
  }

  std::string Property(libraryPropertyType property) const {
    int value = 0;
    Check(get_property(property, &value), "read the version");
    return std::to_string(value);
  }

  /// rows x columns, column-major without gaps.
  Owned<cublasLtMatrixLayout_t> Layout(DataType type, int64_t rows, int64_t columns) const {
    cublasLtMatrixLayout_t layout = nullptr;
    Check(create_layout(&layout, ElementType(type), static_cast<uint64_t>(rows),
                        static_cast<uint64_t>(columns), rows),
          "describe a matrix");
    return {layout, destroy_layout};
  }
};

CublasLt::Library::Library() {
  BindAll();
  version = Property(MAJOR_VERSION) + "." + Property(MINOR_VERSION) + "." + Property(PATCH_LEVEL);
  cublasLtHandle_t created = nullptr;
  Check(create(&created), "open the device");
  handle = Owned<cublasLtHandle_t>(created, destroy);
}

CublasLt::CublasLt() : library_(std::make_shared<const Library>()) {}

std::string CublasLt::Version() const { return library_->version; }

/// cuBLASLt thinks in columns, where the matrices here are their transposes: y' = W x'.
struct LinearPlan::State {
  std::shared_ptr<const CublasLt::Library> library;
  double flops;
  Owned<cublasLtMatmulDesc_t> operation{nullptr, nullptr};
  Owned<cublasLtMatrixLayout_t> weights;  ///< k x n, transposed.
  Owned<cublasLtMatrixLayout_t> inputs;   ///< k x m
  Owned<cublasLtMatrixLayout_t> outputs;  ///< n x m
  cublasLtMatmulAlgo_t algorithm{};
  DeviceBuffer workspace;

  State(std::shared_ptr<const CublasLt::Library> shared, DataType type, int64_t m, int64_t n,
        int64_t k)
      : library(std::move(shared)),
        flops(2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k)),
        weights(library->Layout(type, k, n)),
        inputs(library->Layout(type, k, m)),
        outputs(library->Layout(type, n, m)) {
    cublasLtMatmulDesc_t created = nullptr;
    library->Check(library->create_operation(&created, CUBLAS_COMPUTE_32F, CUDA_R_32F),
                   "describe a product");
    operation = Owned<cublasLtMatmulDesc_t>(created, library->destroy_operation);
    const cublasOperation_t transpose = CUBLAS_OP_T;
    library->Check(library->set_operation(operation.get(), CUBLASLT_MATMUL_DESC_TRANSA, &transpose,
                                          sizeof(transpose)),
                   "transpose the weights");
    Choose();
  }

  template <typename T>
  void Prefer(cublasLtMatmulPreference_t preference, cublasLtMatmulPreferenceAttributes_t attribute,
              T value) const {
    library->Check(library->set_preference(preference, attribute, &value, sizeof(value)),
                   "set a preference");
  }

  void Choose() {
    cublasLtMatmulPreference_t created = nullptr;
    library->Check(library->create_preference(&created), "create preferences");
    const Owned<cublasLtMatmulPreference_t> preference(created, library->destroy_preference);
    Prefer(created, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, kMaxWorkspaceBytes);
    for (const auto attribute :
         {CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES,
          CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES}) {
      Prefer(created, attribute, kAlignment);
    }
    cublasLtMatmulHeuristicResult_t found{};
    int count = 0;
    library->Check(
        library->get_heuristic(library->handle.get(), operation.get(), weights.get(), inputs.get(),
                               outputs.get(), outputs.get(), created, 1, &found, &count),
        "choose an algorithm");
    library->Check(count > 0 ? found.state : CUBLAS_STATUS_NOT_SUPPORTED, "choose an algorithm");
    algorithm = found.algo;
    workspace = DeviceBuffer(found.workspaceSize);
  }
};

LinearPlan::LinearPlan(const CublasLt& library, DataType type, int64_t m, int64_t n, int64_t k)
    : state_(std::make_unique<const State>(library.library_, type, m, n, k)) {}

LinearPlan::LinearPlan(LinearPlan&&) noexcept = default;
LinearPlan& LinearPlan::operator=(LinearPlan&&) noexcept = default;
LinearPlan::~LinearPlan() = default;

void LinearPlan::Run(const void* x, const void* w, void* y, cudaStream_t stream) const {
  const CublasLt::Library& library = *state_->library;
  const float one = 1;
  const float zero = 0;
  library.Check(library.matmul(library.handle.get(), state_->operation.get(), &one, w,
                               state_->weights.get(), x, state_->inputs.get(), &zero, y,
                               state_->outputs.get(), y, state_->outputs.get(), &state_->algorithm,
                               state_->workspace.Data(), state_->workspace.Size(), stream),
                "multiply matrices");
}

size_t LinearPlan::WorkspaceBytes() const { return state_->workspace.Size(); }

double LinearPlan::Flops() const { return state_->flops; }

}  // namespace kinetics::kernels
