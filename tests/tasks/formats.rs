//! Formats of files.

use sealkit::FileFormat;

pub(crate) struct Csv;

impl FileFormat for Csv {
    const NAME: &'static str = "csv";
}

pub(crate) struct Jpg;

impl FileFormat for Jpg {
    const NAME: &'static str = "jpg";
}
