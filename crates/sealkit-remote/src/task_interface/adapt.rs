//! Values of a caller as values of a deployed task: a union names the variant that its value has.

use sealkit_idl::core::{Literal, LiteralType, LiteralTypeKind, LiteralValue, ScalarValue, Union};

use super::types::{accepts, is_alike};

/// Converts a value of type `given` to type `expected`, which accepts it. Returns `None` if it could be several variants of a union.
pub(super) fn adapt(literal: Literal, given: &LiteralType, expected: &LiteralType) -> Option<Literal> {
    use LiteralTypeKind::{CollectionType, MapValueType, UnionType};

    let Literal { value, hash } = literal;
    let value = match (value?, expected.r#type.as_ref()?, given.r#type.as_ref()) {
        (value, UnionType(union), _) => {
            let (value, of) = variant_of(Literal { value: Some(value), hash }, given)?;
            let variant = find_variant(&union.variants, &of)?;
            return Some(into_variant(adapt(value, &of, variant)?, variant));
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
fn find_variant<'v>(variants: &'v [LiteralType], of: &LiteralType) -> Option<&'v LiteralType> {
    let accepting: Vec<&LiteralType> = variants.iter().filter(|variant| accepts(variant, of)).collect();
    let alike: Vec<&LiteralType> =
        accepting.iter().copied().filter(|variant| is_alike(variant, of)).collect();
    match (&*accepting, &*alike) {
        ([only], _) | (_, [only]) => Some(only),
        _ => None,
    }
}

/// Makes a value a variant of a union.
pub fn into_variant(value: Literal, variant: &LiteralType) -> Literal {
    ScalarValue::Union(Box::new(Union { value: Some(value), r#type: Some(variant.clone()) })).into()
}

#[cfg(test)]
mod tests {
    use sealkit_idl::core::{EnumType, PrimitiveValue, SimpleType, UnionType};

    use super::*;

    fn union(variants: Vec<LiteralType>) -> LiteralType {
        LiteralType::from(LiteralTypeKind::UnionType(UnionType { variants }))
    }

    fn choice(value: &str) -> LiteralType {
        LiteralType::from(LiteralTypeKind::EnumType(EnumType { values: vec![value.to_owned()] }))
    }

    #[test]
    fn a_value_becomes_the_only_variant_that_accepts_it() {
        let (integer, text) = (LiteralType::from(SimpleType::Integer), LiteralType::from(SimpleType::String));
        let expected = union(vec![integer.clone(), text.clone(), choice("red")]);
        let number = Literal::from(PrimitiveValue::Integer(5));
        let adapted = adapt(number.clone(), &integer, &expected);
        assert_eq!(adapted, Some(into_variant(number.clone(), &integer)));
        // A variant of another union.
        let optional = union(vec![LiteralType::from(SimpleType::None), integer.clone()]);
        assert_eq!(adapt(into_variant(number.clone(), &integer), &optional, &expected), adapted);
        // The type that is alike takes precedence over one that only accepts the value.
        let word = Literal::from(PrimitiveValue::StringValue("red".to_owned()));
        assert_eq!(adapt(word.clone(), &text, &expected), Some(into_variant(word.clone(), &text)));
        assert_eq!(adapt(word, &text, &union(vec![choice("red"), choice("green")])), None);
        assert_eq!(adapt(number.clone(), &integer, &integer), Some(number));
    }
}
