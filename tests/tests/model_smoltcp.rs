// SPDX-License-Identifier: MIT OR Apache-2.0
//! The reference model against a TCP that we did not write: smoltcp, over a link that loses, repeats and reorders.
//!
//! `SYNCLINE_SEED=n` runs one seed alone, `SYNCLINE_SEEDS=n` sets how many run.

use std::{
    collections::{BTreeMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
};

use smoltcp::{
    iface::{Config, Interface, SocketHandle, SocketSet},
    phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken},
    socket::tcp,
    time::Instant,
    wire::{
        EthernetAddress, EthernetFrame, EthernetProtocol, HardwareAddress, IpCidr, IpListenEndpoint,
        Ipv4Address, Ipv4Packet, TcpOption, TcpPacket,
    },
};
use syncline_model::{
    endpoint::{Endpoint, Handle, Segment, Setup},
    tcb::{self, Op, flags::*},
};
use syncline_tests::{
    script::text,
    subject::{LOCAL, PEER},
    wire,
};

#[derive(Default)]
struct Queues {
    to_peer: VecDeque<Vec<u8>>,
    from_peer: VecDeque<Vec<u8>>,
}

struct Rx(Vec<u8>);
struct Tx<'a>(&'a mut VecDeque<Vec<u8>>);

impl RxToken for Rx {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

impl TxToken for Tx<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, len: usize, fill: F) -> R {
        let mut frame = vec![0; len];
        let result = fill(&mut frame);
        self.0.push_back(frame);
        result
    }
}

impl Device for Queues {
    type RxToken<'a> = Rx;
    type TxToken<'a> = Tx<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Rx, Tx<'_>)> {
        let frame = self.to_peer.pop_front()?;
        Some((Rx(frame), Tx(&mut self.from_peer)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Tx<'_>> {
        Some(Tx(&mut self.from_peer))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = 1514;
        capabilities
    }
}

/// A frame of smoltcp's as a segment; `None` for ARP.
fn segment(frame: &[u8]) -> Option<Segment> {
    let ethernet = EthernetFrame::new_checked(frame).expect("Ethernet");
    if ethernet.ethertype() == EthernetProtocol::Arp {
        return None;
    }
    let ip = Ipv4Packet::new_checked(ethernet.payload()).expect("IPv4");
    let tcp = TcpPacket::new_checked(ip.payload()).expect("TCP");
    let mut mss = None;
    let mut options = tcp.options();
    while !options.is_empty() {
        let (rest, option) = TcpOption::parse(options).expect("a TCP option");
        if let TcpOption::MaxSegmentSize(value) = option {
            mss = Some(value);
        }
        options = rest;
    }
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    Some(Segment {
        src: ip.src_addr().to_bits(),
        dst: ip.dst_addr().to_bits(),
        src_port: tcp.src_port(),
        dst_port: tcp.dst_port(),
        seq: tcp.seq_number().0 as u32,
        ack: tcp.ack_number().0 as u32,
        flags: flag(tcp.fin(), FIN)
            | flag(tcp.syn(), SYN)
            | flag(tcp.rst(), RST)
            | flag(tcp.psh(), PSH)
            | flag(tcp.ack(), ACK),
        window: tcp.window_len(),
        mss,
        payload: tcp.payload().to_vec(),
    })
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.next() % 100 < percent
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[(self.next() % list.len() as u64) as usize]
    }
}

struct World {
    random: Random,
    loss: u64,
    reorder: u64,
    delay: u64,
    now: u64,
    order: u64,
    model: Endpoint,
    handle: Option<Handle>,
    interface: Interface,
    device: Queues,
    sockets: SocketSet<'static>,
    socket: SocketHandle,
    link: BTreeMap<(u64, u64), (bool, Vec<u8>)>,
    /// Of the model, of smoltcp.
    send: [usize; 2],
    written: [usize; 2],
    read: [usize; 2],
    shut: bool,
    released: bool,
    peer_shut: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(7919) + 1);
        let r = &mut random;
        let loss = r.pick(&[0, 0, 1, 5, 20]);
        let reorder = r.pick(&[0, 0, 10]);
        let delay = r.pick(&[10, 1000, 20_000]);
        let sizes = [0, 1, 1459, 1460, 1461, 10_000, 100_000];
        let send = [r.pick(&sizes), r.pick(&sizes)];
        let ring = r.pick(&[2048, 4096, 16_384]);
        let buffer = r.pick(&[500, 2000, 8192, 65_535]);
        let config = tcb::Config { syn_retries: 15, data_retries: 15, ..tcb::Config::default() };
        let mut model = Endpoint::new(Setup { addr: LOCAL, ring, config, ..Setup::default() });
        model.set_isn(r.pick(&[0, 0xffff_ff00, 0x7fff_ff00]));

        let mut device = Queues::default();
        let mut own = Config::new(HardwareAddress::Ethernet(EthernetAddress(wire::PEER_MAC)));
        own.random_seed = seed;
        let mut interface = Interface::new(own, &mut device, Instant::ZERO);
        interface.update_ip_addrs(|list| {
            list.push(IpCidr::new(Ipv4Address::from_bits(PEER).into(), 24)).expect("room for one");
        });
        let buffers = || tcp::SocketBuffer::new(vec![0; buffer]);
        let mut sockets = SocketSet::new(vec![]);
        let mut socket = tcp::Socket::new(buffers(), buffers());
        // smoltcp 0.14 takes the window of an ACK that was overtaken (no SND.WL1), and when that window is 0 while its
        // retransmission timer runs it never starts the persist timer: without keep-alive it would wait for ever.
        socket.set_keep_alive(Some(smoltcp::time::Duration::from_secs(10)));
        let socket = sockets.add(socket);
        World {
            random,
            loss,
            reorder,
            delay,
            now: 0,
            order: 0,
            model,
            handle: None,
            interface,
            device,
            sockets,
            socket,
            link: BTreeMap::new(),
            send,
            written: [0; 2],
            read: [0; 2],
            shut: false,
            released: false,
            peer_shut: false,
        }
    }

    fn instant(&self) -> Instant {
        Instant::from_micros(self.now as i64)
    }

    fn carry(&mut self, to_peer: bool, frame: Vec<u8>) {
        if self.random.chance(self.loss) {
            return;
        }
        let jitter = if self.random.chance(self.reorder) { self.random.next() % 5000 } else { 0 };
        self.order += 1;
        self.link.insert((self.now + self.delay + jitter, self.order), (to_peer, frame));
    }

    fn collect(&mut self) {
        while let Some(segment) = self.model.take() {
            self.carry(true, wire::frame(&segment));
        }
        while let Some(frame) = self.device.from_peer.pop_front() {
            match segment(&frame) {
                Some(_) => self.carry(false, frame),
                // The model knows no ARP; the answer is immediate and never lost.
                None => self.device.to_peer.push_back(wire::arp(LOCAL)),
            }
        }
    }

    fn model_application(&mut self) {
        if self.handle.is_none() {
            let flow = self.model.find(PEER, 6000, 80).filter(|&flow| self.model.tcb(flow).owned);
            self.handle = flow.map(|flow| self.model.handle(flow));
        }
        let Some(handle) = self.handle.filter(|_| !self.released) else { return };
        let flow = handle.flow;
        let state = self.model.tcb(flow).state;
        assert_ne!(
            state,
            tcb::State::Closed,
            "the model's connection ended: {:?}",
            self.model.tcb(flow).reason
        );
        let left = self.send[0] - self.written[0];
        self.written[0] += self.model.write(flow, &text(self.written[0], left));
        let data = self.model.read(flow, usize::MAX);
        assert_eq!(data, text(self.read[0], data.len()), "at byte {} for the model", self.read[0]);
        self.read[0] += data.len();
        if self.written[0] == self.send[0] && !self.shut && state != tcb::State::SynSent {
            assert!(!self.model.command(Op::Shutdown, handle).bad);
            self.shut = true;
        }
        if self.shut && self.model.tcb(flow).fin_received && self.model.readable(flow) == 0 {
            assert!(!self.model.command(Op::Close, handle).bad);
            self.released = true;
        }
    }

    fn peer_application(&mut self) {
        let socket = self.sockets.get_mut::<tcp::Socket>(self.socket);
        if socket.may_send() && self.written[1] < self.send[1] {
            let left = self.send[1] - self.written[1];
            self.written[1] += socket.send_slice(&text(self.written[1], left)).expect("may send");
        }
        while socket.can_recv() {
            let mut data = [0; 4096];
            let count = socket.recv_slice(&mut data).expect("can receive");
            assert_eq!(data[..count], text(self.read[1], count), "at byte {} for smoltcp", self.read[1]);
            self.read[1] += count;
        }
        if self.written[1] == self.send[1] && socket.may_send() && !self.peer_shut {
            socket.close();
            self.peer_shut = true;
        }
    }

    fn run(&mut self, model_opens: bool) {
        let socket = self.sockets.get_mut::<tcp::Socket>(self.socket);
        if model_opens {
            socket.listen(6000).expect("listen");
            self.handle = Some(self.model.open(PEER, 6000, 80, false).expect("open"));
        } else {
            self.model.listen(80);
            let local = IpListenEndpoint::from(6000);
            let remote = (Ipv4Address::from_bits(LOCAL), 80);
            socket.connect(self.interface.context(), remote, local).expect("connect");
        }
        for _ in 0..200_000 {
            let before = (self.written, self.read);
            self.collect();
            self.interface.poll(self.instant(), &mut self.device, &mut self.sockets);
            self.collect();
            self.model_application();
            self.peer_application();
            self.interface.poll(self.instant(), &mut self.device, &mut self.sockets);
            self.collect();
            if !self.device.to_peer.is_empty() || before != (self.written, self.read) {
                continue;
            }
            let peer_state = self.sockets.get::<tcp::Socket>(self.socket).state();
            let peer_done = matches!(peer_state, tcp::State::Closed | tcp::State::TimeWait);
            if self.released && self.model.free() == 16 && peer_done {
                assert_eq!(self.read, [self.send[1], self.send[0]], "bytes read");
                return;
            }
            let peer = self.interface.poll_at(self.instant(), &self.sockets);
            let peer = peer.map(|instant| instant.total_micros().max(self.now as i64 + 1) as u64);
            let arrival = self.link.first_key_value().map(|(&(time, _), _)| time);
            let next = [peer, arrival, self.model.next_deadline()].into_iter().flatten().min();
            let next = next.unwrap_or_else(|| panic!("wedged at {} us: {}", self.now, self.describe()));
            self.now = next.max(self.now);
            self.model.advance_to(self.now);
            while let Some(entry) = self.link.first_entry().filter(|entry| entry.key().0 <= self.now) {
                match entry.remove() {
                    (true, frame) => self.device.to_peer.push_back(frame),
                    (false, frame) => self.model.segment(&segment(&frame).expect("a segment")),
                }
            }
        }
        panic!("not done at {} us: {}", self.now, self.describe());
    }

    fn describe(&self) -> String {
        let socket = self.sockets.get::<tcp::Socket>(self.socket);
        let tcb = self.handle.map(|handle| *self.model.tcb(handle.flow));
        let Self { send, written, read, loss, reorder, delay, .. } = self;
        format!(
            "send {send:?}, written {written:?}, read {read:?}, loss {loss}, reorder {reorder}, delay {delay}, smoltcp {}, \
             model {tcb:#?}",
            socket.state()
        )
    }
}

// covers: P-1, P-5
#[test]
fn bytes_both_ways_and_a_clean_close() {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().expect("a number"));
    let seeds = match number("SYNCLINE_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SYNCLINE_SEEDS").unwrap_or(200),
    };
    for seed in seeds {
        let run = catch_unwind(AssertUnwindSafe(|| World::new(seed).run(seed % 2 == 0)));
        assert!(run.is_ok(), "SYNCLINE_SEED={seed} repeats it");
    }
}
