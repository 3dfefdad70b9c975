import Testing

@testable import Tensors

/// Elements in another order, or with zeros between them.
@Suite struct ArrangementTests {
    private let counted = Tensor((0..<6).map(Float.init), shape: [1, 2, 3])

    @Test func dimensionsArePermuted() {
        let turned = counted.permuted([2, 0, 1])
        #expect(turned.shape == [3, 1, 2] && turned.doubles() == [0, 3, 1, 4, 2, 5])
        #expect(turned.permuted([1, 2, 0]).isIdentical(to: counted))
    }

    @Test func dimensionsAreReversed() {
        #expect(counted.reversed([2]).doubles() == [2, 1, 0, 5, 4, 3])
        #expect(counted.reversed([1, 2]).doubles() == [5, 4, 3, 2, 1, 0])
        #expect(counted.reversed([]).isIdentical(to: counted))
    }

    @Test func zerosAreInsertedBetweenAndNotBehind() {
        let wide = counted.zerosInserted(rows: 2, columns: 3)
        #expect(wide.shape == [1, 3, 7])
        #expect(wide.doubles() == [0, 0, 0, 1, 0, 0, 2] + [0, 0, 0, 0, 0, 0, 0] + [3, 0, 0, 4, 0, 0, 5])
        #expect(counted.zerosInserted(rows: 1, columns: 1).isIdentical(to: counted))
    }

    /// Halves move as whole elements.
    @Test func elementsKeepTheirBytes() {
        let halves = Tensor(type: .f16, shape: [2, 2], bytes: [1, 2, 3, 4, 5, 6, 7, 8])
        halves.permuted([1, 0]).withUnsafeBytes { #expect(Array($0) == [1, 2, 5, 6, 3, 4, 7, 8]) }
        #expect(halves.reshaped([4]).shape == [4])
    }
}
