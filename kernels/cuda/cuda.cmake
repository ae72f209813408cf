# The CUDA kernels: kernels/cuda/device, which alone needs a CUDA compiler. What it shares with the
# host, in kernels/cuda, is always built and tested. Native code for each architecture from Ampere on
# and PTX for those to come; nothing is compiled when the program runs, and it starts without a driver.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES AND NOT DEFINED ENV{CUDAARCHS})
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90-real 100-real 120-real 120-virtual)
endif()
enable_language(CUDA)
find_package(CUDAToolkit REQUIRED)
file(GLOB cuda_sources CONFIGURE_DEPENDS kernels/cuda/device/*.cpp kernels/cuda/device/*.cu)
add_library(kinetics_cuda STATIC ${cuda_sources})
# CMake 3.25 knows no flag of nvcc for C++20 and passes none; nor are host warnings nvcc's to forward.
set(cuda_options -std=c++20)
if(KINETICS_WERROR)
  # Registers of every kernel in the build's output; one that spills fails.
  list(APPEND cuda_options -Xptxas=-v,--warn-on-spills,-Werror -Werror=all-warnings)
endif()
target_compile_options(kinetics_cuda PRIVATE "$<$<COMPILE_LANGUAGE:CUDA>:${cuda_options}>")
set_target_properties(kinetics_cuda PROPERTIES
  CUDA_RUNTIME_LIBRARY Static CUDA_STANDARD_REQUIRED OFF UNITY_BUILD OFF)
target_link_libraries(kinetics_cuda PUBLIC kinetics_kernels PRIVATE CUDA::cudart_static ${CMAKE_DL_LIBS})
