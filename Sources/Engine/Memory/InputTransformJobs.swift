import Hardware

/// The jobs of the transform between DRAM and the input buffer, in the order in which loads bring them: slice by slice, tile by
/// tile, channel by channel (page `Fetch`).
struct InputTransformJobs {
    private var queue: InputTransformQueue
    private let loads: [Load]
    private let groups: [ChannelGroup]
    private let chunks: [InputChunks]
    private let layout: StepLayout
    private let recorder: TimelineRecorder?
    /// By load, the place of its first slice in `done`.
    private let firstSlice: [Int]
    /// By load and slice, when its jobs are in the buffer.
    private var done: [InputTransformQueue.Ready]
    /// Slices whose jobs have entered, and the load that the next one belongs to.
    private var entered = 0
    private var load = 0

    init(
        _ queue: InputTransformQueue, loads: [Load], groups: [ChannelGroup], chunks: [InputChunks],
        layout: StepLayout, recorder: TimelineRecorder?
    ) {
        self.queue = queue
        self.loads = loads
        self.groups = groups
        self.chunks = chunks
        self.layout = layout
        self.recorder = recorder
        var sums = [0]
        for load in loads {
            sums.append((sums.last ?? 0) + chunks[load.channelGroup].slicesOfChunk[load.chunk].count)
        }
        firstSlice = sums
        done = [InputTransformQueue.Ready](repeating: InputTransformQueue.Ready(), count: sums.last ?? 0)
    }

    /// Tiles of one channel so far.
    var count: Int { queue.jobs }

    /// When the jobs of a slice of a load are in the buffer.
    ///
    /// - Parameter place: the slice's place in the load's chunk.
    mutating func ready(_ load: Int, place: Int, memory: inout LayerMemory) -> InputTransformQueue.Ready {
        let wanted = firstSlice[load] + place
        while entered <= wanted { enterNext(&memory) }
        return done[wanted]
    }

    /// Enters the jobs of the next slice.
    private mutating func enterNext(_ memory: inout LayerMemory) {
        while firstSlice[load + 1] <= entered { load += 1 }
        let chunks = chunks[loads[load].channelGroup]
        let group = groups[loads[load].channelGroup]
        let number = loads[load].chunk
        let chunk = chunks.table.chunks[number]
        let index = chunks.slicesOfChunk[number].lowerBound + entered - firstSlice[load]
        let slice = chunks.slices.live[index]
        let tiles = group.grouping.tiles(ofColumnGroup: chunk.group)
        var bits = chunks.slices.bits(group: chunk.group, before: index)
        var ready = InputTransformQueue.Ready()
        for tile in tiles {
            for channel in 0..<layout.channels(ofSlice: slice) {
                bits += group.inputSizes.ownedBits(tile: tile, slice: slice, channel: channel)
                let byte = Bytes.holding(bits: bits).count - chunk.start - 1
                queue.enter(arrived: memory.arrival(.inputs, load: load, byte: byte), into: &ready)
            }
        }
        done[entered] = ready
        if let busy = queue.takeBusy() {
            recorder?.add(
                "input transform", "tiles \(tiles.lowerBound) to \(tiles.upperBound - 1), channels of slice \(slice)",
                busy.start, busy.end)
        }
        entered += 1
    }
}
