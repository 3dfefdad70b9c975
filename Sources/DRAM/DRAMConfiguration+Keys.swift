import YAML

extension DRAMConfiguration {
    /// What every key of a standard says, under its name in the mapping; what a preset gives is no default of ours.
    public static let keyEntries: [KeyEntry] = {
        let ofPreset = "the preset's"
        let page = "MemoryModel"
        let keys = [
            KeyEntry(
                key: "standard", type: "name",
                governs: "The preset that the other keys change (`winosim config list` has the names)", page: page),
            KeyEntry(
                key: "channels", type: "power of two", unit: "channels", range: "1 to 128", defaultValue: ofPreset,
                governs: "Independent channels", page: page),
            KeyEntry(
                key: "ranks", type: "power of two", unit: "ranks", range: "1 to 16", defaultValue: ofPreset,
                governs: "Ranks of a channel; at most \(Channel.mostBanks) banks a channel", page: page),
            KeyEntry(
                key: "address_mapping", type: "order of fields", range: "ro, ra, bg, ba, co, ch once each",
                defaultValue: ofPreset,
                governs:
                    "How an address is split, from the most significant field: row, rank, bank group, bank, column, channel",
                page: page),
            KeyEntry(
                key: "read_queue", type: "whole number", unit: "requests", range: "1 to 4096", defaultValue: ofPreset,
                governs: "Reads of a channel that wait for a place at a bank", page: page),
            KeyEntry(
                key: "write_queue", type: "whole number", unit: "requests", range: "1 to 4096", defaultValue: ofPreset,
                governs: "Writes of a channel that wait for a place at a bank", page: page),
            KeyEntry(
                key: "bank_queue", type: "whole number", unit: "requests", range: "1 to 256", defaultValue: ofPreset,
                governs: "Requests that wait at a bank", page: page),
            KeyEntry(
                key: "timings", type: KeyEntry.mapping, governs: "Delays between commands, each by itself", page: page),
        ]
        return keys
            + DRAMTimings.names.map { timing in
                KeyEntry(
                    key: timing.name, type: "whole number", unit: "memory clocks",
                    range: "\(timing.range.lowerBound) to \(timing.range.upperBound)", defaultValue: ofPreset,
                    governs: timing.meaning.capitalizedFirst, page: page
                ).inside("timings")
            }
    }()
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
