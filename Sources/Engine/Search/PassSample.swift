import Hardware

/// A few runs of bundles that stand for all bundles of a layer's passes (page `MappingSearch`).
struct PassSample {
    /// Consecutive bundles of a pass.
    struct Window {
        let pass: PlannedPass
        let bundles: Range<Int>
    }

    /// At most so many windows, of at most so many bundles.
    static let windows = 6
    static let length = 64

    /// In the order of channel groups.
    let windows: [Window]
    /// Bundles of all passes.
    let bundles: Int
    /// Whether the windows are all bundles of the layer.
    let isWhole: Bool

    /// - Parameter bundleSize: steps of a bundle.
    init(_ laid: LaidLayer, bundleSize: Int) {
        func bundles(_ group: ChannelGroup, _ rowGroup: Int) -> Int {
            (group.grouping.rowGroups[rowGroup].steps.count + bundleSize - 1) / bundleSize
        }
        let groups = laid.groups
        let total = groups.reduce(0) { sum, group in
            group.grouping.rowGroups.indices.reduce(sum) { $0 + bundles(group, $1) * group.grouping.columnGroups }
        }
        self.bundles = total
        let passes = groups.reduce(0) { $0 + $1.grouping.passes }
        isWhole = total <= Self.windows * Self.length && passes <= Self.windows
        if isWhole {
            windows = groups.flatMap { group in
                laid.passes(of: group).map { Window(pass: $0, bundles: 0..<bundles(group, $0.rowGroup)) }
            }
            return
        }
        // Spread over groups, rows, columns and steps; the golden ratio keeps them from falling into step with one another.
        windows = (0..<Self.windows).map { index in
            let group = groups[index * groups.count / Self.windows]
            let rowGroup = index * group.grouping.rowGroups.count / Self.windows % group.grouping.rowGroups.count
            let columnGroup = Self.spread(index, over: group.grouping.columnGroups)
            let count = bundles(group, rowGroup)
            let length = min(count, Self.length)
            let first = Self.spread(index, over: count - length + 1)
            return Window(
                pass: PlannedPass(channelGroup: group.index, rowGroup: rowGroup, columnGroup: columnGroup),
                bundles: first..<first + length)
        }
    }

    private static func spread(_ index: Int, over count: Int) -> Int {
        let place = 0.5 + 0.6180339887498949 * Double(index)
        return min(count - 1, Int((place - place.rounded(.down)) * Double(count)))
    }
}

/// How fast bundles and passes follow one another where all operands are on chip.
struct SampledPace {
    /// Cycles from bundle to bundle of a pass.
    private let perBundle: Double
    /// Cycles from the last bundle of a pass to the first of the next.
    private let perPass: Double
    /// Cycles behind the last bundle of the layer.
    let tail: Int

    /// - Parameters:
    ///   - issues: by window, when its first and its last bundle went out; nil for one without bundles.
    ///   - end: the cycles of all windows.
    ///   - sets: sets of accumulators.
    init(_ sample: PassSample, issues: [ClosedRange<Int>?], end: Int, sets: Int) {
        var (within, steps, between, gaps) = (0, 0, 0, 0)
        var last: Int?
        for (index, window) in sample.windows.enumerated() {
            guard let issue = issues[index] else { continue }
            within += issue.upperBound - issue.lowerBound
            steps += window.bundles.count - 1
            // A pass that is cut short waits for accumulators which would long be free: only the first sets do not.
            if let last, sample.isWhole || index < max(2, sets) {
                between += issue.lowerBound - last
                gaps += 1
            }
            last = issue.upperBound
        }
        perBundle = steps > 0 ? Double(within) / Double(steps) : 1
        perPass = gaps > 0 ? Double(between) / Double(gaps) : perBundle
        tail = end - 1 - (last ?? -1)
    }

    /// Cycles of a pass, which its drain may outlast.
    func cycles(bundles: Int, drain: Int) -> Int {
        let issued = bundles == 0 ? 0 : perPass + perBundle * Double(bundles - 1)
        return max(drain, Int(issued.rounded()))
    }
}
