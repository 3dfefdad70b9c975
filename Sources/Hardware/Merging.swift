import YAML

/// A mapping with another one's keys laid over it, mappings within mappings key by key.
///
/// A memory that names its model or standard replaces the other one whole, since keys of another kind of memory would make no sense
/// in it. So does an encoding.
func merged(_ base: Node, with over: Node) -> Node {
    guard var entries = base.entries, let added = over.entries else { return over }
    for entry in added {
        guard let index = entries.firstIndex(where: { $0.name == entry.name }) else {
            entries.append(entry)
            continue
        }
        let isOtherMemory = entry.name == "dram" && (entry.value["model"] != nil || entry.value["standard"] != nil)
        let standsAlone = isOtherMemory || entry.name == "encoding"
        entries[index] =
            standsAlone ? entry : .init(key: entry.key, value: merged(entries[index].value, with: entry.value))
    }
    return Node(.mapping(entries), at: over.mark, of: over)
}
