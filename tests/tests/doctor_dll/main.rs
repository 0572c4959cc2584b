//! `embedcheck doctor DLL` on DLLs that real tools make: of four producers, and the plugin of CFFI's
//! documentation, broken in each way that its troubleshooting chapter tells of.

mod calls;
mod places;
mod producers;
mod seed;
mod shop;
mod visits;
