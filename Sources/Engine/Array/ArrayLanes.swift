import Hardware

/// One broadcast entry, as the lanes read it.
struct Entry {
    /// `[row][word]`.
    let row: UnsafePointer<UInt16>
    /// `[vector][word]`.
    let column: UnsafePointer<LaneWords>
    /// Rows that the pass maps.
    let rows: Int
    /// Columns that the pass maps.
    let columns: Int
}

/// What an entry did, over all PEs that got it.
struct EntryOutcome {
    /// By kind, the last cycle in which something happened to the entry, from the issue of its bundle; 0 for kinds that did not get it.
    var done: (Int, Int, Int, Int) = (0, 0, 0, 0)
    /// PE-cycles between the PEs' last busy cycles and the issue.
    var idle = 0

    /// `done` of a kind.
    @inline(__always)
    func done(_ kind: Int) -> Int {
        switch kind {
        case 0: done.0
        case 1: done.1
        case 2: done.2
        default: done.3
        }
    }
}

/// The dispatch state of all PEs: times are kept from the issue of the current bundle.
protocol ArrayLanes: ~Copyable {
    /// Makes an array whose PEs have done nothing; the current issue is cycle -1.
    init(array: PEArray, kinds: PEKinds, layout: OperandLayout)

    /// The longest time from one issue to the next that `dispatch` can take.
    var longestStride: Int { get }

    /// Moves to a later issue, dispatches an entry in every mapped PE, and says what happened.
    ///
    /// - Parameter stride: cycles since the current issue, at most `longestStride`; 0 for later entries of a bundle.
    mutating func dispatch(_ entry: Entry, stride: Int) -> EntryOutcome

    /// Moves one kind to an issue `stride` cycles later, PE by PE.
    ///
    /// - Parameter unmappedUntil: the last cycle, from the current issue, in which these PEs were unmapped.
    /// - Returns: idle PE-cycles up to that cycle, and those after it up to the new issue.
    mutating func settle(kind: Int, stride: Int, unmappedUntil: Int) -> (unmapped: Int, held: Int)

    /// Keeps the times of a kind that the coming pass does not map, until it is settled again.
    mutating func park(kind: Int)

    /// What has been dispatched since this was last asked for.
    mutating func takeCounts() -> DispatchCounts
}

/// What the PEs dispatched, over all of them.
struct DispatchCounts: Hashable {
    var products = 0
    /// Entries that were taken up in a cycle that no entry before them had begun.
    var starts = 0
    /// Cycles in which entries went on that had been taken up in an earlier one.
    var continuations = 0
    /// Updates of accumulators beyond one a continuation: in the cycles in which entries were taken up, and where the pairs
    /// of an entry share a cycle.
    var sharedUpdates = 0

    /// PE-cycles in which something was dispatched or popped.
    var busy: Int { starts + continuations }

    /// Accumulators' updates where a pair takes one an entry and cycle.
    var updates: Int { continuations + sharedUpdates }
}
