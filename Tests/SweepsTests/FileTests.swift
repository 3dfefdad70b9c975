import Files
import TestSupport
import Testing

@testable import Sweeps

@Suite struct FileTests {
    static let pinned = PinnedTexts("Errors")

    @Test func allFilesAreFound() { #expect(Self.pinned.names(ending: ".yaml").count >= 40) }

    @Test(arguments: pinned.names(ending: ".yaml")) func messageMatchesTheGolden(of name: String) throws {
        let folder = try Folder.withSweep()
        try folder.copy(Self.pinned.path(name), to: name)
        let error = try #require(throws: (any Error).self) { try folder.plan(name) }
        #expect(error is InputError || error is FileError, "\(error)")
        let message = "\(error)\n".replacing(folder.path + "/", with: "").replacing(repository + "/", with: "")
        #expect(message == (try Self.pinned.message(for: name, observed: message)))
    }

    /// Every mutated file loads, or has an error with a position.
    @Test func mutatedFilesLoadOrThrow() throws {
        let folder = try Folder.withSweep()
        let seed: UInt64 = 5
        var random = SeededGenerator(seed: seed)
        let good = Array(Folder.sweep.utf8)
        var taken = 0
        for _ in 0..<400 {
            var bytes = good
            let place = random.below(bytes.count)
            switch random.below(4) {
            case 0: bytes[place] = random.byte() & 0x7F
            case 1: bytes.remove(at: place)
            case 2: bytes[place] = random.pick(Array("0123456789 #".utf8))
            default: bytes.insert(random.pick(good), at: place)
            }
            try folder.write(String(decoding: bytes, as: UTF8.self), to: "mutant.yaml")
            do {
                _ = try folder.plan("mutant.yaml")
                taken += 1
            } catch is FileError {
            } catch let error as InputError {
                #expect(error.mark != nil, "seed \(seed): \(error)")
            }
        }
        #expect(taken > 10 && taken < 300, "seed \(seed): \(taken)")
    }
}
