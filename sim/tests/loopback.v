// SPDX-License-Identifier: MIT OR Apache-2.0
// A design with the core's ports for tests of the simulation itself: it sends back every frame, its registers are a
// memory, and register 4 is a deadline in microseconds after which register 8 counts one.
module loopback #(parameter W = 64, parameter K = 8) (
    input wire clock, input wire reset, input wire [47:0] now,
    output wire idle, output wire [47:0] next_deadline, output wire deadline_valid,
    input wire [W+K:0] rx_data, input wire rx_valid, output wire rx_ready,
    output wire [W+K:0] tx_data, output wire tx_valid, input wire tx_ready,
    input wire [19:0] bar0_addr, input wire [31:0] bar0_wdata, input wire bar0_write, input wire bar0_read,
    output reg [31:0] bar0_rdata, output reg bar0_ack,
    input wire [23:0] bar2_waddr, input wire [W-1:0] bar2_wdata, input wire [K-1:0] bar2_wstrb, input wire bar2_wvalid,
    input wire [23:0] bar2_raddr, input wire bar2_rvalid, output reg [W-1:0] bar2_rdata, output reg bar2_rdone
);
    localparam LANE = $clog2(K);
    reg [W+K:0] fifo [0:4095];
    reg [11:0] head, tail;
    reg [31:0] regs [0:255];
    reg [W-1:0] window [0:1023];
    reg [23:0] raddr;
    reg rvalid;
    wire [11:0] tail_next = tail + 12'd1;
    assign rx_ready = tail_next != head;
    assign tx_valid = head != tail;
    assign tx_data = fifo[head];
    assign deadline_valid = regs[1] != 32'd0;
    assign next_deadline = {16'd0, regs[1]};
    assign idle = head == tail && !rx_valid && !bar0_read && !bar0_write && !(deadline_valid && next_deadline <= now);
    integer i;
    initial begin
        head = 0; tail = 0; bar0_ack = 0; rvalid = 0; bar2_rdone = 0;
        for (i = 0; i < 256; i = i + 1) regs[i] = 0;
        for (i = 0; i < 1024; i = i + 1) window[i] = 0;
    end
    always @(posedge clock) begin
        if (rx_valid && rx_ready) begin
            fifo[tail] <= rx_data;
            tail <= tail_next;
        end
        if (tx_valid && tx_ready) head <= head + 12'd1;
        if (deadline_valid && next_deadline <= now) begin
            regs[1] <= 32'd0;
            regs[2] <= regs[2] + 32'd1;
        end
        bar0_ack <= (bar0_read || bar0_write) && !bar0_ack;
        if (bar0_write && !bar0_ack) regs[bar0_addr[9:2]] <= bar0_wdata;
        bar0_rdata <= regs[bar0_addr[9:2]];
        for (i = 0; i < K; i = i + 1)
            if (bar2_wvalid && bar2_wstrb[i]) window[bar2_waddr[LANE+9:LANE]][8*i +: 8] <= bar2_wdata[8*i +: 8];
        raddr <= bar2_raddr;
        rvalid <= bar2_rvalid;
        bar2_rdata <= window[raddr[LANE+9:LANE]];
        bar2_rdone <= rvalid;
        if (reset) begin
            head <= 0; tail <= 0; bar0_ack <= 0; rvalid <= 0; bar2_rdone <= 0; regs[1] <= 0;
        end
    end
endmodule
