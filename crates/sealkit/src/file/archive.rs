//! The search inside of compressed files and archives: gzip, zstd and zip, one level deep.

use std::{
    cell::Cell,
    fs,
    io::{self, BufRead, BufReader, Read},
};

use flate2::read::{DeflateDecoder, MultiGzDecoder};
use rawzip::{CompressionMethod, RECOMMENDED_BUFFER_SIZE, ZipArchive};
use ruzstd::decoding::{
    BlockDecodingStrategy, FrameDecoder,
    errors::{FrameDecoderError, ReadFrameHeaderError},
};
use sealkit_guard::Guard;

use super::scan::{Positioned, Scan};

/// How many decompressed bytes of a file are searched.
const LIMIT: u64 = 1 << 30;
/// The largest window of zstd: more would need more memory than the pods of small tasks have. `zstd --long` makes larger ones.
const MAX_WINDOW: u64 = 16 << 20;
/// Formats that are recognized, but not decompressed.
const OTHERS: [(&[u8], &str); 4] =
    [(b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "rar")];

/// Searches what `file` contains in compressed form.
pub(super) fn scan(guard: &Guard, file: &fs::File, scan: &mut Scan) -> io::Result<()> {
    let mut magic = [0; 8];
    let read = Positioned { file, position: 0 }.read(&mut magic)?;
    let starts_with = |text: &[u8]| magic[..read].starts_with(text);
    let whole = || BufReader::new(Positioned { file, position: 0 });
    let budget = Cell::new(LIMIT);
    let searched = if starts_with(b"\x1f\x8b") {
        search(guard, MultiGzDecoder::new(whole()), "decompressed", &budget, scan)
    } else if starts_with(b"\x28\xb5\x2f\xfd") {
        search(guard, Frames::new(whole()), "decompressed", &budget, scan)
    } else if starts_with(b"PK\x03\x04") {
        search_zip(guard, file, &budget, scan)
    } else if let Some((_, name)) = OTHERS.iter().find(|(magic, _)| starts_with(magic)) {
        Err(format!("it is compressed with {name}"))
    } else {
        Ok(())
    };
    if let Err(reason) = searched {
        scan.unsearched = Some(reason);
    }
    Ok(())
}

/// Searches what `decoder` yields, up to the budget. Returns why it was not all.
fn search(
    guard: &Guard,
    decoder: impl Read,
    part: &str,
    budget: &Cell<u64>,
    scan: &mut Scan,
) -> Result<(), String> {
    let mut error = None;
    let until_error = UntilError { decoder: decoder.take(budget.get()), error: &mut error };
    let length = scan.search(guard, until_error, Some(part)).map_err(|error| error.to_string())?;
    budget.set(budget.get().saturating_sub(length));
    match error {
        Some(error) => Err(format!("the compressed data cannot be read: {error}")),
        None if budget.get() == 0 => Err(format!("only the first {} MiB of what it contains", LIMIT >> 20)),
        None => Ok(()),
    }
}

/// A reader that ends at the first error: what comes before it is searched all the same.
struct UntilError<'e, R> {
    decoder: R,
    error: &'e mut Option<io::Error>,
}

impl<R: Read> Read for UntilError<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.error.is_some() {
            return Ok(0);
        }
        self.decoder.read(buffer).or_else(|error| {
            *self.error = Some(error);
            Ok(0)
        })
    }
}

/// The content of the frames of a zstd file, one after the other.
struct Frames<R> {
    source: R,
    decoder: FrameDecoder,
}

impl<R: BufRead> Frames<R> {
    fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(MAX_WINDOW);
        Self { source, decoder }
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.decoder.can_collect() == 0 {
            if !self.decoder.is_finished() {
                let one = BlockDecodingStrategy::UptoBlocks(1);
                self.decoder.decode_blocks(&mut self.source, one).map_err(io::Error::other)?;
            } else if self.source.fill_buf()?.is_empty() {
                return Ok(0);
            } else {
                match self.decoder.init(&mut self.source) {
                    Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                        length,
                        ..
                    })) => drop(io::copy(&mut self.source.by_ref().take(length.into()), &mut io::sink())?),
                    started => started.map_err(io::Error::other)?,
                }
            }
        }
        self.decoder.read(buffer)
    }
}

/// Searches the members of a zip archive.
fn search_zip(guard: &Guard, file: &fs::File, budget: &Cell<u64>, scan: &mut Scan) -> Result<(), String> {
    let malformed = |error: rawzip::Error| format!("the zip archive cannot be read: {error}");
    let mut buffer = vec![0; RECOMMENDED_BUFFER_SIZE];
    // Not the file itself: it is copied at the same time, from its own position on.
    let file = Positioned { file, position: 0 };
    let archive = ZipArchive::from_seekable(file, &mut buffer).map_err(malformed)?;
    let mut entries = archive.entries(&mut buffer);
    let mut first_problem = Ok(());
    while let Some(entry) = entries.next_entry().map_err(malformed)? {
        if entry.is_dir() {
            continue;
        }
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let part = format!("member `{}` of", guard.redact_text(&sealkit_names::escape(&name)));
        let (method, is_encrypted) = (entry.compression_method(), entry.flags().is_encrypted());
        let member = archive.get_entry(entry.wayfinder()).map_err(malformed)?;
        let data = BufReader::new(member.reader());
        let searched = if is_encrypted {
            Err("it is encrypted".to_owned())
        } else if method == CompressionMethod::STORE {
            search(guard, data, &part, budget, scan)
        } else if method == CompressionMethod::DEFLATE {
            search(guard, DeflateDecoder::new(data), &part, budget, scan)
        } else if method == CompressionMethod::ZSTD {
            search(guard, Frames::new(data), &part, budget, scan)
        } else {
            Err("its compression is not supported".to_owned())
        };
        if let Err(reason) = searched {
            first_problem =
                first_problem.and(Err(format!("member `{}`: {reason}", sealkit_names::escape(&name))));
        }
    }
    first_problem
}
