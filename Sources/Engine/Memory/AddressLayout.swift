import DRAM

/// Where a layer's tensors lie in DRAM.
///
/// Weights, inputs and outputs each begin on a new row, some banks apart so that streams which run side by side do not
/// all open rows of the same bank. Inside, chunks follow one another in the order in which they are loaded first, and the outputs
/// of passes in that of the passes.
struct AddressLayout: Hashable, Sendable {
    /// By load, weights before inputs, its first byte.
    let loads: [Int]
    /// By load, its bytes.
    let bytes: [Int]
    /// The first byte of the outputs.
    let outputs: Int
    /// Bytes of a burst.
    let burst: Int
    /// By load, how many bursts the loads before it have; and how many all have.
    let firstBurst: [Int]

    /// Banks of a group by which a tensor is moved on, odd so that consecutive tensors begin at different ones.
    private static let skew = 5

    init(_ loads: [Load], organization: DRAMOrganization) {
        // With channels and bank groups in the low bits, a bank's row of every group and channel lies together.
        let row = organization.rowBytes * organization.channels * organization.bankGroups
        let allBanks = organization.rowBytes * organization.channels * organization.banks
        var next = 0
        var addresses = [Int](repeating: 0, count: loads.count)
        for operand in Operand.allCases {
            var known: [Int: [Int: Int]] = [:]
            for (index, load) in loads.enumerated() where load.operand == operand {
                if let address = known[load.channelGroup]?[load.chunk] {
                    addresses[index] = address
                } else {
                    known[load.channelGroup, default: [:]][load.chunk] = next
                    addresses[index] = next
                    next += load.bytes
                }
            }
            next = (next + allBanks - 1) / allBanks * allBanks + (operand.rawValue + 1) * Self.skew * row
        }
        self.loads = addresses
        bytes = loads.map(\.bytes)
        outputs = next
        let burst = organization.requestBytes
        self.burst = burst
        var sums = [0]
        for (load, address) in zip(loads, addresses) {
            sums.append((sums.last ?? 0) + Self.bursts(at: address, bytes: load.bytes, burst: burst).count)
        }
        firstBurst = sums
    }

    /// The bursts of a load, numbered by their place in memory.
    func bursts(ofLoad load: Int) -> Range<Int> { bursts(at: loads[load], bytes: bytes[load]) }

    /// The bursts that hold some bytes, numbered by their place in memory.
    func bursts(at address: Int, bytes: Int) -> Range<Int> { Self.bursts(at: address, bytes: bytes, burst: burst) }

    /// The burst that holds a byte of a load, numbered through all loads.
    @inline(__always)
    func burst(ofLoad load: Int, byte: Int) -> Int {
        let address = loads[load]
        return firstBurst[load] + (address + byte) / burst - address / burst
    }

    /// Bytes that it takes.
    var byteCount: Int { (loads.count + bytes.count + firstBurst.count) * MemoryLayout<Int>.stride }

    private static func bursts(at address: Int, bytes: Int, burst: Int) -> Range<Int> {
        address / burst..<(bytes == 0 ? address / burst : (address + bytes - 1) / burst + 1)
    }
}
