#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cpu/simd/row.h"

namespace kinetics::kernels {
namespace {

/// Products of rows of weights, streamed once, with columns that stay in a cache.
template <typename Simd, DataType type>
struct Linear {
  using Vec = typename Simd::Vec;
  using Rows = Row<Simd, type, Simd::kWidth>;
  static constexpr int64_t kBytes = type == DataType::kF32 ? 4 : 2;

  static Vec Load(const char* row, int64_t i) { return Rows::Load(row + i * kBytes, 0); }

  /// Adds the products of `rows` rows and `columns` columns from `begin` to `end` along k to sums.
  template <int64_t rows, int64_t columns>
  static void AddBlock(const char* const* weights, const float* const* inputs, int64_t end,
                       float* totals) {
    Vec sums[rows][columns];
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        sums[r][c] = Simd::Zero();
      }
    }
    int64_t i = 0;
    for (; i + Simd::kWidth <= end; i += Simd::kWidth) {
      Vec x[columns];
      for (int64_t c = 0; c < columns; ++c) {
        x[c] = Simd::Load(inputs[c] + i);
      }
      for (int64_t r = 0; r < rows; ++r) {
        const Vec w = Load(weights[r], i);
        for (int64_t c = 0; c < columns; ++c) {
          sums[r][c] = Simd::Fma(w, x[c], sums[r][c]);
        }
      }
    }
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t c = 0; c < columns; ++c) {
        float total = Simd::Total(sums[r][c]);
        for (int64_t tail = i; tail < end; ++tail) {
          total += One(weights[r], tail) * inputs[c][tail];
        }
        totals[r * columns + c] = total;
      }
    }
  }

  static float One(const char* row, int64_t i) {
    if constexpr (type == DataType::kF32) {
      return reinterpret_cast<const float*>(row)[i];
    } else {
      // A vector of one element and zeros: conversion as everywhere else.
      uint16_t lanes[Simd::kWidth] = {reinterpret_cast<const uint16_t*>(row)[i]};
      float values[Simd::kWidth];
      Simd::Store(values, Load(reinterpret_cast<const char*>(lanes), 0));
      return values[0];
    }
  }

  template <int64_t rows, int64_t columns>
  static void MultiplyBlock(const LinearRows& of, int64_t row, int64_t column) {
    const char* weights[rows];
    const float* inputs[columns];
    const auto* first = static_cast<const char*>(of.weights);
    for (int64_t begin = 0; begin < of.k; begin += kChunk) {
      const int64_t count = of.k - begin < kChunk ? of.k - begin : kChunk;
      for (int64_t r = 0; r < rows; ++r) {
        weights[r] = first + ((row + r) * of.k + begin) * kBytes;
      }
      for (int64_t c = 0; c < columns; ++c) {
        inputs[c] = of.inputs + (column + c) * of.k + begin;
      }
      float totals[rows * columns];
      AddBlock<rows, columns>(weights, inputs, count, totals);
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t c = 0; c < columns; ++c) {
          float& output = of.outputs[(column + c) * of.stride + row + r];
          output = begin == 0 ? totals[r * columns + c] : output + totals[r * columns + c];
        }
      }
    }
  }

  /// Rows go by what registers hold; of one column, by four, which hides the latency of sums.
  template <int64_t columns>
  static void MultiplyColumns(const LinearRows& of, int64_t column) {
    constexpr int64_t kRows = columns == 1 ? 4 : Simd::kAccumulators / columns;
    int64_t row = 0;
    for (; row + kRows <= of.rows; row += kRows) {
      MultiplyBlock<kRows, columns>(of, row, column);
    }
    for (; row < of.rows; ++row) {
      MultiplyBlock<1, columns>(of, row, column);
    }
  }

  /// A strip of weights that fits into the second cache serves all columns before the next one.
  static void Multiply(const LinearRows& of) {
    constexpr int64_t kStripBytes = int64_t{256} * 1024;
    const int64_t row_bytes = of.k * kBytes;
    const int64_t fitting = row_bytes > 0 ? kStripBytes / row_bytes : of.rows;
    const int64_t strip = fitting < 16 ? 16 : fitting / 16 * 16;
    for (int64_t first = 0; first < of.rows; first += strip) {
      LinearRows part = of;
      part.rows = of.rows - first < strip ? of.rows - first : strip;
      part.weights = static_cast<const char*>(of.weights) + first * row_bytes;
      part.outputs = of.outputs + first;
      int64_t column = 0;
      for (; column + 4 <= of.columns; column += 4) {
        MultiplyColumns<4>(part, column);
      }
      for (; column + 2 <= of.columns; column += 2) {
        MultiplyColumns<2>(part, column);
      }
      for (; column < of.columns; ++column) {
        MultiplyColumns<1>(part, column);
      }
    }
  }

 private:
  static constexpr int64_t kChunk = 4096;  // of k: 16 KiB of an input
};

}  // namespace
}  // namespace kinetics::kernels
