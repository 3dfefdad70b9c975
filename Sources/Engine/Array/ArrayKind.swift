import Hardware

/// A kind of PE array: how it cuts a masked product into passes, what its PEs do with a broadcast entry, and what it reports.
///
/// `LayerTiming` is generic over it, so that a version is compiled for each kind and nothing is dispatched at run time. It issues
/// bundles; when a bundle may go out at the earliest, and when its entries are done, the array says. Another kind is another type,
/// and a case in `LayerSimulation.run()`.
protocol ArrayKind: ~Copyable {
    /// The operands of one channel group as the PEs read them.
    associatedtype Operands: ArrayOperands

    /// Cuts a masked product into the passes that the array runs.
    static func grouping(_ product: MaskedProduct, array: PEArray) -> Grouping

    /// Makes an array whose PEs have done nothing.
    init(_ layer: ArrayLayer)

    /// Lays the operands of a channel group out for the PEs.
    func operands(of product: MaskedProduct, grouping: Grouping) -> Operands

    /// Begins a pass that maps the first rows and columns of the array.
    mutating func begin(rows: Int, columns: Int)

    /// The first cycle in which the FIFOs of all mapped PEs have space for the last of so many entries; `Int.min` where they have it now.
    func earliestIssue(entries: Int) -> Int

    /// Dispatches the entries of a bundle.
    ///
    /// - Parameters:
    ///   - entries: places of the entries among the steps of the pass, in order.
    ///   - pass: the pass's operands.
    ///   - cycle: when the bundle is issued, after the one before.
    ///   - holder: what held it, to which the PEs' idle cycles belong.
    /// - Returns: the last cycle in which something happened to its last entry.
    mutating func dispatch(
        _ entries: Range<Int>, of pass: Operands.Pass, at cycle: Int, heldBy holder: CycleHolder
    ) -> Int

    /// Ends a pass.
    ///
    /// - Parameter finish: the last cycle in which something happened to its entries.
    mutating func end(finish: Int)

    /// Ends the layer.
    ///
    /// - Parameters:
    ///   - lastOutput: the cycle of the last output.
    ///   - last: the last cycle of the layer, until which outputs wait for the memory.
    mutating func close(lastOutput: Int, last: Int)

    /// What the PEs did: slots by class, products, entries and updates.
    ///
    /// - Parameter usefulProducts: products of two non-zero operands, which the masks tell.
    /// - Throws: `BrokenLaw` where idle cycles belong to nothing.
    mutating func report(usefulProducts: Int) throws -> ArrayLedger
}

/// What of a layer fixes the array's state.
struct ArrayLayer: Sendable {
    let array: PEArray
    /// Bits of a mask (P).
    let width: Int
    /// Whether each product of a pair goes to its own accumulator.
    let updatesEveryProduct: Bool
    /// Filters of a channel group.
    let filters: Int
    /// Tiles.
    let tiles: Int
}

/// The operands of one channel group as the PEs of an array read them.
protocol ArrayOperands {
    associatedtype Pass

    /// The operands of one pass; what they point to lives as long as `self`.
    mutating func pass(rowGroup: Int, columnGroup: Int) -> Pass
}
