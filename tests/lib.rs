//! Behaviour by what a user can notice: one binary, one file per promise.

mod deepspeed;
#[cfg(unix)]
mod doctor;
mod edit_properties;
mod editing;
#[cfg(target_os = "linux")]
mod elf;
mod estimate;
mod explain;
#[cfg(unix)]
mod export;
mod fix;
mod forced_ends;
mod formats;
mod formats_for_services;
mod generated;
mod gpu;
mod harness;
mod house;
mod ignore;
mod init;
mod launch_check;
mod launch_plan;
#[cfg(unix)]
mod launch_refused;
mod loader;
#[cfg(unix)]
mod measure;
mod memory_properties;
mod memory_traps;
mod memory_truth;
mod models;
mod pages;
mod parity;
mod permissions;
mod precedence;
mod precommit;
#[cfg(unix)]
mod preflight;
mod probe;
mod pty;
mod reading;
mod releases;
mod resolve;
mod rewrites;
mod rule_properties;
mod samples;
mod script_words;
mod settings;
mod studio_edit;
mod studio_faulty_file;
mod studio_find;
mod studio_keys;
mod studio_launch;
mod studio_memory;
mod studio_new;
mod studio_picture;
mod studio_quit;
mod studio_random;
mod studio_resize;
mod studio_save;
mod supervise;
mod trains;
mod validate;
#[cfg(unix)]
mod worker_launch;
