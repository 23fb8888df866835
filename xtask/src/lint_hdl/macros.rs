// SPDX-License-Identifier: MIT OR Apache-2.0
//! Blocks that are written by `macro_rules!`: the body of an arm is read as Rust with `$name` as `name`.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

/// One arm of a macro.
pub struct Arm {
    pub line: usize,
    pub metavariables: Vec<String>,
    pub parsed: syn::Result<syn::File>,
}

/// The arms whose bodies hold an update function.
pub fn arms(tokens: TokenStream) -> Vec<Arm> {
    let groups: Vec<Group> =
        tokens.into_iter().filter_map(|t| if let TokenTree::Group(g) = t { Some(g) } else { None }).collect();
    groups
        .chunks_exact(2)
        .filter(|pair| pair[1].to_string().contains("hdl_gen"))
        .map(|pair| {
            let mut metavariables = vec![];
            names(pair[0].stream(), &mut metavariables);
            Arm {
                line: pair[1].span_open().start().line,
                metavariables,
                parsed: syn::parse2(plain(pair[1].stream())),
            }
        })
        .collect()
}

/// The `$name`s of a matcher.
fn names(tokens: TokenStream, out: &mut Vec<String>) {
    let mut after_dollar = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) if after_dollar => out.push(ident.to_string()),
            TokenTree::Group(group) => names(group.stream(), out),
            _ => {}
        }
        after_dollar = matches!(&token, TokenTree::Punct(p) if p.as_char() == '$');
    }
}

/// The body without `$`: names stay, repetitions happen once.
fn plain(tokens: TokenStream) -> TokenStream {
    let mut out: Vec<TokenTree> = vec![];
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let dollar = matches!(&token, TokenTree::Punct(p) if p.as_char() == '$');
        match tokens.peek() {
            Some(TokenTree::Group(group)) if dollar && group.delimiter() == Delimiter::Parenthesis => {
                out.extend(plain(group.stream()));
                tokens.next();
                // The separator, if there is one, and the operator of the repetition.
                while let Some(TokenTree::Punct(p)) = tokens.next() {
                    if "*+?".contains(p.as_char()) {
                        break;
                    }
                }
            }
            _ if dollar => {}
            _ => out.push(match token {
                TokenTree::Group(group) => {
                    let mut plain = Group::new(group.delimiter(), plain(group.stream()));
                    plain.set_span(group.span());
                    TokenTree::Group(plain)
                }
                other => other,
            }),
        }
    }
    out.into_iter().collect()
}
