/// What a pass reads of one operand's buffer.
struct FetchDemand {
    /// By step, bits.
    let bits: ArraySlice<Int>
    /// By bundle, bits that two steps of it share and that are read once; empty where none do.
    var shared: ArraySlice<Int> = []

    /// Bytes of a bundle.
    @inline(__always)
    func bytes(_ steps: ArraySlice<Int>, bundle: Int) -> Int {
        var sum = shared.isEmpty ? 0 : -shared[shared.startIndex + bundle]
        for step in steps { sum += bits[bits.startIndex + step] }
        return (sum + 7) / 8
    }
}
