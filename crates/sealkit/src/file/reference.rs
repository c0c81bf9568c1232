//! What `File` and `Dir` have in common: they refer to content, with a format and a hash.

/// Implements the accessors and traits of `$type`, which has a `reference` and a `format`. `$what` is its name in texts.
macro_rules! reference_type {
    ($type:ident, $what:literal) => {
        impl<F> $type<F> {
            fn of(reference: crate::Reference) -> Self {
                Self { reference, format: std::marker::PhantomData }
            }

            /// Returns the path or the URI.
            pub fn uri(&self) -> &str {
                self.reference.uri()
            }

            #[doc = concat!("Returns the last part of the path or the URI: the name of the ", $what, ".")]
            pub fn name(&self) -> &str {
                crate::file::paths::last_name(self.uri())
            }

            /// Returns the format, such as `csv`. It is empty if there is none.
            pub fn format(&self) -> &str {
                self.reference.format()
            }

            #[doc = concat!("Returns the hash: that of [`with_hash`](Self::with_hash), or of the one who uploaded the ", $what, ".")]
            pub fn hash(&self) -> Option<&str> {
                self.reference.hash()
            }

            /// Sets the hash, which may be any text: Flyte computes cache keys from it instead of the URI.
            #[must_use]
            pub fn with_hash(mut self, hash: impl Into<String>) -> Self {
                self.reference = self.reference.with_hash(hash);
                self
            }

            #[doc = concat!("Sets the format, which Flyte keeps with the ", $what, ".")]
            #[must_use]
            pub fn with_format(mut self, format: impl Into<String>) -> Self {
                self.reference = self.reference.with_format(format);
                self
            }

            #[doc = concat!("Returns the same ", $what, " with another type parameter. Without a format, it gets the format of the type.")]
            pub fn into_format<G: crate::FileFormat>(self) -> $type<G> {
                $type::of(self.reference.with_default_format(G::NAME))
            }
        }

        #[diagnostic::do_not_recommend]
        impl<F: crate::FileFormat> crate::TaskType for $type<F> {
            const TYPE: crate::Type = crate::Type::$type(F::NAME);

            fn to_value(&self) -> Result<crate::Value, crate::ValueError> {
                Ok(crate::Value::Reference(self.reference.clone()))
            }

            fn from_value(value: crate::Value) -> Result<Self, crate::ValueError> {
                let reference = crate::file::paths::reference_of(value, $what)?;
                Ok(Self::of(reference.with_default_format(F::NAME)))
            }
        }

        impl<F> Clone for $type<F> {
            fn clone(&self) -> Self {
                Self::of(self.reference.clone())
            }
        }

        impl<F> PartialEq for $type<F> {
            fn eq(&self, other: &Self) -> bool {
                self.reference == other.reference
            }
        }

        impl<F> Eq for $type<F> {}

        impl<F> std::hash::Hash for $type<F> {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.uri().hash(state);
            }
        }

        /// Shows the reference.
        impl<F> std::fmt::Debug for $type<F> {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($type)).field(&self.reference).finish()
            }
        }
    };
}

pub(super) use reference_type;
