// Autocast, loss scaling, the fused AdamW and random states: what tch leaves out or holds back.
#include "shim.hpp"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/_fused_adamw.h>

namespace {

at::Generator generator(int is_cuda, int device) {
  auto place = is_cuda ? c10::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device)) : c10::Device(at::kCPU);
  return at::globalContext().defaultGenerator(place);
}

std::optional<at::Tensor> optional(at::Tensor* tensor) {
  return tensor ? std::optional<at::Tensor>(*tensor) : std::nullopt;
}

}  // namespace

extern "C" {

// Turns autocast on or off for one kind of device; the former state goes out through the pointers.
int as_autocast(int is_cuda, int on, int kind, int* was_on, int* was_kind) {
  return shim::guarded([&] {
    auto device = is_cuda ? at::kCUDA : at::kCPU;
    *was_on = at::autocast::is_autocast_enabled(device);
    *was_kind = static_cast<int>(at::autocast::get_autocast_dtype(device));
    at::autocast::set_autocast_enabled(device, on != 0);
    at::autocast::set_autocast_dtype(device, static_cast<at::ScalarType>(kind));
    if (on)
      at::autocast::increment_nesting();
    else if (at::autocast::decrement_nesting() == 0)
      at::autocast::clear_cache();
    return 1;
  });
}

// Divides gradients by the loss scale in place, and sets found_inf to 1 where one is not finite.
int as_unscale(at::Tensor* const* gradients, size_t count, at::Tensor* found_inf, at::Tensor* inverse_scale) {
  return shim::guarded([&] {
    auto all = shim::tensors(gradients, count);
    at::_amp_foreach_non_finite_check_and_unscale_(all, *found_inf, *inverse_scale);
    return 1;
  });
}

// One step over lists of parameters, gradients, first and second moments and step counters. With found_inf at 1
// nothing changes, the counters aside, which the caller takes back.
int as_fused_adamw(at::Tensor* const* parameters, at::Tensor* const* gradients, at::Tensor* const* first,
                   at::Tensor* const* second, at::Tensor* const* steps, size_t count, double rate, double beta1,
                   double beta2, double decay, double epsilon, at::Tensor* grad_scale, at::Tensor* found_inf) {
  return shim::guarded([&] {
    at::NoGradGuard no_grad;
    auto counters = shim::tensors(steps, count);
    at::_foreach_add_(counters, 1);
    at::_fused_adamw_(shim::tensors(parameters, count), shim::tensors(gradients, count),
                      shim::tensors(first, count), shim::tensors(second, count), {}, counters, rate, beta1, beta2,
                      decay, epsilon, false, false, optional(grad_scale), optional(found_inf));
    return 1;
  });
}

at::Tensor* as_random_state(int is_cuda, int device) {
  return shim::guarded([&]() -> at::Tensor* {
    auto source = generator(is_cuda, device);
    std::lock_guard<std::mutex> lock(source.mutex());
    return new at::Tensor(source.get_state());
  });
}

int as_set_random_state(int is_cuda, int device, at::Tensor* state) {
  return shim::guarded([&] {
    auto target = generator(is_cuda, device);
    std::lock_guard<std::mutex> lock(target.mutex());
    target.set_state(*state);
    return 1;
  });
}
}
