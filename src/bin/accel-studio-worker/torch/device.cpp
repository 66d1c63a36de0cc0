// Devices by libtorch's device-generic interface: no CUDA header is needed, and none is at hand.
#include "shim.hpp"

#include <ATen/Context.h>
#include <ATen/DeviceAccelerator.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <dlfcn.h>

#include <memory>

namespace {

// A stream for communication, and the event that orders it against the current one.
struct SideStream {
  c10::Stream stream;
  c10::Event event;
  int device;
};

// A point on it.
struct Mark {
  c10::Event event;
  int device;
};

Mark* mark_of(void* pointer) { return static_cast<Mark*>(pointer); }
SideStream* side(void* pointer) { return static_cast<SideStream*>(pointer); }

}  // namespace

extern "C" {

// Must come before any question about CUDA: libtorch keeps the first answer.
int as_load_cuda() {
  return shim::guarded([] {
    if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) throw std::runtime_error(dlerror());
    return 1;
  });
}

int as_device_count() {
  return shim::guarded([] { return at::globalContext().hasCUDA() ? int(at::accelerator::deviceCount()) : 0; });
}

int as_set_device(int device) {
  return shim::guarded([&] {
    at::accelerator::setDeviceIndex(static_cast<c10::DeviceIndex>(device));
    return 1;
  });
}

int as_synchronize(int device) {
  return shim::guarded([&] {
    at::accelerator::synchronizeDevice(static_cast<c10::DeviceIndex>(device));
    return 1;
  });
}

// bytes[6]: allocated now, allocated peak, reserved now, reserved peak, free on the device, total of the device
int as_device_memory(int device, int64_t* bytes) {
  return shim::guarded([&] {
    auto index = static_cast<c10::DeviceIndex>(device);
    auto stats = at::accelerator::getDeviceStats(index);
    bytes[0] = stats.allocated_bytes[0].current;
    bytes[1] = stats.allocated_bytes[0].peak;
    bytes[2] = stats.reserved_bytes[0].current;
    bytes[3] = stats.reserved_bytes[0].peak;
    auto [unused, total] = at::accelerator::getMemoryInfo(index);
    bytes[4] = static_cast<int64_t>(unused);
    bytes[5] = static_cast<int64_t>(total);
    return 1;
  });
}

int as_reset_peak(int device) {
  return shim::guarded([&] {
    at::accelerator::resetPeakStats(static_cast<c10::DeviceIndex>(device));
    return 1;
  });
}

void* as_side_stream(int device) {
  return shim::guarded([&]() -> void* {
    auto type = at::accelerator::getAccelerator(true).value();
    c10::impl::VirtualGuardImpl guard(type);
    auto stream = guard.getStreamFromGlobalPool(c10::Device(type, static_cast<c10::DeviceIndex>(device)), true);
    return new SideStream{stream, c10::Event(type), device};
  });
}

// The cudaStream_t behind it, for NCCL.
void* as_side_stream_native(void* stream) {
  return shim::guarded([&] { return side(stream)->stream.native_handle(); });
}

// What is queued on the current stream comes before what will be queued on the side stream.
int as_side_stream_after_current(void* stream) {
  return shim::guarded([&] {
    auto current = at::accelerator::getCurrentStream(static_cast<c10::DeviceIndex>(side(stream)->device));
    side(stream)->event.record(current);
    side(stream)->event.block(side(stream)->stream);
    return 1;
  });
}

// The allocator keeps the tensor's memory until the side stream has passed this point.
int as_keep_for_side_stream(at::Tensor* tensor, void* stream) {
  return shim::guarded([&] {
    tensor->record_stream(side(stream)->stream);
    return 1;
  });
}

void as_drop_side_stream(void* stream) { delete side(stream); }

// The point up to which the side stream is filled now.
void* as_mark(void* stream) {
  return shim::guarded([&]() -> void* {
    auto mark = std::make_unique<Mark>(Mark{c10::Event(side(stream)->stream.device_type()), side(stream)->device});
    mark->event.record(side(stream)->stream);
    return mark.release();
  });
}

int as_current_after_mark(void* mark) {
  return shim::guarded([&] {
    mark_of(mark)->event.block(at::accelerator::getCurrentStream(static_cast<c10::DeviceIndex>(mark_of(mark)->device)));
    return 1;
  });
}

// 1 where the device is past it, 0 where it is not, -1 after an error.
int as_mark_is_done(void* mark) {
  return shim::guarded([&] { return mark_of(mark)->event.query() ? 2 : 1; }) - 1;
}

void as_drop_mark(void* mark) { delete mark_of(mark); }
}
