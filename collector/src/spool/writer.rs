//! The writing thread: one owner of the open segment. Whatever arrived while the disk was busy is
//! written together and made durable by one `fdatasync` (group commit).

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::{mpsc, oneshot, watch};

use super::frame::Frame;
use super::recent::{Fingerprint, Recent};
use super::segment::{Appender, SEGMENT_HEADER_BYTES};
use super::{AppendError, Appended, Durability, Kept, SharedTally, lock};

/// Most bytes written by one commit: a request behind it waits for the disk once more.
const GROUP_BYTES_MAX: usize = 16 << 20;
/// Bodies below this are gathered into one write.
const GATHERED_BYTES_MAX: usize = 64 << 10;

pub(super) struct Request<T> {
    pub(super) frame: Frame,
    pub(super) fingerprint: Fingerprint,
    pub(super) companion: T,
    pub(super) reply: oneshot::Sender<Result<Appended, AppendError>>,
}

pub(super) struct Writer<T> {
    pub(super) folder: PathBuf,
    pub(super) durability: Durability,
    pub(super) segment_bytes: u64,
    pub(super) segment: Appender,
    /// Whether `segment` may be appended to; if not, [`Writer::mend`] comes first.
    pub(super) is_sound: bool,
    pub(super) recent: Recent,
    /// Position up to which frames may be read and shipped.
    pub(super) end: watch::Sender<u64>,
    /// What came with each kept request, in the order of positions.
    pub(super) kept: mpsc::Sender<Kept<T>>,
    /// Bytes that appended or waiting frames take.
    pub(super) used_bytes: Arc<AtomicU64>,
    /// What is kept and not yet stored.
    pub(super) tally: SharedTally,
}

impl<T> Writer<T> {
    /// Runs until every sender is gone and every request is answered.
    pub(super) fn run(mut self, mut requests: mpsc::Receiver<Request<T>>) {
        let mut group = Vec::new();
        while let Some(first) = requests.blocking_recv() {
            let mut bytes = first.frame.body.len();
            group.push(first);
            while bytes < GROUP_BYTES_MAX
                && let Ok(next) = requests.try_recv()
            {
                bytes += next.frame.body.len();
                group.push(next);
            }
            self.commit(&mut group);
        }
    }

    /// Writes the group and answers everyone in it. All of it is durable, or none of it was written.
    fn commit(&mut self, group: &mut Vec<Request<T>>) {
        let was_sound = self.is_sound;
        let mended = self.mend();
        if mended.is_ok() && !was_sound {
            tracing::info!("the spool can be written again");
        }
        let (before, position) = (self.segment.length, self.segment.end());
        let mut fresh = Vec::with_capacity(group.len());
        for request in group.iter() {
            let repeated = self.recent.contains(request.fingerprint);
            self.recent.remember(request.fingerprint);
            fresh.push(!repeated);
        }
        let result = mended
            .and_then(|()| self.write(group, &fresh))
            .and_then(|()| match self.durability {
                Durability::Disk => self.segment.sync(),
                Durability::PageCache => Ok(()),
            });
        if let Err(error) = &result {
            for (request, _) in group.iter().zip(&fresh).filter(|(_, fresh)| **fresh) {
                self.recent.forget(request.fingerprint);
            }
            self.abandon(before, error);
        }
        let result = result.map_err(|error| AppendError::Io(Arc::new(error)));
        self.answer(group, &fresh, &result, position);
        if result.is_ok() {
            self.roll_if_full();
        }
    }

    fn write(&mut self, group: &[Request<T>], fresh: &[bool]) -> std::io::Result<()> {
        let mut gathered = Vec::new();
        for (request, _) in group.iter().zip(fresh).filter(|(_, fresh)| **fresh) {
            gathered.extend_from_slice(&request.frame.header(self.segment.mark));
            if request.frame.body.len() < GATHERED_BYTES_MAX {
                gathered.extend_from_slice(&request.frame.body);
                continue;
            }
            self.segment.append(&gathered)?;
            gathered.clear();
            self.segment.append(&request.frame.body)?;
        }
        self.segment.append(&gathered)
    }

    /// Hands on what was kept, in order, then says how far may be read, then answers everyone.
    fn answer(
        &self,
        group: &mut Vec<Request<T>>,
        fresh: &[bool],
        result: &Result<(), AppendError>,
        mut position: u64,
    ) {
        let mut replies = Vec::with_capacity(group.len());
        for (request, fresh) in group.drain(..).zip(fresh) {
            let bytes = request.frame.disk_bytes();
            if !fresh || result.is_err() {
                self.used_bytes.fetch_sub(bytes, Ordering::Relaxed);
            }
            if result.is_ok() {
                let at = fresh.then_some((position, position + bytes));
                if *fresh {
                    position += bytes;
                    lock(&self.tally).kept(position, bytes, request.frame.received);
                }
                // Nobody takes it any more when the shipper has ended; the request is kept all the same.
                let _ = self.kept.blocking_send(Kept {
                    at,
                    companion: request.companion,
                });
            }
            let said = result.clone().map(|()| match fresh {
                true => Appended::Stored,
                false => Appended::Repeated,
            });
            replies.push((request.reply, said));
        }
        self.end.send_replace(self.segment.end());
        for (reply, said) in replies {
            let _ = reply.send(said); // a client that left needs no answer
        }
    }

    /// After a failed write or sync the kernel may have dropped the pages, so this file is not trusted
    /// any more. Said once, not for each request that is refused meanwhile.
    fn abandon(&mut self, durable_length: u64, error: &std::io::Error) {
        self.segment.length = durable_length;
        if std::mem::replace(&mut self.is_sound, false) {
            tracing::error!(%error, "writing the spool failed; requests are refused until it works");
            // What failed must not be found by a restart as if it had been kept. If this fails, too, the
            // next request tries again.
            let _ = self.mend();
        }
    }

    fn roll_if_full(&mut self) {
        if self.segment.length >= self.segment_bytes {
            self.is_sound = false;
            if let Err(error) = self.mend() {
                tracing::error!(%error, "beginning a segment failed; requests are refused until it works");
            }
        }
    }

    /// Cuts a segment that is not to be appended to back to what is durable, and goes on in a new one.
    /// Until that is done nothing may be written: half a new segment, left by a failed attempt, would
    /// hide what stands behind it in the old one.
    fn mend(&mut self) -> std::io::Result<()> {
        if self.is_sound {
            return Ok(());
        }
        self.segment.cut(self.segment.length)?;
        // Where nothing was ever kept, the same name would be taken again.
        if self.segment.length > SEGMENT_HEADER_BYTES {
            self.segment = Appender::create(&self.folder, self.segment.end())?;
            self.used_bytes
                .fetch_add(SEGMENT_HEADER_BYTES, Ordering::Relaxed);
        }
        self.is_sound = true;
        Ok(())
    }
}
