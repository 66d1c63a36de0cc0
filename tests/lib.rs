//! Behaviour by what a user can notice: one binary, one file per promise.

mod edit_properties;
mod editing;
mod explain;
mod fix;
mod formats;
mod generated;
mod hardware;
mod harness;
mod house;
mod init;
mod loader;
mod pages;
mod pty;
mod reading;
mod settings;
mod studio_edit;
mod studio_faulty_file;
mod studio_find;
mod studio_keys;
mod studio_new;
mod studio_picture;
mod studio_quit;
mod studio_random;
mod studio_resize;
mod studio_save;
mod validate;
