/// The cycle in which a bundle is issued: the latest of its terms (page `ArrayTiming`), and the one that gave it.
struct IssueTime {
    private(set) var cycle = Int.min
    private(set) var holder = CycleHolder.issue

    /// Takes a term into account; on a tie the earlier one holds the bundle.
    @inline(__always)
    mutating func wait(until cycle: Int, for holder: CycleHolder) {
        if cycle > self.cycle { (self.cycle, self.holder) = (cycle, holder) }
    }
}
