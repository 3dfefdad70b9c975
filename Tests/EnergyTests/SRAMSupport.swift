import Foundation
import Hardware
import TestSupport
import YAML

@testable import Energy

/// A shipped SRAM table: its text, complete or without some banks, and its rows as written.
struct ShippedSRAM {
    /// A row of the file: sizes in KiB and bits, then pJ, pJ, mW, um2, ns, ns.
    struct Row {
        let node: Double
        let capacity: Int
        let width: Int
        let figures: [Double]
    }

    let device: SRAMDevice
    let path: String
    private let text: String

    init(_ device: SRAMDevice) throws {
        self.device = device
        path = "\(repository)/Configs/energy/sram/\(device.rawValue).yaml"
        text = try String(contentsOfFile: path, encoding: .utf8)
    }

    func table() throws -> SRAMTable { try SRAMTable.load(path: path) }

    /// The table without the banks of a capacity in KiB, or of a width in bits.
    func table(without isLeftOut: (_ capacity: Int, _ width: Int) -> Bool) throws -> SRAMTable {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            guard line.hasPrefix("      - [") else { return true }
            let cells = line.dropFirst(9).split(separator: ",").compactMap { Int($0.drop { $0 == " " }) }
            return !isLeftOut(cells[0], cells[1])
        }
        return try SRAMTable(Document.parse(lines.joined(separator: "\n"), file: path), path: path)
    }

    func rows() throws -> [Row] {
        var rows: [Row] = []
        for node in try Document.load(path: path)["nodes"]?.elements() ?? [] {
            let technology = try node["technology"]?.quantity(.length) ?? 0
            for row in try node["banks"]?.elements() ?? [] {
                let cells = try row.elements().map { try $0.real() }
                rows.append(
                    Row(node: technology, capacity: Int(cells[0]), width: Int(cells[1]), figures: Array(cells[2...])))
            }
        }
        return rows
    }
}

extension SRAMTable {
    /// A bank of a capacity in KiB, at a node that needs no scaling or is scaled as shipped.
    func bank(_ kibibytes: Int, _ portBits: Int, at technology: Double = 45) throws -> SRAMBank {
        try bank(
            capacity: .kibibytes(kibibytes), portBits: portBits, technology: technology, scaling: shippedScaling())
    }
}

extension SRAMBank {
    /// In the order of a row: pJ, pJ, mW, um2, ns, ns.
    var figures: [Double] {
        [readEnergy.value, writeEnergy.value, leakage.value, area.value, accessTime, cycleTime]
    }
}
