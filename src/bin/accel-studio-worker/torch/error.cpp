// The text of the last failure, for Rust to read and for callbacks from Rust to set.
#include "shim.hpp"

#include <torch/version.h>

thread_local std::string shim::error;

extern "C" {
const char* as_error() { return shim::error.c_str(); }
void as_set_error(const char* text) { shim::error = text; }
const char* as_torch_version() { return TORCH_VERSION; }
}
