#pragma once

#include <array>
#include <cmath>
#include <cstdint>

#include "kernels/data_type.h"

namespace kinetics::kernels {

/// A value for each lane of a warp.
template <typename T>
struct Lanes {
  std::array<T, 32> lane;

  Lanes() = default;
  Lanes(T all) { lane.fill(all); }  // NOLINT(google-explicit-constructor): as a lane's own type

  T operator[](int i) const { return lane[static_cast<size_t>(i)]; }
  T& operator[](int i) { return lane[static_cast<size_t>(i)]; }
};

/// `f` of every lane's values.
template <typename F, typename... T>
auto MapLanes(const F& f, const Lanes<T>&... values) {
  Lanes<decltype(f(values[0]...))> result;
  for (int i = 0; i < 32; ++i) {
    result[i] = f(values[i]...);
  }
  return result;
}

#define KINETICS_LANES_OPERATOR(op)                                \
  template <typename T>                                            \
  auto operator op(const Lanes<T>& a, const Lanes<T>& b) {         \
    return MapLanes([](T x, T y) { return x op y; }, a, b);        \
  }                                                                \
  template <typename T>                                            \
  auto operator op(const Lanes<T>& a, std::type_identity_t<T> b) { \
    return a op Lanes<T>(b);                                       \
  }
KINETICS_LANES_OPERATOR(+)
KINETICS_LANES_OPERATOR(-)
KINETICS_LANES_OPERATOR(*)
KINETICS_LANES_OPERATOR(/)
KINETICS_LANES_OPERATOR(%)
KINETICS_LANES_OPERATOR(&)
KINETICS_LANES_OPERATOR(^)
KINETICS_LANES_OPERATOR(<)
KINETICS_LANES_OPERATOR(>)
KINETICS_LANES_OPERATOR(>=)
KINETICS_LANES_OPERATOR(!=)
#undef KINETICS_LANES_OPERATOR

/// The warp of TileAttention, all lanes at once. Matrix fragments as PTX's reference has them for
/// mma.m16n8k16 with 16-bit factors, ldmatrix.m8n8.x4 and movmatrix.m8n8.
template <DataType type>
struct HostWarp {
  using Float = Lanes<float>;
  using Int = Lanes<int>;
  using Bits = Lanes<uint32_t>;
  using Flag = Lanes<bool>;

  static Int Lane() {
    Int lane;
    for (int i = 0; i < 32; ++i) {
      lane[i] = i;
    }
    return lane;
  }
  template <typename T>
  static Lanes<T> Select(const Flag& condition, const Lanes<T>& a, const Lanes<T>& b) {
    return MapLanes([](bool c, T x, T y) { return c ? x : y; }, condition, a, b);
  }
  static Float Max(const Float& a, const Float& b) {
    return MapLanes([](float x, float y) { return std::fmax(x, y); }, a, b);
  }
  static Float Exp2(const Float& a) {
    return MapLanes([](float x) { return std::exp2(x); }, a);
  }
  template <typename T>
  static Lanes<T> ShuffleXor(const Lanes<T>& a, int mask) {
    Lanes<T> result;
    for (int i = 0; i < 32; ++i) {
      result[i] = a[i ^ mask];
    }
    return result;
  }
  static bool Any(const Flag& a) {
    bool any = false;
    for (int i = 0; i < 32; ++i) {
      any = any || a[i];
    }
    return any;
  }
  static uint16_t ToElement(float x) { return type == DataType::kF16 ? ToF16(x) : ToBf16(x); }
  static float FromElement(uint16_t x) { return type == DataType::kF16 ? FromF16(x) : FromBf16(x); }
  static Bits Pack(const Float& low, const Float& high) {
    return MapLanes(
        [](float a, float b) {
          return static_cast<uint32_t>(ToElement(a)) | static_cast<uint32_t>(ToElement(b)) << 16;
        },
        low, high);
  }
  static Bits LoadPair(const uint16_t* from, const Int& element, const Flag& condition) {
    Bits bits(0);
    for (int i = 0; i < 32; ++i) {
      if (condition[i]) {
        bits[i] = from[element[i]] | static_cast<uint32_t>(from[element[i] + 1]) << 16;
      }
    }
    return bits;
  }
  static void StoreIf(float* to, const Int& element, const Float& value, const Flag& condition) {
    for (int i = 0; i < 32; ++i) {
      if (condition[i]) {
        to[element[i]] = value[i];
      }
    }
  }

  static void StoreChunkIf(uint16_t* to, const Int& element, const Bits (&chunk)[4],
                           const Flag& condition) {
    for (int i = 0; i < 32; ++i) {
      for (int j = 0; condition[i] && j < 4; ++j) {
        to[element[i] + 2 * j] = static_cast<uint16_t>(chunk[j][i]);
        to[element[i] + 2 * j + 1] = static_cast<uint16_t>(chunk[j][i] >> 16);
      }
    }
  }

  /// Row r of matrix j is the 16 bytes that lane 8 j + r points to; a lane gets elements
  /// 2 (lane % 4) and 1 more of row lane / 4.
  static void LoadMatrices(const char* from, const Int& offset, Bits (&matrices)[4]) {
    for (int j = 0; j < 4; ++j) {
      for (int i = 0; i < 32; ++i) {
        const auto* row = reinterpret_cast<const uint32_t*>(from + offset[8 * j + i / 4]);
        matrices[j][i] = row[i % 4];
      }
    }
  }
  static void LoadMatricesTransposed(const char* from, const Int& offset, Bits (&matrices)[4]) {
    LoadMatrices(from, offset, matrices);
    for (Bits& matrix : matrices) {
      matrix = Transpose(matrix);
    }
  }
  static Bits Transpose(const Bits& matrix) {
    uint16_t elements[8][8];
    for (int i = 0; i < 32; ++i) {
      elements[i / 4][2 * (i % 4)] = static_cast<uint16_t>(matrix[i]);
      elements[i / 4][2 * (i % 4) + 1] = static_cast<uint16_t>(matrix[i] >> 16);
    }
    Bits result;
    for (int i = 0; i < 32; ++i) {
      result[i] = elements[2 * (i % 4)][i / 4] |
                  static_cast<uint32_t>(elements[2 * (i % 4) + 1][i / 4]) << 16;
    }
    return result;
  }

  /// sum += a b: 16 x 16 by 16 x 8.
  static void Multiply(const Bits (&a)[4], const Bits (&b)[2], Float (&sum)[4]) {
    float left[16][16];
    float right[16][8];
    for (int i = 0; i < 32; ++i) {
      for (int high = 0; high < 2; ++high) {
        const int k = 2 * (i % 4) + high;
        const auto element = [&](uint32_t bits) {
          return FromElement(static_cast<uint16_t>(bits >> (16 * high)));
        };
        for (int j = 0; j < 4; ++j) {
          left[i / 4 + 8 * (j % 2)][k + 8 * (j / 2)] = element(a[j][i]);
        }
        for (int j = 0; j < 2; ++j) {
          right[k + 8 * j][i / 4] = element(b[j][i]);
        }
      }
    }
    for (int i = 0; i < 32; ++i) {
      for (int j = 0; j < 4; ++j) {
        for (int k = 0; k < 16; ++k) {
          sum[j][i] += left[i / 4 + 8 * (j / 2)][k] * right[k][2 * (i % 4) + j % 2];
        }
      }
    }
  }
};

}  // namespace kinetics::kernels
