//! Values of a caller as values of a deployed task: a union names the variant that its value has.

use sealkit_idl::core::{Literal, LiteralType, LiteralTypeKind, LiteralValue, Scalar, ScalarValue, Union};

use super::types::{accepts, is_alike};

/// Converts a value of type `given` to type `expected`, which accepts it. Returns `None` if it could be several variants of a union.
pub(super) fn adapt(literal: Literal, given: &LiteralType, expected: &LiteralType) -> Option<Literal> {
    use LiteralTypeKind::{CollectionType, MapValueType, UnionType};

    let Literal { value, hash } = literal;
    let value = match (value?, expected.r#type.as_ref()?, given.r#type.as_ref()) {
        (value, UnionType(union), _) => {
            let (value, of) = variant_of(Literal { value: Some(value), hash }, given)?;
            let variant = only(&union.variants, &of)?;
            return Some(wrap(adapt(value, &of, variant)?, variant));
        }
        (LiteralValue::Collection(mut list), CollectionType(expected), Some(CollectionType(given))) => {
            let items = list.literals.into_iter().map(|item| adapt(item, given, expected));
            list.literals = items.collect::<Option<_>>()?;
            LiteralValue::Collection(list)
        }
        (LiteralValue::Map(mut map), MapValueType(expected), Some(MapValueType(given))) => {
            let entries =
                map.literals.into_iter().map(|(key, item)| Some((key, adapt(item, given, expected)?)));
            map.literals = entries.collect::<Option<_>>()?;
            LiteralValue::Map(map)
        }
        (value, _, _) => value,
    };
    Some(Literal { value: Some(value), hash })
}

/// Returns the value and the type of the variant if the value is one of a union.
fn variant_of(literal: Literal, given: &LiteralType) -> Option<(Literal, LiteralType)> {
    match literal.value {
        Some(LiteralValue::Scalar(scalar)) if matches!(scalar.value, Some(ScalarValue::Union(_))) => {
            let Some(ScalarValue::Union(union)) = scalar.value else { return None };
            Some((union.value?, union.r#type?))
        }
        value => Some((Literal { value, ..literal }, given.clone())),
    }
}

/// Returns the variant that accepts a type: the only one, or the only one that is alike.
fn only<'v>(variants: &'v [LiteralType], of: &LiteralType) -> Option<&'v LiteralType> {
    let accepting: Vec<&LiteralType> = variants.iter().filter(|variant| accepts(variant, of)).collect();
    let alike: Vec<&LiteralType> =
        accepting.iter().copied().filter(|variant| is_alike(variant, of)).collect();
    match (&*accepting, &*alike) {
        ([only], _) | (_, [only]) => Some(only),
        _ => None,
    }
}

/// Makes a value a variant of a union.
pub fn wrap(value: Literal, variant: &LiteralType) -> Literal {
    let union = Union { value: Some(value), r#type: Some(variant.clone()) };
    let scalar = Scalar { value: Some(ScalarValue::Union(Box::new(union))) };
    Literal { value: Some(LiteralValue::Scalar(Box::new(scalar))), ..Literal::default() }
}
