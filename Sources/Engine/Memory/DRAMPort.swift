import DRAM
import Hardware

/// A DRAM: transfers are cut into bursts, offered in order, as many a memory clock as there are channels.
final class DRAMPort: MemoryPort {
    private let controller: DRAMController
    private let ratio: ClockRatio
    private let layout: AddressLayout
    private let operands: [Operand]
    private let channels: Int

    /// Where the next burst may be offered.
    var place = TransferLog.Place()
    private var nextOutput: Int
    private var begins: [Int]
    /// By load, the bursts from its first on that are there.
    private var arrived: [Int]
    private let loadOfBurst: [Int32]
    /// By burst of the loads, the memory clock by which it and all of its load before it is there; -1 where it is not known.
    private var arrivals: [Int]
    private var log = TransferLog()
    /// The memory clock in which the last request was served.
    private var end = 0
    private var stores = false
    private(set) var bytesWritten = 0
    /// By operand, the bytes of whole bursts that were read; a burst that two loads share may be read once for both.
    private var bytesOfLoads = [0, 0]

    convenience init(_ configuration: DRAMConfiguration, loads: [Load], clock: Hertz) {
        self.init(
            configuration, layout: AddressLayout(loads, organization: configuration.organization),
            operands: loads.map(\.operand), clock: clock)
    }

    /// - Parameter operands: by load, what it loads.
    init(_ configuration: DRAMConfiguration, layout: AddressLayout, operands: [Operand], clock: Hertz) {
        controller = DRAMController(configuration)
        ratio = ClockRatio(memoryPeriod: configuration.clockPeriod, clock: clock)
        self.layout = layout
        self.operands = operands
        channels = configuration.organization.channels
        nextOutput = layout.outputs
        begins = [Int](repeating: 0, count: operands.count)
        arrived = begins
        let bursts = layout.firstBurst
        loadOfBurst = operands.indices.flatMap { repeatElement(Int32($0), count: bursts[$0 + 1] - bursts[$0]) }
        arrivals = [Int](repeating: -1, count: loadOfBurst.count)
    }

    func bytesRead(_ operand: Operand) -> Int { bytesOfLoads[operand.rawValue] }

    var free: Int { ratio.acceleratorFloor(place.offered < channels ? place.clock : place.clock + 1) }

    func begin(load: Int, at cycle: Int) {
        begins[load] = cycle
        place.move(to: ratio.memory(cycle))
        begin(TransferLog.Transfer(load: load, bytes: layout.bytes[load], begin: place))
    }

    func store(bytes: Int, at cycle: Int) -> Int {
        place.move(to: ratio.memory(cycle))
        begin(TransferLog.Transfer(load: nil, bytes: bytes, begin: place))
        return ratio.accelerator(place.clock)
    }

    /// Begins a transfer of a log, at its place in time.
    func begin(_ transfer: TransferLog.Transfer) {
        place = transfer.begin
        let merged = controller.mergedRequests
        let bursts: Range<Int>
        if let load = transfer.load {
            bursts = layout.bursts(ofLoad: load)
            let first = layout.firstBurst[load]
            for (index, number) in bursts.enumerated() {
                offer(number * layout.burst, isWrite: false, tag: first + index)
            }
        } else {
            bursts = layout.bursts(at: nextOutput, bytes: transfer.bytes)
            for number in bursts { offer(number * layout.burst, isWrite: true, tag: 0) }
            nextOutput += transfer.bytes
            stores = true
        }
        collect()
        // Where two transfers end and begin in one burst, it may be moved once for both.
        let moved = (bursts.count - (controller.mergedRequests - merged)) * layout.burst
        if let load = transfer.load { bytesOfLoads[operands[load].rawValue] += moved } else { bytesWritten += moved }
        log.append(transfer, TransferLog.Outcome(end: place, moved: moved))
    }

    func arrival(load: Int, byte: Int) -> Int? {
        if byte < 0 { return begins[load] }
        let burst = layout.burst(ofLoad: load, byte: byte)
        guard burst - layout.firstBurst[load] < arrived[load] else { return nil }
        return ratio.accelerator(arrivals[burst])
    }

    func decide(before cycle: Int?) -> Bool {
        guard let next = controller.nextDecision() else { return false }
        if let cycle, ratio.memory(cycle) <= next { return false }
        controller.advance(to: next)
        place.move(to: next)
        collect()
        return true
    }

    func finish() -> Int {
        end = controller.drain()
        collect()
        return stores ? ratio.accelerator(end) : -1
    }

    func commands(through cycle: Int) -> (counters: DRAMCounters, clocks: Int)? {
        let clocks = max(end, ratio.memory(cycle + 1))
        return (controller.counters(at: clocks), clocks)
    }

    /// All that was asked of it and what it answered, once it has finished; nil where that cannot be kept.
    func finished(clocks: Int, counters: DRAMCounters) -> FinishedTransfers? {
        FinishedTransfers(log, arrivals: arrivals, end: end, counters: counters, clocks: clocks)
    }

    @inline(__always)
    private func offer(_ address: Int, isWrite: Bool, tag: Int) {
        if place.offered == channels { place.move(to: place.clock + 1) }
        while let later = controller.offer(address, isWrite: isWrite, at: place.clock, tag: tag) {
            place.move(to: later)
        }
        place.offered += 1
    }

    /// Takes the answers. A load counts as there up to a burst when all bursts before it are there too.
    private func collect() {
        // Taken out and put back: in a class every single access to them is checked.
        var (arrivals, arrived) = (self.arrivals, self.arrived)
        (self.arrivals, self.arrived) = ([], [])
        while let answer = controller.takeCompletion() {
            arrivals[answer.tag] = answer.cycle
            let load = Int(loadOfBurst[answer.tag])
            let first = layout.firstBurst[load]
            let end = layout.firstBurst[load + 1]
            var at = first + arrived[load]
            var latest = arrived[load] > 0 ? arrivals[at - 1] : -1
            while at < end, arrivals[at] >= 0 {
                latest = max(latest, arrivals[at])
                arrivals[at] = latest
                at += 1
            }
            arrived[load] = at - first
        }
        (self.arrivals, self.arrived) = (arrivals, arrived)
    }
}
