//! Inside the child process: load the library, run the engine until standard input closes.

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;
use std::time::Duration;

use super::lock::DataLock;

/// How long a new engine waits for the one before it to finish its shutdown.
const PREDECESSOR_PATIENCE: Duration = Duration::from_secs(30);

type QueryCommandLine = unsafe extern "C" fn(c_int, *mut *mut c_char) -> *mut c_void;
type ResultError = unsafe extern "C" fn(*mut c_void) -> *const c_char;

/// Runs the engine in this process until standard input closes.
///
/// # Errors
/// A sentence for the parent's log when the library cannot be loaded or the engine refuses to start.
pub fn run(library: &Path, config: &Path, data: &Path) -> Result<(), String> {
    let folder = data.parent().unwrap_or(data);
    let _lock =
        DataLock::acquire_within(folder, PREDECESSOR_PATIENCE).map_err(|e| e.to_string())?;
    let arguments = [
        "clickhouse".to_owned(),
        format!("--config-file={}", config.display()),
        format!("--path={}", data.display()),
        "--query".to_owned(),
        // The second statement reads standard input into nothing, so it lasts as long as the parent
        // holds the pipe. INFILE is read by the session itself and takes no right to read files.
        "SYSTEM START LISTEN HTTP; \
         INSERT INTO FUNCTION null('x String') FROM INFILE '/dev/stdin' FORMAT LineAsString"
            .to_owned(),
    ];
    let arguments = arguments.map(|text| CString::new(text).unwrap_or_default());
    call(library, &arguments)
}

#[allow(unsafe_code)] // the engine is a C library; this is the only place that calls it
fn call(library: &Path, arguments: &[CString]) -> Result<(), String> {
    let mut argv: Vec<*mut c_char> = arguments.iter().map(|a| a.as_ptr().cast_mut()).collect();
    let argc = c_int::try_from(argv.len()).map_err(|e| e.to_string())?;
    // SAFETY: the library is the pinned build whose checksum `make engine` verified; both symbols have
    // the documented C signatures; `argv` and its strings outlive the call; the library stays loaded
    // until the process ends.
    unsafe {
        let library = libloading::Library::new(library)
            .map_err(|e| format!("loading {}: {e}", library.display()))?;
        let library: &'static libloading::Library = Box::leak(Box::new(library));
        let query: libloading::Symbol<'_, QueryCommandLine> = library
            .get(b"chdb_query_cmdline\0")
            .map_err(|e| e.to_string())?;
        let error_of: libloading::Symbol<'_, ResultError> = library
            .get(b"chdb_result_error\0")
            .map_err(|e| e.to_string())?;
        let result = query(argc, argv.as_mut_ptr());
        if result.is_null() {
            return Ok(());
        }
        let error = error_of(result);
        if error.is_null() {
            return Ok(());
        }
        Err(CStr::from_ptr(error).to_string_lossy().into_owned())
    }
}
