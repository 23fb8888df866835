// SPDX-License-Identifier: MIT OR Apache-2.0
//! Hand-written Verilog through the whole path: Verilate, compile, load, drive.

use syncline_verilate::{Direction, Model, Options, Source, Trace, Verilator};

fn counter() -> Source {
    let text = "module counter(input wire clock, input wire reset, input wire [511:0] add, output reg [511:0] sum,
            input wire [6:0] narrow, output wire [6:0] inverted, input wire [47:0] now, output wire [47:0] later,
            input wire [15:0] short__name, output wire odd);
        assign inverted = ~narrow;
        assign later = now + 48'd1;
        assign odd = ^short__name;
        initial sum = 512'd0;
        always @(posedge clock) if (reset) sum <= 512'd0; else sum <= sum + add;
    endmodule";
    Source::new("counter", text)
}

#[test]
fn every_kind_of_port() {
    let mut model = Model::build(&counter(), Options::default()).unwrap();
    let port = |name: &str| model.port(name).unwrap();
    let (clock, reset, add, sum) = (port("clock"), port("reset"), port("add"), port("sum"));
    let (narrow, inverted, now, later) = (port("narrow"), port("inverted"), port("now"), port("later"));
    let (short, odd) = (port("short__name"), port("odd"));
    assert_eq!(model.info(sum).width, 512);
    assert_eq!(model.info(sum).direction, Direction::Output);
    assert_eq!(model.ports().count(), 10);
    assert!(model.port("nothing").unwrap_err().to_string().contains("short__name"));

    model.set_u64(narrow, 0xff55); // The bits beyond the width are dropped.
    model.set_u64(now, (1 << 48) - 1);
    model.set_u64(short, 0x8001);
    model.eval();
    assert_eq!(model.get_u64(inverted), !0x55 & 0x7f);
    assert_eq!(model.get_u64(later), 0);
    assert!(!model.get_bool(odd));

    let mut words = [0; 16];
    (words[0], words[15]) = (u32::MAX, 7);
    model.set_words(add, &words);
    model.tick(clock);
    assert_eq!(model.get_words(sum), words);
    model.tick_n(clock, 2);
    let mut want = [0; 16];
    (want[0], want[1], want[15]) = (u32::MAX - 2, 2, 21);
    assert_eq!(model.get_words(sum), want);
    model.set_bytes(add, &[1]);
    model.eval();
    model.edge(clock);
    assert_eq!(model.get_u64(sum), 2 << 32 | u64::from(u32::MAX - 1));
    model.set_bool(reset, true);
    model.tick(clock);
    assert_eq!(model.get_bytes(sum), [0; 64]);
}

#[test]
fn models_are_independent() {
    let mut models: Vec<_> = (0..2).map(|_| Model::build(&counter(), Options::default()).unwrap()).collect();
    let (clock, add) = (models[0].port("clock").unwrap(), models[0].port("add").unwrap());
    let sum = models[0].port("sum").unwrap();
    for (i, model) in models.iter_mut().enumerate() {
        model.set_u64(add, i as u64 + 1);
    }
    let one = models.remove(0);
    let mut one = std::thread::spawn(move || {
        let mut one = one;
        one.tick_n(clock, 10);
        one
    })
    .join()
    .unwrap();
    models[0].tick_n(clock, 10);
    assert_eq!((one.get_u64(sum), models[0].get_u64(sum)), (10, 20));
    one.set_u64(add, 0);
}

#[test]
fn errors_say_what_verilator_said() {
    let bad = Source::new("bad", "module bad(output wire y); assign y = nothing; endmodule");
    let error = format!("{:#}", Model::build(&bad, Options::default()).unwrap_err());
    assert!(error.contains("nothing"), "{error}");
}

#[test]
fn lint_reports_widths() {
    let text = "module wide(input wire [7:0] a, output wire [3:0] y); assign y = a; endmodule";
    let verilator = Verilator::find().unwrap();
    assert!(verilator.lint(&Source::new("wide", text), &[]).unwrap().contains("WIDTH"));
    let clean = "module clean(input wire [3:0] a, output wire [3:0] y); assign y = a; endmodule";
    assert_eq!(verilator.lint(&Source::new("clean", clean), &["-Wno-DECLFILENAME"]).unwrap().trim(), "");
}

#[test]
fn waveforms() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("counter");
    let mut plain = Model::build(&counter(), Options::default()).unwrap();
    assert!(plain.open_trace(&file).is_err());
    // FST needs libraries that may not be here.
    for trace in [Trace::Vcd, Verilator::find().unwrap().best_trace()] {
        let mut model = Model::build(&counter(), Options { trace, ..Options::default() }).unwrap();
        model.open_trace(&file).unwrap();
        let clock = model.port("clock").unwrap();
        model.tick_n(clock, 3);
        model.close_trace();
        let bytes = std::fs::read(&file).unwrap();
        if trace == Trace::Vcd {
            let text = String::from_utf8(bytes).unwrap();
            assert!(text.contains("$enddefinitions") && text.contains("#5"), "{text}");
        } else {
            // The first block of an FST file is its header, of 329 bytes.
            assert_eq!(bytes[..9], [0, 0, 0, 0, 0, 0, 0, 1, 73]);
        }
    }
}
