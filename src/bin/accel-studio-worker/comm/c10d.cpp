// A C interface over the stores and process groups that libtorch_cpu.so already contains.
#define USE_C10D_GLOO 1
#include "../torch/shim.hpp"

#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

// Read off a build with Gloo's own headers: the stand-ins must lead to the same layout (libtorch 2.11.0, x86-64).
#if defined(__x86_64__) && defined(__linux__)
static_assert(sizeof(c10d::ProcessGroupGloo) == 488, "the layout of ProcessGroupGloo has changed");
static_assert(sizeof(c10d::ProcessGroupGloo::Options) == 176, "the layout of its options has changed");
#endif

namespace {

using Store = c10::intrusive_ptr<c10d::Store>;
using Group = c10::intrusive_ptr<c10d::Backend>;
using Work = c10::intrusive_ptr<c10d::Work>;

Store& store_of(void* pointer) { return *static_cast<Store*>(pointer); }
Group& group_of(void* pointer) { return *static_cast<Group*>(pointer); }
Work& work_of(void* pointer) { return *static_cast<Work*>(pointer); }
void* keep(Work work) { return new Work(std::move(work)); }

std::chrono::milliseconds milliseconds(int64_t count) { return std::chrono::milliseconds(count); }

c10d::ReduceOp::RedOpType operation(int number) { return static_cast<c10d::ReduceOp::RedOpType>(number); }

// `@host` is a name or an address, else an interface; empty is what this machine's own name resolves to.
std::shared_ptr<gloo::transport::Device> device(const std::string& way) {
  if (way.empty()) return c10d::ProcessGroupGloo::createDefaultDevice();
  if (way[0] == '@') return c10d::ProcessGroupGloo::createDeviceForHostname(way.substr(1));
  return c10d::ProcessGroupGloo::createDeviceForInterface(way);
}

}  // namespace

extern "C" {

// A listening socket that the launcher has already bound may be handed over; -1 for none.
void* as_tcp_store(const char* host, uint16_t port, int is_server, int64_t timeout, int listen_fd) {
  return shim::guarded([&]() -> void* {
    c10d::TCPStoreOptions options;
    if (listen_fd >= 0) options.masterListenFd = listen_fd;
    options.port = port;
    options.isServer = is_server != 0;
    options.timeout = milliseconds(timeout);
    options.waitWorkers = false;
    options.multiTenant = is_server != 0 && listen_fd < 0;
    return new Store(c10::make_intrusive<c10d::TCPStore>(std::string(host), options));
  });
}

int as_store_set(void* store, const char* key, const uint8_t* bytes, size_t count) {
  return shim::guarded([&] {
    store_of(store)->set(key, std::vector<uint8_t>(bytes, bytes + count));
    return 1;
  });
}

// Waits for the key as long as the store's timeout. Returns how long the value is, or -1; `bytes` takes what fits.
int64_t as_store_get(void* store, const char* key, uint8_t* bytes, size_t room) {
  return shim::guarded([&]() -> int64_t {
    auto value = store_of(store)->get(key);
    std::copy_n(value.begin(), std::min(room, value.size()), bytes);
    return static_cast<int64_t>(value.size()) + 1;
  }) - 1;
}

// 1 where the key is there, 0 where it is not, -1 after an error. Never waits.
int as_store_has(void* store, const char* key) {
  return shim::guarded([&] { return store_of(store)->check({std::string(key)}) ? 2 : 1; }) - 1;
}

void as_drop_store(void* store) { delete &store_of(store); }

void* as_gloo(void* store, const char* prefix, int rank, int size, int64_t timeout, const char* way, int threads) {
  return shim::guarded([&]() -> void* {
    auto options = c10d::ProcessGroupGloo::Options::create(milliseconds(timeout));
    options->devices.push_back(device(way));
    options->threads = threads;
    auto own = c10::make_intrusive<c10d::PrefixStore>(std::string(prefix), store_of(store));
    return new Group(c10::make_intrusive<c10d::ProcessGroupGloo>(own, rank, size, options));
  });
}

void as_drop_group(void* group) {
  shim::guarded([&] {
    delete &group_of(group);
    return 1;
  });
}

void* as_all_reduce(void* group, at::Tensor* tensor, int reduction) {
  return shim::guarded([&] {
    std::vector<at::Tensor> tensors{*tensor};
    c10d::AllreduceOptions options;
    options.reduceOp = operation(reduction);
    return keep(group_of(group)->allreduce(tensors, options));
  });
}

void* as_broadcast(void* group, at::Tensor* tensor, int root) {
  return shim::guarded([&] {
    std::vector<at::Tensor> tensors{*tensor};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    return keep(group_of(group)->broadcast(tensors, options));
  });
}

void* as_all_gather(void* group, at::Tensor* whole, at::Tensor* part) {
  return shim::guarded([&] { return keep(group_of(group)->_allgather_base(*whole, *part)); });
}

void* as_reduce_scatter(void* group, at::Tensor* part, at::Tensor* whole, int reduction) {
  return shim::guarded([&] {
    c10d::ReduceScatterOptions options;
    options.reduceOp = operation(reduction);
    return keep(group_of(group)->_reduce_scatter_base(*part, *whole, options));
  });
}

void* as_barrier(void* group) {
  return shim::guarded([&] { return keep(group_of(group)->barrier()); });
}

// Waits; the handle is gone afterwards.
int as_wait(void* work) {
  int done = shim::guarded([&] {
    work_of(work)->wait();
    return 1;
  });
  std::string text = shim::error;
  delete &work_of(work);
  shim::error = text;
  return done;
}

void as_drop_work(void* work) { delete &work_of(work); }
}
