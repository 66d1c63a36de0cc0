// What tch leaves out of autograd: gradients to start from, hooks, dropping gradients, freeing storage.
#include "shim.hpp"

#include <ATen/native/Resize.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

namespace {

// A closure of Rust. `call` returns 0 after an error whose text it has left in `as_set_error`.
struct Closure {
  void* context;
  int (*call)(void*, at::Tensor*);
  void (*drop)(void*);

  Closure(void* c, int (*f)(void*, at::Tensor*), void (*d)(void*)) : context(c), call(f), drop(d) {}
  Closure(const Closure&) = delete;
  ~Closure() { drop(context); }

  void run(const at::Tensor& tensor) {
    at::Tensor handle = tensor;
    if (!call(context, &handle)) throw std::runtime_error(shim::error);
  }
};

struct OnAccumulated : torch::autograd::PostAccumulateGradHook {
  std::shared_ptr<Closure> closure;
  explicit OnAccumulated(std::shared_ptr<Closure> c) : closure(std::move(c)) {}
  void operator()(const at::Tensor& leaf) override { closure->run(leaf); }
};

}  // namespace

extern "C" {

int as_backward(at::Tensor* const* outputs, at::Tensor* const* gradients, size_t count) {
  return shim::guarded([&] {
    torch::autograd::backward(shim::tensors(outputs, count), shim::tensors(gradients, count));
    return 1;
  });
}

int as_clear_grad(at::Tensor* leaf) {
  return shim::guarded([&] {
    leaf->mutable_grad() = at::Tensor();
    return 1;
  });
}

int as_has_grad(at::Tensor* leaf) {
  return shim::guarded([&] { return leaf->grad().defined() ? 1 : 0; });
}

// One hook per leaf; a second one takes the place of the first.
int as_on_accumulated(at::Tensor* leaf, void* context, int (*call)(void*, at::Tensor*), void (*drop)(void*)) {
  auto closure = std::make_shared<Closure>(context, call, drop);
  return shim::guarded([&] {
    torch::autograd::impl::set_post_acc_grad_hooks(*leaf, std::make_unique<OnAccumulated>(closure));
    return 1;
  });
}

int as_on_gradient(at::Tensor* tensor, void* context, int (*call)(void*, at::Tensor*), void (*drop)(void*)) {
  auto closure = std::make_shared<Closure>(context, call, drop);
  return shim::guarded([&] {
    tensor->register_hook([closure](const at::Tensor& gradient) { closure->run(gradient); });
    return 1;
  });
}

int as_resize_storage(at::Tensor* tensor, size_t bytes) {
  return shim::guarded([&] {
    if (tensor->device().is_cpu())
      at::native::resize_bytes_cpu(tensor->storage().unsafeGetStorageImpl(), bytes);
    else
      at::native::resize_bytes_nocuda(tensor->storage(), c10::SymInt(static_cast<int64_t>(bytes)));
    return 1;
  });
}
}
