// SPDX-License-Identifier: MIT OR Apache-2.0
use super::*;

fn update(body: &str) -> String {
    format!("impl Logic for X {{\n#[hdl_gen]\nfn update(&mut self) {{\n{body}\n}}\n}}")
}

/// The lines of the findings, the first line of the body being 4.
fn lines(body: &str) -> Vec<usize> {
    let (findings, functions) = scan(&update(body)).expect("parses");
    assert_eq!(functions, 1);
    findings.iter().map(|f| f.line).collect()
}

#[test]
fn the_project_has_nothing_to_find() {
    run(crate::run::root()).unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn good_code_passes() {
    let body = "
        dff_setup!(self, clock, state);
        for i in 0..8 { self.a[7 - i].next = self.b.val().get_bit(i); }
        self.c.next = bit_cast::<8, 4>(self.d.val()) + bits::<8>(3) + 1;
        self.e.next = self.f.val().to_bits();
        self.g.next = self.h.val().get_bits::<8>(self.i.val().index() * 8);
        self.z.next = signed_bit_cast::<16, 8>(self.y.val());
        for i in 0..4 { if self.half.val().index() == i * 2 { self.one[i].next = true; } }
        match self.i.val().index() { 0 => {} 1 => { self.j.next = true; } _ => {} }
        match self.state.q.val() { Rx::Idle => { self.state.d.next = Rx::Body; } _ => {} }
        StreamIn::<T>::link(&mut self.inp, &mut self.s[0].inp);
        self.k.next = 5_u8.to_bits();";
    assert_eq!(lines(body), Vec::<usize>::new());
}

#[test]
fn what_the_macro_drops_is_found() {
    for bad in [
        "for i in 0..=7 { self.a[i].next = true; }",
        "match self.a.val() { X::A if self.b.val() => {} _ => {} }",
        "self.a.next = bits_of(self.b.val());",
        "self.a.next = bit_cast_twice::<8, 4>(self.b.val());",
        "self.a.next = Bits::<8>::from(self.b.val());",
        "self.a.next = helper(self.b.val());",
        "self.a.next = self.b.val().to_bits() + self.c.val();",
        "self.a.next = signed_bit_cast::<8, 4>(self.b.val()) + self.c.val();",
        "self.a.next = self.b.val().get_bit((self.c.val() + 1).index());",
        "if self.b.val().index() + 1 == 4 { self.a.next = true; }",
        "match self.b.val().index() + 1 { 4 => {} _ => {} }",
        "match self.b.val() { other => {} }",
        "match self.b.val() { n @ 1..=3 => {} _ => {} }",
        "self.a.next = self.b.val() + DEPTH;",
        "self.a.next = self.b.val().get_bits::<4>(N);",
        "#[cfg(test)] { self.a.next = true; }",
        "match self.b.val() { #[cfg(test)] X::A => {} _ => {} }",
        "for i in 0..2 { for i in 0..2 { self.a[i].next = true; } }",
    ] {
        assert!(!lines(&format!("\n\n{bad}")).is_empty(), "not found: {bad}");
        assert!(lines(&format!("\n\n{bad}")).iter().all(|l| *l == 6), "wrong line: {bad}");
    }
}

#[test]
fn imitations_are_found() {
    let (findings, _) = scan("fn bit_cast<const N: usize>(x: u8) -> u8 { x }").expect("parses");
    assert_eq!(findings.len(), 1);
}

#[test]
fn blocks_written_by_macros_are_read() {
    let text = |last: &str| {
        format!(
            "macro_rules! tree {{\n($name:ident, $n:tt, $($t:ty),*) => {{\n$(impl Of<$t> for $name {{}})*\nimpl Logic for $name {{\n\
             #[hdl_gen]\nfn update(&mut self) {{\nfor i in 0{last}$n {{ self.a[$n - i].next = self.b.val().get_bit($n); }}\n}}\n}}\n}};\n}}"
        )
    };
    assert_eq!(scan(&text("..")).expect("parses"), (vec![], 1));
    let (findings, _) = scan(&text("..=")).expect("parses");
    assert_eq!(findings.iter().map(|f| f.line).collect::<Vec<_>>(), [7]);
    let (findings, _) = scan("\nblock!(X, #[hdl_gen] fn update(&mut self) {});").expect("parses");
    assert_eq!(findings.iter().map(|f| f.line).collect::<Vec<_>>(), [2]);
    let (findings, _) = scan("macro_rules! m { () => { #[hdl_gen] fn } }").expect("parses");
    assert_eq!(findings.len(), 1);
}
