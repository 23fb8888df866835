// SPDX-License-Identifier: MIT OR Apache-2.0
//! Every block of `pcie` is printed, linted and read by the synthesis tool.

use syncline_hdl::emit::bench::{lint_and_synthesise, print_block};

use super::builder::Builder;
use super::byte_enables::ByteEnables;
use super::completer::Completer;
use super::describe::Describe;
use super::dispatch::Dispatch;
use super::intake::Intake;
use super::lanes::{Merge64, Merge512, Rotate64, Rotate512};
use super::lowest::LowestLane;
use super::outlet::Outlet;
use super::reader::Reader;
use super::registers::RegisterPort;
use super::request::Classify;
use super::room::Room;
use super::shape::Shape;
use super::write::WritePath;

#[test]
fn blocks_lint_and_synthesise() {
    let designs = [
        print_block(Rotate512::default(), "rotate_512"),
        print_block(Rotate64::default(), "rotate_64"),
        print_block(Merge512::default(), "merge_512"),
        print_block(Merge64::default(), "merge_64"),
        print_block(ByteEnables::default(), "byte_enables"),
        print_block(Classify::default(), "classify"),
        print_block(Describe::default(), "describe"),
        print_block(Shape::default(), "shape"),
        print_block(LowestLane::default(), "lowest_lane"),
        print_block(Room::default(), "room"),
        print_block(Intake::default(), "intake"),
        print_block(Dispatch::new(1 << 20, 1 << 22), "dispatch"),
        print_block(WritePath::default(), "write_path"),
        print_block(RegisterPort::default(), "register_port"),
        print_block(Reader::default(), "reader"),
        print_block(Builder::default(), "builder"),
        print_block(Outlet::default(), "outlet"),
        print_block(Completer::default(), "completer"),
    ];
    lint_and_synthesise(&designs);
}
