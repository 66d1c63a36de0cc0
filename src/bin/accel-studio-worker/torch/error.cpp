// The text of the last failure, for Rust to read and for callbacks from Rust to set.
#include "shim.hpp"

#include <c10/util/Logging.h>
#include <torch/version.h>

#include <cstdlib>

thread_local std::string shim::error;

extern "C" {
const char* as_error() { return shim::error.c_str(); }
void as_set_error(const char* text) { shim::error = text; }
// libtorch reads the variable only when it is asked to.
void as_keep_quiet() {
  setenv("TORCH_CPP_LOG_LEVEL", "ERROR", 0);
  c10::initLogging();
}
const char* as_torch_version() { return TORCH_VERSION; }
}
