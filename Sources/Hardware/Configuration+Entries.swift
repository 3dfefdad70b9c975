import YAML

extension Configuration {
    /// What every key says: the sections with their keys behind them, in the order of files. Those of a memory are here as far
    /// as a model has them; a standard's are the memory's own.
    public static let keyEntries: [KeyEntry] = {
        let standard = Configuration()
        let extends = KeyEntry(
            key: Extending.key, type: "name or path",
            governs: "In a file: the configuration, by its file or shipped name, over which these keys are laid",
            page: "Configurations")
        return [extends]
            + fields.flatMap(\.entries).flatMap { entry -> [KeyEntry] in
                var entry = entry
                if !entry.isMapping {
                    entry.defaultValue = (try? standard.value(of: entry.key)).flatMap { $0?.text } ?? ""
                }
                return entry.key == "dram" ? [entry] + Memory.keyEntries.map { $0.inside("dram") } : [entry]
            }
    }()
}

extension Memory {
    /// The keys of a memory without a standard.
    fileprivate static let keyEntries = [
        KeyEntry(
            key: "model", type: "one of", range: "ideal, bandwidth", defaultValue: "ideal",
            governs:
                "A memory without a standard: `ideal` has everything on chip, `bandwidth` is a channel of fixed rate",
            page: "BuffersAndTraffic"),
        KeyEntry(
            key: "bytes_per_cycle", type: "whole number", unit: "bytes a cycle of the accelerator",
            range: "1 to \(1 << 20)", governs: "With `model: bandwidth`, what the channel moves; it has to be given",
            page: "BuffersAndTraffic"),
        KeyEntry(
            key: "latency", type: "whole number", unit: "cycles", range: "0 to \(1 << 20)",
            governs: "With `model: bandwidth`, cycles from the grant of a load to its first byte; it has to be given",
            page: "BuffersAndTraffic"),
    ]
}
