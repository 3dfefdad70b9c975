import Foundation
import Tensors
import TestSupport

extension Folder {
    /// A folder with small traces, a table of shapes, and shipped configurations.
    static func withTraces() throws -> Folder {
        let folder = try Folder()
        var writer = SafetensorsWriter()
        func add(_ name: String, _ shape: [Int], _ values: (Int) -> Float) {
            writer.add(name, Tensor((0..<shape.reduce(1, *)).map(values), shape: shape))
        }
        add("conv1.weight", [3, 2, 3, 3]) { Float($0 % 5) - 2 }
        add("conv1.input", [1, 2, 6, 6]) { Float($0 % 4) }
        add("conv1.wrong", [1, 3, 6, 6]) { Float($0) }
        try writer.write(to: "\(folder.path)/tensors.safetensors")
        try folder.write(manifest(), to: "trace.yaml")
        try folder.write(manifest(outputs: "conv1.wrong"), to: "wrong.yaml")
        try folder.write(manifest(values: false), to: "densities.yaml")
        let missing = "[{name: up, operation: Conv1d, multiplications: 1234}, {name: 'a: b', operation: matmul}]"
        try folder.write(manifest(values: false) + "not_exported: \(missing)\n", to: "partial.yaml")
        try folder.write("layer,C,K,H_in,W_in,kernel,pad\none,3,8,8,8,3,1\ntwo,8,4,8,8,3,1\n", to: "shapes.csv")
        try folder.write("# A small machine.\nname: small\npe_array: {rows: 2, columns: 2}\n", to: "Configs/small.yaml")
        try folder.copy("\(repository)/Configs/energy", to: "Configs/energy")
        return folder
    }

    private static func manifest(outputs: String? = nil, values: Bool = true) -> String {
        let operands = [("weights", "conv1.weight"), ("activations", "conv1.input")].map { key, tensor in
            "    \(key): \(values ? "{tensor: \(tensor)}" : "{density: 0.5}")"
        }
        return """
            format: winosim-trace/1
            model: small
            tensors: tensors.safetensors
            layers:
              - name: conv1
                input: {channels: 2, height: 6, width: 6}
                output: {channels: 3}
                kernel: {height: 3, width: 3, padding: 1}
                operation: convolution
                relu: none
            \(operands.joined(separator: "\n"))
            \(outputs.map { "    outputs: {tensor: \($0)}" } ?? "")
              - name: conv2
                operation: convolution
                input: {channels: 8, height: 4, width: 4}
                output: {channels: 4}
                kernel: {height: 3, width: 3, padding: 1}
                relu: spatial
                weights: {density: 0.5}
                activations: {density: 0.5}

            """
    }
}
