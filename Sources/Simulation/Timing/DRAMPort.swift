import DRAM
import Hardware

/// The accelerator's clock against the memory's, as an exact ratio.
struct ClockRatio {
    /// Accelerator cycles of one memory clock: `numerator / denominator`.
    let numerator: Int
    let denominator: Int

    /// - Parameters:
    ///   - memoryPeriod: in femtoseconds.
    ///   - clock: the accelerator's, taken in whole kilohertz.
    init(memoryPeriod: Int, clock: Hertz) {
        // In kilohertz and picoseconds of a second, so that the product fits.
        let cycles = memoryPeriod * Int((clock.value / 1e3).rounded())
        let second = 1_000_000_000_000
        var (a, b) = (cycles, second)
        while b != 0 { (a, b) = (b, a % b) }
        numerator = cycles / a
        denominator = second / a
    }

    /// The first accelerator cycle that begins at or after a memory clock.
    func accelerator(_ memory: Int) -> Int { Self.ceilingQuotient(memory, times: numerator, over: denominator) }

    /// The accelerator cycle in which a memory clock begins.
    func acceleratorFloor(_ memory: Int) -> Int {
        let product = memory.multipliedFullWidth(by: numerator)
        return denominator.dividingFullWidth(product).quotient
    }

    /// The first memory clock that begins at or after an accelerator cycle.
    func memory(_ accelerator: Int) -> Int { Self.ceilingQuotient(accelerator, times: denominator, over: numerator) }

    private static func ceilingQuotient(_ x: Int, times a: Int, over b: Int) -> Int {
        let product = x.multipliedFullWidth(by: a)
        let (quotient, remainder) = b.dividingFullWidth(product)
        return quotient + (remainder > 0 ? 1 : 0)
    }
}

/// Where a layer's tensors lie in DRAM.
///
/// Weights, inputs and outputs each begin on a row of their own, some rows apart so that streams which run side by side do not
/// all open rows of the same bank. Inside, loads and the outputs of passes follow one another in the order in which they were
/// planned, a load that comes again at the address that it had.
struct AddressLayout {
    /// By load, its first byte.
    let loads: [Int]
    /// The first byte of the outputs.
    let outputs: Int

    /// Rows by which a tensor is moved on, odd so that consecutive tensors begin at different banks.
    private static let skew = 5

    init(_ loads: [Load], organization: DRAMOrganization) {
        let row = organization.rowBytes * organization.channels
        let allBanks = row * organization.banks
        var next = 0
        var addresses = [Int](repeating: 0, count: loads.count)
        for operand in LoadedOperand.allCases {
            var known: [[Int]: Int] = [:]
            for (index, load) in loads.enumerated() where load.operand == operand {
                let key = [load.channelGroup, load.groups.lowerBound, load.steps.lowerBound]
                if let address = known[key] {
                    addresses[index] = address
                } else {
                    known[key] = next
                    addresses[index] = next
                    next += load.bytes
                }
            }
            next = (next + allBanks - 1) / allBanks * allBanks + (operand.rawValue + 1) * Self.skew * row
        }
        self.loads = addresses
        outputs = next
    }
}

/// A DRAM: transfers are cut into bursts, offered in order, as many a memory clock as there are channels.
final class DRAMPort: MemoryPort {
    private let controller: DRAMController
    private let ratio: ClockRatio
    private let layout: AddressLayout
    private let loads: [Load]
    private let burst: Int
    private let channels: Int

    /// The memory clock in which the next burst may be offered, and the bursts already offered in it.
    private var clock = 0
    private var offered = 0
    private var nextOutput: Int
    private var begins: [Int]
    /// By load, the number of its first burst; by burst, the memory clock by which it and all of its load before it is there.
    private var firstBurst: [Int]
    private var arrivals: [Int]
    /// By load, the bursts from its first on that are there.
    private var arrived: [Int]
    private var loadOfBurst: [Int32] = []
    private var stores = false

    init(_ configuration: DRAMConfiguration, loads: [Load], clock: Hertz) {
        controller = DRAMController(configuration)
        ratio = ClockRatio(memoryPeriod: configuration.clockPeriod, clock: clock)
        layout = AddressLayout(loads, organization: configuration.organization)
        self.loads = loads
        burst = configuration.organization.requestBytes
        channels = configuration.organization.channels
        nextOutput = layout.outputs
        begins = [Int](repeating: 0, count: loads.count)
        arrived = begins
        var count = 0
        var first: [Int] = []
        for (index, load) in loads.enumerated() {
            first.append(count)
            let bursts = Self.bursts(at: layout.loads[index], bytes: load.bytes, burst: burst).count
            loadOfBurst.append(contentsOf: repeatElement(Int32(index), count: bursts))
            count += bursts
        }
        firstBurst = first
        arrivals = [Int](repeating: -1, count: count)
    }

    /// The memory clock in which the last request was served.
    private var end = 0
    private(set) var bytesWritten = 0
    /// By operand, the bytes of whole bursts that were read; a burst that two loads share may be read once for both.
    private var bytesOfLoads = [0, 0]

    func bytesRead(_ operand: LoadedOperand) -> Int { bytesOfLoads[operand.rawValue] }

    var free: Int { ratio.acceleratorFloor(offered < channels ? clock : clock + 1) }

    func begin(load: Int, at cycle: Int) {
        begins[load] = cycle
        wait(until: cycle)
        let bursts = bursts(load)
        let merged = controller.mergedRequests
        for (index, number) in bursts.enumerated() {
            offer(number * burst, isWrite: false, tag: firstBurst[load] + index)
        }
        bytesOfLoads[loads[load].operand.rawValue] +=
            (bursts.count - (controller.mergedRequests - merged)) * burst
    }

    func store(bytes: Int, at cycle: Int) -> Int {
        wait(until: cycle)
        let bursts = Self.bursts(at: nextOutput, bytes: bytes, burst: burst)
        let merged = controller.mergedRequests
        for number in bursts { offer(number * burst, isWrite: true, tag: 0) }
        // Where two passes end and begin in one burst, it may be written once for both.
        bytesWritten += (bursts.count - (controller.mergedRequests - merged)) * burst
        nextOutput += bytes
        stores = true
        return ratio.accelerator(clock)
    }

    func arrival(load: Int, byte: Int) -> Int? {
        if byte < 0 { return begins[load] }
        let address = layout.loads[load]
        let index = (address + byte) / burst - address / burst
        guard index < arrived[load] else { return nil }
        return ratio.accelerator(arrivals[firstBurst[load] + index])
    }

    func decide(before cycle: Int?) -> Bool {
        guard let next = controller.nextDecision() else { return false }
        if let cycle, ratio.memory(cycle) <= next { return false }
        controller.advance(to: next)
        moveOn(to: next)
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

    private func bursts(_ load: Int) -> Range<Int> {
        Self.bursts(at: layout.loads[load], bytes: loads[load].bytes, burst: burst)
    }

    private static func bursts(at address: Int, bytes: Int, burst: Int) -> Range<Int> {
        address / burst..<(bytes == 0 ? address / burst : (address + bytes - 1) / burst + 1)
    }

    private func wait(until cycle: Int) { moveOn(to: ratio.memory(cycle)) }

    private func moveOn(to cycle: Int) {
        guard cycle > clock else { return }
        clock = cycle
        offered = 0
    }

    @inline(__always)
    private func offer(_ address: Int, isWrite: Bool, tag: Int) {
        if offered == channels { moveOn(to: clock + 1) }
        while let later = controller.offer(address, isWrite: isWrite, at: clock, tag: tag) { moveOn(to: later) }
        offered += 1
        collect()
    }

    /// Takes the answers. A load counts as there up to a burst when all bursts before it are there too.
    private func collect() {
        while let answer = controller.takeCompletion() {
            arrivals[answer.tag] = answer.cycle
            let load = Int(loadOfBurst[answer.tag])
            let first = firstBurst[load]
            let end = load + 1 < firstBurst.count ? firstBurst[load + 1] : arrivals.count
            while first + arrived[load] < end, arrivals[first + arrived[load]] >= 0 {
                let at = first + arrived[load]
                if arrived[load] > 0 { arrivals[at] = max(arrivals[at], arrivals[at - 1]) }
                arrived[load] += 1
            }
        }
    }
}
