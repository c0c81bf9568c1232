//! The formats of files.

/// The format of a [`File`](crate::File) or of the files of a [`Dir`](crate::Dir), as flytekit's `FlyteFile["csv"]`.
///
/// It is a name in the interface of a task: the content is not checked.
///
/// # Examples
///
/// ```
/// use sealkit::{File, FileFormat, TaskType, Type, task};
///
/// #[derive(Debug)]
/// struct Csv;
///
/// impl FileFormat for Csv {
///     const NAME: &'static str = "csv";
/// }
///
/// #[task]
/// fn rows(table: File<Csv>) -> sealkit::Result<usize> {
///     Ok(table.text()?.lines().count())
/// }
///
/// assert!(matches!(File::<Csv>::TYPE, Type::File("csv")));
/// let table = File::from_bytes("rows.csv", "a,b\n1,2\n")?.into_format();
/// assert_eq!(rows(table)?, 2);
///
/// let missing = File::new("/nonexistent/rows.csv").into_format();
/// assert!(rows(missing).unwrap_err().to_string().contains("No such file"));
/// # Ok::<(), sealkit::Error>(())
/// ```
pub trait FileFormat: 'static {
    /// The name, such as `csv`. An empty name is any format.
    const NAME: &'static str;
}

/// Any format: the default of [`File`](crate::File) and [`Dir`](crate::Dir).
#[derive(Clone, Copy, Debug)]
pub struct AnyFormat(());

impl FileFormat for AnyFormat {
    const NAME: &'static str = "";
}
