// What every part of the shim shares: C++ errors become a text and a null, so that none crosses into Rust.
#pragma once
#include <ATen/ATen.h>

#include <exception>
#include <string>
#include <vector>

namespace shim {

// What went wrong last on this thread; empty when nothing did. Defined in error.cpp.
extern thread_local std::string error;

// Runs `run`; on an exception keeps its text and returns the zero of its type.
template <class F>
auto guarded(F&& run) -> decltype(run()) {
  error.clear();
  try {
    return run();
  } catch (const c10::Error& failure) {
    error = failure.what_without_backtrace();
  } catch (const std::exception& failure) {
    error = failure.what();
  } catch (...) {
    error = "an unknown C++ exception";
  }
  if (error.empty()) error = "an error without a text";
  return decltype(run()){};
}

// Copies a C array of tensor handles; the tensors themselves are shared.
inline std::vector<at::Tensor> tensors(at::Tensor* const* list, size_t count) {
  std::vector<at::Tensor> all;
  all.reserve(count);
  for (size_t i = 0; i < count; i++) all.push_back(*list[i]);
  return all;
}

}  // namespace shim
