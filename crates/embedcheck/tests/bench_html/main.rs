//! The HTML page of the benchmarks: as a document, as figures, and as a picture in a browser.

mod browser;
mod document;
mod hostile;
mod marks;
mod painted;
mod sample;
