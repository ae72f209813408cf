#pragma once

/// What kernels and the host share is plain C++, so that tests run it without a GPU.
#ifdef __CUDACC__
#define KINETICS_SHARED __host__ __device__ __forceinline__
/// Code of a warp, which the host runs for all lanes at once.
#define KINETICS_WARP __device__ __forceinline__
#define KINETICS_UNROLL _Pragma("unroll")
#else
#define KINETICS_SHARED inline
#define KINETICS_WARP inline
#define KINETICS_UNROLL
#endif
