#include "kinetics/solve/solver.h"

#include <dlfcn.h>

#include <filesystem>

#include "kinetics/core/error.h"
#include "kinetics/solve/module.h"

namespace kinetics {
namespace {

/// Beside the program, where an installation puts it, or where it was built.
std::vector<std::filesystem::path> Candidates() {
  std::error_code ignored;
  const std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  return {folder / KINETICS_SOLVER_NAME,
          folder / ".." / KINETICS_INSTALL_LIBDIR / "kinetics" / KINETICS_SOLVER_NAME,
          std::filesystem::path(KINETICS_SOLVER_BUILD_DIR) / KINETICS_SOLVER_NAME};
}

const SolverModule* LoadModule() {
  std::string reason = "it is not installed";
  for (const std::filesystem::path& path : Candidates()) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
      continue;
    }
    // Never closed: the libraries behind it have global state.
    void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    void* symbol = handle == nullptr ? nullptr : dlsym(handle, kSolverModuleSymbol);
    if (symbol != nullptr) {
      return reinterpret_cast<SolverModuleFunction>(symbol)();
    }
    reason = dlerror();
  }
  throw Error(std::string("the solver module " KINETICS_SOLVER_NAME " cannot be loaded: ") +
              reason);
}

const SolverModule& Module() {
  static const SolverModule* const loaded = LoadModule();
  return *loaded;
}

}  // namespace

Solution Minimize(const LeastSquares& problem, const Eigen::VectorXd& start,
                  const SolverOptions& options) {
  return Module().least_squares(problem, start, options);
}

Solution Minimize(const SmoothFunction& function, const Eigen::VectorXd& start,
                  const SolverOptions& options) {
  return Module().smooth(function, start, options);
}

}  // namespace kinetics
