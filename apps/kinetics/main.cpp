#include <exception>
#include <iostream>
#include <new>

#include "apps/kinetics/commands.h"
#include "kinetics/core/error.h"

int main(int argc, char** argv) {
  constexpr int kFailed = 1;
  constexpr int kUsage = 2;
  try {
    const int status = kinetics::app::ParseAndRun(argc, argv, {std::cout, std::cerr});
    std::cout.flush();
    if (!std::cout) {
      throw kinetics::Error("standard output: cannot be written");
    }
    return status;
  } catch (const kinetics::UsageError& e) {
    std::cerr << "kinetics: error: " << e.what() << '\n';
    return kUsage;
  } catch (const std::bad_alloc&) {
    std::cerr << "kinetics: error: out of memory\n";
    return kFailed;
  } catch (const std::exception& e) {
    std::cerr << "kinetics: error: " << e.what() << '\n';
    return kFailed;
  }
}
