//! The structure that `lang-c`, an independent C parser, finds.

use lang_c::ast::{
    ArraySize, Constant, Declaration, DeclarationSpecifier, Declarator, DeclaratorKind,
    DerivedDeclarator, Ellipsis, Expression, ExternalDeclaration, SpecifierQualifier,
    StructDeclaration, StructKind, TypeSpecifier,
};
use lang_c::driver::{Config, Flavor, parse_preprocessed};
use lang_c::span::Node;

use crate::tree::{BASES, decayed, function};

/// Names and structures of everything declared, with fields as `tag.field`; `None` when the text
/// is refused.
pub(crate) fn structures(text: &str) -> Option<Vec<(String, String)>> {
    let config =
        Config { cpp_command: String::new(), cpp_options: Vec::new(), flavor: Flavor::GnuC11 };
    let parsed = parse_preprocessed(&config, text.to_owned()).ok()?;
    let mut found = Vec::new();
    for item in parsed.unit.0 {
        if let ExternalDeclaration::Declaration(declaration) = item.node {
            declared(&declaration.node, &mut found);
        }
    }
    Some(found)
}

fn declared(declaration: &Declaration, found: &mut Vec<(String, String)>) {
    let specifiers = types(&declaration.specifiers);
    for specifier in &specifiers {
        if let TypeSpecifier::Struct(record) = specifier {
            let tag = record.node.identifier.as_ref().map_or("", |tag| &tag.node.name);
            for field in record.node.declarations.iter().flatten() {
                let StructDeclaration::Field(field) = &field.node else { continue };
                let words =
                    field.node.specifiers.iter().filter_map(|specifier| match &specifier.node {
                        SpecifierQualifier::TypeSpecifier(ty) => Some(&ty.node),
                        _ => None,
                    });
                let base = base(&words.collect::<Vec<_>>());
                for declarator in &field.node.declarators {
                    if let Some(declarator) = &declarator.node.declarator {
                        let (name, structure) = around(&declarator.node, base.clone());
                        found.push((format!("{tag}.{name}"), structure));
                    }
                }
            }
        }
    }
    for declarator in &declaration.declarators {
        found.push(around(&declarator.node.declarator.node, base(&specifiers)));
    }
}

fn types(specifiers: &[Node<DeclarationSpecifier>]) -> Vec<&TypeSpecifier> {
    let types = specifiers.iter().filter_map(|specifier| match &specifier.node {
        DeclarationSpecifier::TypeSpecifier(ty) => Some(&ty.node),
        _ => None,
    });
    types.collect()
}

fn base(specifiers: &[&TypeSpecifier]) -> String {
    let words = specifiers.iter().map(|specifier| match specifier {
        TypeSpecifier::Struct(record) => {
            let keyword = match record.node.kind.node {
                StructKind::Struct => "struct",
                StructKind::Union => "union",
            };
            let tag = record.node.identifier.as_ref().map_or("", |tag| &tag.node.name);
            format!("{keyword} {tag}")
        }
        TypeSpecifier::Enum(found) => {
            let tag = found.node.identifier.as_ref().map_or("", |tag| &tag.node.name);
            format!("enum {tag}")
        }
        TypeSpecifier::TypedefName(name) => name.node.name.clone(),
        TypeSpecifier::Bool => "_Bool".to_owned(),
        TypeSpecifier::Complex => "_Complex".to_owned(),
        simple => format!("{simple:?}").to_lowercase(),
    });
    let sorted = |words: Vec<String>| {
        let mut words: Vec<_> =
            words.iter().flat_map(|word| word.split(' ')).map(str::to_owned).collect();
        words.sort();
        words
    };
    let words = sorted(words.collect());
    let known = BASES.iter().find(|(_, spelled)| sorted(vec![(*spelled).to_owned()]) == words);
    known.map_or_else(|| words.join(" "), |(name, _)| (*name).to_owned())
}

/// Name and structure of a declarator around a base type.
fn around(declarator: &Declarator, mut structure: String) -> (String, String) {
    let pointer =
        |step: &&Node<DerivedDeclarator>| matches!(step.node, DerivedDeclarator::Pointer(_));
    for _ in declarator.derived.iter().filter(pointer) {
        structure = format!("ptr({structure})");
    }
    for step in declarator.derived.iter().rev() {
        structure = match &step.node {
            DerivedDeclarator::Array(array) => {
                let length = match &array.node.size {
                    ArraySize::VariableExpression(length) => match &length.node {
                        Expression::Constant(constant) => match &constant.node {
                            Constant::Integer(integer) => integer.number.to_string(),
                            _ => "?".to_owned(),
                        },
                        _ => "?".to_owned(),
                    },
                    _ => "?".to_owned(),
                };
                format!("arr({length} {structure})")
            }
            DerivedDeclarator::Function(found) => {
                let params = found.node.parameters.iter().map(|param| {
                    let base = base(&types(&param.node.specifiers));
                    let declarator = param.node.declarator.as_ref();
                    decayed(match declarator {
                        Some(declarator) => around(&declarator.node, base).1,
                        None => base,
                    })
                });
                let params = params.filter(|param| param != "void");
                function(&structure, params, found.node.ellipsis == Ellipsis::Some)
            }
            DerivedDeclarator::Pointer(_) => continue,
            other => format!("{other:?}"),
        };
    }
    match &declarator.kind.node {
        DeclaratorKind::Abstract => (String::new(), structure),
        DeclaratorKind::Identifier(name) => (name.node.name.clone(), structure),
        DeclaratorKind::Declarator(inner) => around(&inner.node, structure),
    }
}
