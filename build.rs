//! Builds the worker's C++ shim. Without the feature `torch` there is nothing to do, and nothing is needed.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "torch")]
    torch::build();
}

#[cfg(feature = "torch")]
mod torch {
    use std::env;
    use std::path::{Path, PathBuf};

    const WORKER: &str = "src/bin/accel-studio-worker";
    const SOURCES: [&str; 5] =
        ["torch/error.cpp", "torch/autograd.cpp", "torch/device.cpp", "torch/numerics.cpp", "comm/c10d.cpp"];

    pub fn build() {
        println!("cargo:rerun-if-env-changed=LIBTORCH");
        for source in SOURCES.iter().chain(&["torch/shim.hpp", "comm/gloo_headers"]) {
            println!("cargo:rerun-if-changed={WORKER}/{source}");
        }
        // torch-sys tells where it found libtorch; it says nothing when only types are checked (`doc-only`).
        let Some(lib) = env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from) else { return };
        refuse_other_versions(&lib);
        compile(&lib);
        link(&lib);
    }

    /// torch-sys does not look at the version of a libtorch out of a wheel; a wrong one crashes at run time.
    fn refuse_other_versions(lib: &Path) {
        let file = lib.join("../version.py");
        println!("cargo:rerun-if-changed={}", file.display());
        let Ok(text) = std::fs::read_to_string(&file) else { return };
        let version = text.lines().find_map(|line| line.strip_prefix("__version__ = ")).unwrap_or_default();
        let version = version.trim_matches(['\'', '"']);
        assert!(
            version.starts_with("2.11."),
            "{} is libtorch {version}, but the worker needs 2.11: run `make libtorch` and set LIBTORCH as it says",
            lib.display()
        );
    }

    fn compile(lib: &Path) {
        let include = lib.join("../include");
        let mut build = cc::Build::new();
        build.cpp(true).std("c++17").warnings(false).opt_level(1).define("_GLIBCXX_USE_CXX11_ABI", "1");
        build.include(&include).include(include.join("torch/csrc/api/include"));
        build.include(format!("{WORKER}/comm/gloo_headers"));
        build.files(SOURCES.map(|source| format!("{WORKER}/{source}")));
        // Only the worker links it: what the library linked, the main program would need too.
        build.cargo_metadata(false).compile("accel_studio_shim");
    }

    fn link(lib: &Path) {
        let out = env::var("OUT_DIR").expect("cargo sets OUT_DIR");
        let arguments = [
            format!("{out}/libaccel_studio_shim.a"),
            "-lstdc++".to_owned(),
            // The NVIDIA libraries behind libtorch are there at run time, not for the linker.
            "-Wl,--allow-shlib-undefined".to_owned(),
            // Comes after LD_LIBRARY_PATH, so that the launcher can choose another libtorch.
            format!("-Wl,-rpath,{}", lib.display()),
        ];
        for argument in arguments {
            println!("cargo:rustc-link-arg-bin=accel-studio-worker={argument}");
        }
    }
}
