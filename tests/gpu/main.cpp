// What a GPU computes, against the reference. Needs a GPU, so that ctest does not run it.
#if __has_include(<catch2/catch.hpp>)
#define CATCH_CONFIG_MAIN
#endif
#include "tests/test.h"
