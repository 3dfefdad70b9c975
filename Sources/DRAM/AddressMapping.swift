import Files
import YAML

/// How an address is split into channel, rank, bank group, bank, row and column.
public struct AddressMapping: Hashable, Sendable, CustomStringConvertible {
    /// A part of an address.
    public enum Field: String, CaseIterable, Hashable, Sendable {
        /// The row of a bank.
        case row = "ro"
        /// The channel.
        case channel = "ch"
        /// The rank of a channel.
        case rank = "ra"
        /// The bank group of a rank.
        case bankGroup = "bg"
        /// The bank of a bank group.
        case bank = "ba"
        /// The column of a row, in requests.
        case column = "co"
    }

    /// The fields, from the most significant; each occurs once.
    public let fields: [Field]

    /// `ro ra ba co bg ch`: a stream changes the channel with every burst and the bank group with every burst of a channel, so
    /// that neither one channel's bus nor tCCD_L limits it.
    public static let burstsInterleaved = AddressMapping(unchecked: [.row, .rank, .bank, .column, .bankGroup, .channel])

    /// Makes a mapping; nil if a field is missing or occurs twice.
    public init?(_ fields: [Field]) {
        guard fields.count == Field.allCases.count, Set(fields).count == fields.count else { return nil }
        self.fields = fields
    }

    private init(unchecked fields: [Field]) { self.fields = fields }

    /// `ro ra ba co bg ch`.
    public var description: String { fields.map(\.rawValue).joined(separator: " ") }
}

/// The location of a request's burst.
public struct DRAMLocation: Hashable, Sendable {
    /// The channel.
    public var channel: Int
    /// The bank of the channel: ranks outside, then bank groups, then banks.
    public var bank: Int
    /// The row of the bank.
    public var row: Int
    /// The address in requests, from 0; two requests with the same number are of the same burst.
    public var burst: Int
}

/// Splits addresses by shifts and masks. Bits above the memory's capacity are dropped: addresses wrap around.
struct AddressDecoder: Sendable {
    private struct Slice {
        var shift = 0
        var mask = 0

        @inline(__always)
        func callAsFunction(_ address: Int) -> Int { address &>> shift & mask }
    }

    private var row = Slice()
    private var channel = Slice()
    private var rank = Slice()
    private var group = Slice()
    private var bank = Slice()
    private let groupsShift: Int
    private let banksShift: Int
    private let requestShift: Int
    private let burstMask: Int

    init(_ mapping: AddressMapping, _ organization: DRAMOrganization) {
        requestShift = organization.requestBytes.trailingZeroBitCount
        groupsShift = organization.bankGroups.trailingZeroBitCount
        banksShift = organization.banksPerGroup.trailingZeroBitCount
        burstMask = organization.capacity / organization.requestBytes - 1
        var shift = requestShift
        for field in mapping.fields.reversed() {
            switch field {
            case .row: row = Self.slice(&shift, organization.rows)
            case .channel: channel = Self.slice(&shift, organization.channels)
            case .rank: rank = Self.slice(&shift, organization.ranks)
            case .bankGroup: group = Self.slice(&shift, organization.bankGroups)
            case .bank: bank = Self.slice(&shift, organization.banksPerGroup)
            case .column: _ = Self.slice(&shift, organization.columns)
            }
        }
    }

    @inline(__always)
    func locate(_ address: Int) -> DRAMLocation {
        let flat = (rank(address) &<< groupsShift | group(address)) &<< banksShift | bank(address)
        return DRAMLocation(
            channel: channel(address), bank: flat, row: row(address), burst: address &>> requestShift & burstMask)
    }

    private static func slice(_ shift: inout Int, _ count: Int) -> Slice {
        let slice = Slice(shift: shift, mask: count - 1)
        shift += count.trailingZeroBitCount
        return slice
    }
}

extension AddressMapping {
    /// Reads `ro ra ba co bg ch`.
    init(_ node: Node) throws {
        let names = Field.allCases.map(\.rawValue)
        let expected = "expected each of \(names.joined(separator: ", ")) once, from the most significant"
        let words = try node.string().split(separator: " ").map(String.init)
        var fields: [Field] = []
        for word in words {
            guard let field = Field(rawValue: word) else {
                throw node.error("unknown field \(quoted(word)) in the address mapping, \(expected)")
            }
            guard !fields.contains(field) else {
                throw node.error("\(quoted(word)) occurs twice in the address mapping, \(expected)")
            }
            fields.append(field)
        }
        guard let mapping = AddressMapping(fields) else {
            let missing = Field.allCases.filter { !fields.contains($0) }.map(\.rawValue)
            throw node.error("\(missing.joined(separator: ", ")) missing in the address mapping, \(expected)")
        }
        self = mapping
    }
}
