// SPDX-License-Identifier: MIT OR Apache-2.0
//! Waveforms of the linked core: a feature of the build.

use syncline_sim::Simulation;

#[test]
fn a_waveform_is_written_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("core").with_extension(Simulation::WAVEFORM_EXTENSION);
    let mut simulation = Simulation::builder().build().unwrap();
    let opened = simulation.open_waveform(&path);
    assert_eq!(opened.is_ok(), cfg!(feature = "trace"), "{opened:?}");
    simulation.step(100);
    simulation.close_waveform();
    assert_eq!(path.is_file(), cfg!(feature = "trace"));
}
