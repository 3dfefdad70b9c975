import Files
import Foundation
import Tensors
import TestSupport
import Testing

@testable import Traces

/// A folder for one test, with a valid trace to damage.
final class TraceFolder {
    private let folder: Folder

    init() throws {
        folder = try Folder()
        var writer = SafetensorsWriter()
        func add(_ name: String, _ shape: [Int], _ first: Float = 0) {
            let count = shape.reduce(1, *)
            writer.add(name, Tensor((0..<count).map { first + Float($0 % 3) }, shape: shape))
        }
        add("conv1.weight", [8, 2, 4, 4])
        add("conv1.spatial", [8, 2, 3, 3])
        add("conv1.input", [2, 4, 6, 5])
        add("conv1.output", [2, 8, 6, 5])
        add("conv1.flat", [8, 2, 9])
        add("fc.input", [2, 3, 2, 2])
        add("fc.weight", [5, 12])
        add("nan", [2, 3, 2, 2], .infinity)
        writer.add("mask", Tensor([1, 2, 3, 4] as [UInt64], shape: [2, 2]))
        writer.add("mask.flat", Tensor([1, 2, 3, 4] as [UInt64], shape: [4]))
        try writer.write(to: file("t.safetensors"))
        var other = SafetensorsWriter()
        other.add("conv1.weight", Tensor([1] as [Float], shape: [1]))
        try other.write(to: file("twice.safetensors"))
        try AtomicFile.write(Array("no tensors in here".utf8), to: file("broken.safetensors"))
    }

    var path: String { folder.path }

    func file(_ name: String) -> String { folder.file(name) }

    /// Loads a manifest with this text.
    func load(_ text: String) throws -> Trace {
        try AtomicFile.write(Array(text.utf8), to: file("trace.yaml"))
        return try Trace.load(path: file("trace.yaml"))
    }

    /// The result of loading, without the folder: `line:column: message` for an error in the manifest.
    func outcome(_ text: String) -> String {
        do {
            return "loaded \(try load(text).layers.count) layers"
        } catch let error as InputError {
            guard let mark = error.mark else { return "no place: \(error.message)" }
            let name = mark.file == file("trace.yaml") ? "" : "\(mark.file.dropFirst(path.count + 1)):"
            return "\(name)\(mark.line):\(mark.column): \(error.message)".replacing(path + "/", with: "")
        } catch {
            return "\(type(of: error)): \(error)".replacing(path + "/", with: "")
        }
    }

    static let manifest = """
        format: winosim-trace/1
        model: test
        seed: 7
        tensors: t.safetensors
        layers:
          - name: conv1
            operation: convolution
            input: {channels: 4, height: 6, width: 5, batch: 2}
            output: {channels: 8, height: 6, width: 5}
            kernel: {height: 3, width: 3, padding: 1, groups: 2}
            relu: winograd
            winograd: {tile: 2}
            weights: {tensor: conv1.weight, domain: winograd}
            activations: {tensor: conv1.input}
            outputs: {tensor: conv1.output}
          - name: fc
            operation: linear
            input: {channels: 3, height: 2, width: 2, batch: 2}
            output: {channels: 5}
            weights: {density: 0.5, spread: {filters: 0.1}}
            activations: {tensor: fc.input}

        """
}
