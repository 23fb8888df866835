# SPDX-License-Identifier: MIT OR Apache-2.0
"""Run by nextpnr before it routes: takes clocks from their pads to the global buffers by the clock-capable inputs (CCIO).

Left alone, nextpnr may go through a regional clock buffer that it does not switch on, and by multiplexer positions that are not
in Project X-Ray's database. Vivado takes the way that is taken here.
"""


def way(source, sink):
    """The shortest way that leaves the pad's column through the clock row, as pips from the source to the sink."""
    came = {source: None}
    queue = [source]
    while queue:
        wire = queue.pop(0)
        if wire == sink:
            pips = []
            while came[wire]:
                pip, wire = came[wire]
                pips.append(pip)
            return pips[::-1]
        for pip in ctx.getPipsDownhill(wire):
            to = str(ctx.getPipDstWire(pip))
            name = to.split("/")[1]
            if to in came or "RCLK" in name or name.startswith("INT_") or not ctx.checkWireAvail(to):
                continue
            came[to] = (str(pip), wire)
            queue.append(to)
    raise SystemExit(f"no way from {source} to {sink} by a clock-capable input")


for name, net in ctx.nets:
    driver = net.driver.cell
    if driver is None or not driver.type.startswith("IOB33"):
        continue
    buffers = [user.cell for user in net.users if user.cell.type == "BUFGCTRL" and user.port == "I0"]
    if not buffers:
        continue
    if len(buffers) > 1:
        raise SystemExit(f"{name} feeds {len(buffers)} global buffers")
    source = str(ctx.getBelPinWire(driver.bel, net.driver.port))
    sink = str(ctx.getBelPinWire(buffers[0].bel, "I0"))
    pips = way(source, sink)
    ctx.bindWire(source, net, STRENGTH_LOCKED)
    for pip in pips:
        ctx.bindPip(pip, net, STRENGTH_LOCKED)
    print(f"clock from {driver.bel}: {len(pips)} pips by {[pip for pip in pips if 'CCIO' in pip][0]}")
