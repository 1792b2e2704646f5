//! The spool: requests on disk before they are acknowledged, until they are stored.
//!
//! It knows bytes, not OTLP. Requests are appended to segments by one thread that makes all that arrived
//! meanwhile durable at once; the shipper reads them back in stretches ([`Cut`]) and notes each stretch
//! before and after its insert, so that a crash at any point neither loses nor doubles a request:
//!
//! - not durable: never acknowledged, the client sends again;
//! - durable, not acknowledged: stored once; the client's second attempt is recognised by its bytes;
//! - insert begun: cut again at the same place, recognised by ClickHouse by its token.

mod cuts;
mod frame;
#[cfg(fuzzing)]
pub mod fuzz;
mod reader;
mod recent;
mod segment;
mod waiting;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{mpsc, oneshot, watch};

pub use cuts::Cut;
pub use frame::Frame;
pub use reader::Entry;
pub use waiting::Waiting;
pub(crate) use waiting::age_ms;

use cuts::Cuts;
use reader::Reader;
use recent::Recent;
use segment::{Appender, SEGMENT_HEADER_BYTES};
use waiting::Tally;
use writer::{Request, Writer};

/// When a request counts as kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// On the disk (`fdatasync`): survives a power cut.
    Disk,
    /// With the operating system: survives a kill of this process, not a power cut.
    PageCache,
}

/// How the spool is to be.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its folder, its own.
    pub folder: PathBuf,
    /// Most bytes on disk; more is refused until something is stored.
    pub disk_bytes_max: u64,
    /// A segment is closed at this size and deleted when all of it is stored.
    pub segment_bytes: u64,
    /// Largest body that may be appended, bytes.
    pub body_bytes_max: usize,
    /// What an acknowledgement promises.
    pub durability: Durability,
}

/// How a request was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// Now.
    Stored,
    /// Before: the same bytes came a second time.
    Repeated,
}

/// Why a request was not kept.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AppendError {
    /// The disk budget is used up; something must be stored first.
    #[error("the spool holds its {0} bytes; waiting for ClickHouse to take some")]
    Full(u64),
    /// The disk refused.
    #[error("writing the spool: {0}")]
    Io(Arc<io::Error>),
    /// The spool is shutting down.
    #[error("the spool is closed")]
    Closed,
}

/// What came with a request, once the request is kept. They come in the order of positions.
#[derive(Debug)]
pub struct Kept<T> {
    /// Position of the request's frame and position behind it; `None` when it had been kept before.
    pub at: Option<(u64, u64)>,
    /// What the appender gave along.
    pub companion: T,
}

/// The way in. Cheap to clone.
pub struct Spool<T> {
    requests: mpsc::Sender<Request<T>>,
    used_bytes: Arc<AtomicU64>,
    disk_bytes_max: u64,
    tally: SharedTally,
}

type SharedTally = Arc<Mutex<Tally>>;

/// How a spool stands, for those who watch it. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Watch {
    used_bytes: Arc<AtomicU64>,
    disk_bytes_max: u64,
    tally: SharedTally,
}

impl Watch {
    /// Bytes on disk or on their way there: what waits, and what is remembered to recognise
    /// repetitions.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.used_bytes.load(Ordering::Relaxed)
    }

    /// Most bytes on disk.
    #[must_use]
    pub fn disk_bytes_max(&self) -> u64 {
        self.disk_bytes_max
    }

    /// What is kept and not yet stored.
    #[must_use]
    pub fn waiting(&self) -> Waiting {
        lock(&self.tally).waiting()
    }
}

/// The tally is only counted with, so a panic elsewhere leaves it sound.
fn lock(tally: &SharedTally) -> std::sync::MutexGuard<'_, Tally> {
    tally.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Requests that wait for the writing thread; each also counts against the collector's byte budget.
const WAITING_MAX: usize = 4096;
/// Stored requests kept so that a restart still recognises them when they are sent again: as many segments
/// as make up this many full ones, for every restart begins a new one, however little it holds.
const REMEMBERED_SEGMENTS: u64 = 2;
/// Most files kept for that.
const REMEMBERED_FILES_MAX: usize = 64;

impl<T> Clone for Spool<T> {
    fn clone(&self) -> Self {
        Self {
            requests: self.requests.clone(),
            used_bytes: self.used_bytes.clone(),
            disk_bytes_max: self.disk_bytes_max,
            tally: self.tally.clone(),
        }
    }
}

impl<T: Send + 'static> Spool<T> {
    /// Keeps one request; when this returns `Ok`, it survives. Its companion is handed on to the
    /// receiver that [`open`] gave.
    ///
    /// # Errors
    /// [`AppendError`]; the request is then not kept, and the sender should come again.
    pub async fn append(&self, frame: Frame, companion: T) -> Result<Appended, AppendError> {
        let bytes = frame.disk_bytes();
        let used = self.used_bytes.fetch_add(bytes, Ordering::Relaxed) + bytes;
        if used > self.disk_bytes_max {
            self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Err(AppendError::Full(self.disk_bytes_max));
        }
        let (reply, answer) = oneshot::channel();
        let fingerprint = recent::fingerprint(frame.kind, &frame.body);
        let request = Request {
            frame,
            fingerprint,
            companion,
            reply,
        };
        if self.requests.send(request).await.is_err() {
            self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
            return Err(AppendError::Closed);
        }
        answer.await.unwrap_or(Err(AppendError::Closed))
    }

    /// How the spool stands at any time.
    #[must_use]
    pub fn watch(&self) -> Watch {
        Watch {
            used_bytes: self.used_bytes.clone(),
            disk_bytes_max: self.disk_bytes_max,
            tally: self.tally.clone(),
        }
    }
}

/// The way out: reads what was kept, in order of position.
pub struct Outlet {
    reader: Reader,
    end: watch::Receiver<u64>,
}

/// What is stored and what is being inserted.
pub struct Ledger {
    folder: PathBuf,
    cuts: Cuts,
    used_bytes: Arc<AtomicU64>,
    tally: SharedTally,
    body_bytes_max: usize,
    remembered_bytes: u64,
}

/// A spool, opened.
pub struct Opened<T> {
    /// The way in.
    pub spool: Spool<T>,
    /// What came with the requests that were kept.
    pub kept: mpsc::Receiver<Kept<T>>,
    /// The way out.
    pub outlet: Outlet,
    /// What is stored.
    pub ledger: Ledger,
}

/// Opens the spool, cutting a torn tail and reading what the last process left.
///
/// # Errors
/// When the folder cannot be created, read or written.
pub fn open<T: Send + 'static>(options: &Options) -> io::Result<Opened<T>> {
    let folder = &options.folder;
    std::fs::create_dir_all(folder)?;
    let cuts = Cuts::open(folder)?;
    let mut tally = Tally::default();
    let (recent, last_end) = recover(folder, options.body_bytes_max, cuts.done_to, &mut tally)?;
    let tally = Arc::new(Mutex::new(tally));
    let segment = Appender::create(folder, last_end.max(cuts.done_to))?;
    let (end_sender, end) = watch::channel(segment.end());
    let used = segment::list(folder)?
        .iter()
        .map(|s| s.path.metadata().map_or(0, |m| m.len()))
        .sum();
    let used_bytes = Arc::new(AtomicU64::new(used));
    let (requests, waiting) = mpsc::channel(WAITING_MAX);
    let (kept_sender, kept) = mpsc::channel(WAITING_MAX);
    let writer = Writer {
        folder: folder.clone(),
        durability: options.durability,
        segment_bytes: options.segment_bytes,
        segment,
        is_sound: true,
        recent,
        end: end_sender,
        kept: kept_sender,
        used_bytes: used_bytes.clone(),
        tally: tally.clone(),
    };
    std::thread::Builder::new()
        .name("spool".to_owned())
        .spawn(move || writer.run(waiting))?;
    let reader = Reader::new(folder, cuts.done_to, options.body_bytes_max);
    let spool = Spool {
        requests,
        used_bytes: used_bytes.clone(),
        disk_bytes_max: options.disk_bytes_max,
        tally: tally.clone(),
    };
    let body_bytes_max = options.body_bytes_max;
    let outlet = Outlet { reader, end };
    let ledger = Ledger {
        folder: folder.clone(),
        cuts,
        used_bytes,
        tally,
        body_bytes_max,
        remembered_bytes: REMEMBERED_SEGMENTS * options.segment_bytes,
    };
    Ok(Opened {
        spool,
        kept,
        outlet,
        ledger,
    })
}

/// Reads every frame once: remembers its fingerprint, counts what lies behind `done_to`, and cuts the
/// last segment behind its last whole frame. Returns where the next segment begins.
fn recover(
    folder: &Path,
    body_bytes_max: usize,
    done_to: u64,
    tally: &mut Tally,
) -> io::Result<(Recent, u64)> {
    let mut recent = Recent::default();
    let segments = segment::list(folder)?;
    let Some(last) = segments.last() else {
        return Ok((recent, 0));
    };
    let file_end = last.first + last.path.metadata()?.len();
    let mut reader = Reader::new(folder, 0, body_bytes_max);
    let mut whole_end = last.first;
    while let Some((entry, to)) = reader.next(file_end)? {
        if let Entry::Frame(frame) = entry {
            recent.remember(recent::fingerprint(frame.kind, &frame.body));
            whole_end = whole_end.max(to);
            if to > done_to {
                tally.kept(to, frame.disk_bytes(), frame.received);
            }
        }
    }
    if whole_end <= last.first + SEGMENT_HEADER_BYTES {
        // Nothing whole in it, perhaps not even a header.
        std::fs::remove_file(&last.path)?;
        return Ok((recent, last.first));
    }
    if whole_end < file_end {
        tracing::warn!(
            bytes = file_end - whole_end,
            segment = %last.path.display(),
            "the spool's tail was torn by the last end; it was never acknowledged and is cut off"
        );
        let file = std::fs::OpenOptions::new().write(true).open(&last.path)?;
        file.set_len(whole_end - last.first)?;
        file.sync_all()?;
    }
    Ok((recent, whole_end))
}

impl Outlet {
    /// Waits until there is something behind the reading position; false when the spool is closed.
    pub async fn wait(&mut self) -> bool {
        let position = self.reader.position();
        self.end.wait_for(|end| *end > position).await.is_ok()
    }

    /// The next entry and the position behind it, up to `limit` if given; `None` when there is none yet.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn read(&mut self, limit: Option<u64>) -> io::Result<Option<(Entry, u64)>> {
        let end = limit.unwrap_or(u64::MAX).min(*self.end.borrow());
        self.reader.next(end)
    }

    /// Where the next entry will be read.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.reader.position()
    }

    /// Position behind the last kept request.
    #[must_use]
    pub fn end(&self) -> u64 {
        *self.end.borrow()
    }

    /// Whether nothing lies between the reading position and a frame at `from`: at most the header of
    /// a segment, which is smaller than any frame.
    #[must_use]
    pub fn is_next(&self, from: u64) -> bool {
        let gap = from.checked_sub(self.reader.position());
        gap.is_some_and(|gap| gap <= SEGMENT_HEADER_BYTES)
    }

    /// Goes on at `position` without reading what lies before it.
    pub fn skip_to(&mut self, position: u64) {
        self.reader.skip_to(position);
    }
}

impl Ledger {
    /// The stretch whose insert the last process began and did not finish; insert it again, under the
    /// same token.
    #[must_use]
    pub fn unfinished(&self) -> Option<Cut> {
        self.cuts.open
    }

    /// All entries of a stretch with their positions, read again.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn read(&self, cut: Cut) -> io::Result<Vec<(u64, Entry)>> {
        let mut reader = Reader::new(&self.folder, cut.from, self.body_bytes_max);
        let mut entries = Vec::new();
        while let Some((entry, to)) = reader.next(cut.to)? {
            entries.push((to - entry.disk_bytes(), entry));
        }
        Ok(entries)
    }

    /// Notes that `cut` is about to be inserted; gives its token.
    ///
    /// # Errors
    /// When the note cannot be made durable: do not insert then.
    pub fn begin(&mut self, cut: Cut) -> io::Result<String> {
        if self.cuts.open != Some(cut) {
            self.cuts.begin(cut)?;
        }
        Ok(self.cuts.token(cut))
    }

    /// Notes that `cut` is stored and deletes the segments nothing waits in.
    ///
    /// # Errors
    /// When the disk refuses; the stretch stays stored either way.
    pub fn done(&mut self, cut: Cut) -> io::Result<()> {
        self.cuts.done(cut)?;
        lock(&self.tally).stored(cut.to, store::clock::now());
        let segments = segment::list(&self.folder)?;
        let stored = segments
            .windows(2)
            .filter(|pair| pair[1].first <= cut.to)
            .count();
        let (mut files, mut kept_bytes) = (0, 0);
        for segment in segments[..stored].iter().rev() {
            let bytes = segment.path.metadata()?.len();
            if kept_bytes < self.remembered_bytes && files < REMEMBERED_FILES_MAX {
                (files, kept_bytes) = (files + 1, kept_bytes + bytes);
                continue;
            }
            std::fs::remove_file(&segment.path)?;
            self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
