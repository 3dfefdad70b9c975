import Hardware

/// What each slice of channels of each column group takes of the input buffer and of DRAM.
struct InputSlices: Sendable {
    /// The slices that some pass uses, in order.
    let live: [Int]
    /// `[column group, slice that is used]`: the values in the buffer.
    private(set) var held: [ValueCount] = []
    /// The values that are moved.
    private(set) var moved: [ValueCount] = []
    /// `[column group, slice that is used, step of the slice]`: the bits of the column group up to the end of the step.
    private(set) var bits: [Int] = []
    let stepsPerSlice: Int
    let inBuffer: StoredForm

    init(_ sizes: InputSizes, layout: StepLayout) {
        live = sizes.liveSlices
        inBuffer = sizes.inBuffer
        stepsPerSlice = layout.stepsPerSlice
        let steps = live.map(layout.steps(ofSlice:))
        for group in 0..<sizes.groups {
            let (inBuffer, inDRAM) = (sizes.held(group: group), sizes.moved(group: group))
            var sum = 0
            for slice in steps {
                var (heldHere, movedHere) = (ValueCount(), ValueCount())
                for step in slice {
                    heldHere += inBuffer[step]
                    movedHere += inDRAM[step]
                    sum += sizes.inDRAM.bits(of: inDRAM[step])
                    bits.append(sum)
                }
                held.append(heldHere)
                moved.append(movedHere)
            }
        }
    }

    /// Bytes of the buffer that the largest slice takes.
    var largest: Int { held.reduce(0) { max($0, Bytes.holding(bits: inBuffer.bits(of: $1)).count) } }

    /// Bits of a column group before a slice, or behind the last one.
    func bits(group: Int, before slice: Int) -> Int {
        slice == 0 ? 0 : bits(group: group, slice: slice - 1, through: stepsPerSlice - 1)
    }

    /// Bits of a column group up to the end of a step of a slice.
    @inline(__always)
    func bits(group: Int, slice: Int, through step: Int) -> Int {
        bits[(group * live.count + slice) * stepsPerSlice + step]
    }
}
