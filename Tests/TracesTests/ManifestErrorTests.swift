import Files
import Foundation
import Testing

@testable import Traces

/// Every message is pinned: each manifest has one fault, and is valid without it.
@Suite struct ManifestErrorTests {
    struct Broken: CustomTestStringConvertible, Sendable {
        let found: String
        let replacement: String
        let outcome: String
        var testDescription: String { replacement }

        init(_ found: String, _ replacement: String, _ outcome: String) {
            self.found = found
            self.replacement = replacement
            self.outcome = outcome
        }
    }

    @Test(arguments: brokenManifests)
    func brokenManifestsGiveTheirMessage(broken: Broken) throws {
        let folder = try TraceFolder()
        let range = try #require(TraceFolder.manifest.firstRange(of: broken.found))
        let text = TraceFolder.manifest.replacingCharacters(in: range, with: broken.replacement)
        #expect(folder.outcome(text) == broken.outcome)
    }

    static let brokenManifests: [Broken] = [
        Broken(
            "winosim-trace/1", "winosim-trace/2",
            "1:9: found the format \"winosim-trace/2\", expected winosim-trace/1"),
        Broken(
            "format: winosim-trace/1", "formt: winosim-trace/1",
            "1:1: unknown key \"formt\" in the trace: did you mean \"format\", which is missing?"),
        Broken(
            "format: winosim-trace/1\n", "",
            "1:1: the key \"format\" is missing in the trace"),
        Broken(
            "model: test", "model: ''",
            "2:8: the model's name is empty"),
        Broken(
            "model: test\n", "",
            "1:1: the key \"model\" is missing in the trace"),
        Broken(
            "seed: 7", "seed: 1.5",
            "3:7: found \"1.5\", expected a whole number, in decimal digits only"),
        Broken(
            "seed: 7", "seed: 9223372036854775808",
            "3:7: found \"9223372036854775808\", expected a whole number, that fits 64 bits"),
        Broken(
            "seed: 7", "sed: 7",
            "3:1: unknown key \"sed\" in the trace: did you mean \"seed\"? known are description, format, "
                + "inputs, layers, model, not_exported, operations, outputs, seed, source, tensors"),
        Broken(
            "seed: 7", "source: [torch]",
            "3:9: found a list as source, expected a mapping (key: value)"),
        Broken(
            "seed: 7", "not_exported: {name: up}",
            "3:15: found a mapping, expected a list"),
        Broken(
            "seed: 7", "not_exported: [up]",
            "3:16: found \"up\" as the entry of not_exported, expected a mapping (key: value)"),
        Broken(
            "seed: 7", "not_exported: [{name: up}]",
            "3:16: the key \"operation\" is missing in the entry of not_exported"),
        Broken(
            "seed: 7", "not_exported: [{name: up, operation: Conv1d, macs: 3}]",
            "3:46: unknown key \"macs\" in the entry of not_exported; known are multiplications, name, operation"),
        Broken(
            "seed: 7", "not_exported: [{name: up, operation: Conv1d, multiplications: -1}]",
            "3:63: found \"-1\", expected a whole number of at least 0"),
        Broken(
            "seed: 7", "not_exported: [{name: ' ', operation: Conv1d}]",
            "3:23: found the name \" \", expected a text without control characters"),
        Broken(
            "seed: 7", "not_exported: [{name: up, operation: \"a\\nb\"}]",
            "3:38: found the operation \"a\\nb\", expected a text without control characters"),
        Broken(
            "tensors: t.safetensors", "tensors: /etc/t.safetensors",
            "4:10: found \"/etc/t.safetensors\", expected a file beside the manifest: no absolute path and "
                + "no \"..\""),
        Broken(
            "tensors: t.safetensors", "tensors: ../t.safetensors",
            "4:10: found \"../t.safetensors\", expected a file beside the manifest: no absolute path and no "
                + "\"..\""),
        Broken(
            "tensors: t.safetensors", "tensors: missing.safetensors",
            "FileError: missing.safetensors: error: cannot be read: No such file or directory"),
        Broken(
            "tensors: t.safetensors", "tensors: broken.safetensors",
            "broken.safetensors:1:1: not a safetensors file: found a header of 8030883942550761326 bytes, "
                + "expected at most 100000000"),
        Broken(
            "tensors: t.safetensors", "tensors: [t.safetensors, twice.safetensors]",
            "4:26: the tensor \"conv1.weight\" stands in \"twice.safetensors\" and in t.safetensors, "
                + "expected it once"),
        Broken(
            "tensors: t.safetensors", "tensors: [t.safetensors, t.safetensors]",
            "4:26: \"t.safetensors\" is named twice"),
        Broken(
            "tensors: t.safetensors\n", "",
            "12:23: no file holds the tensor \"conv1.weight\": the trace has no key \"tensors\""),
        Broken(
            "tensors: t.safetensors", "tensors: {file: t.safetensors}",
            "4:10: found a mapping, expected a text"),
        Broken(
            "name: conv1", "name: fc",
            "16:11: the layer's name \"fc\" stands already in line 6, expected a new one"),
        Broken(
            "name: conv1", "name: ' '",
            "6:11: the layer's name is empty"),
        Broken(
            "name: conv1", "name: \"a\\tb\"",
            "6:11: found \"a\\tb\", expected a layer's name without control and format characters"),
        Broken(
            "name: conv1", "name: \"a\\u202Eb\"",
            "6:11: found \"a\\u{202e}b\", expected a layer's name without control and format characters"),
        Broken(
            "name: conv1", "name: '=1+1'",
            "6:11: found \"=1+1\", which a spreadsheet would run as a formula: expected a layer's name that does not begin "
                + "with ="),
        Broken(
            "name: conv1", "name: ' Total '",
            "6:11: found the layer's name \" Total \", which is that of the reports' row of all layers; expected another one"
        ),
        Broken(
            "name: conv1", "nam: conv1",
            "6:5: unknown key \"nam\" in the layer: did you mean \"name\", which is missing?"),
        Broken(
            "operation: convolution", "operation: convolutions",
            "7:16: found \"convolutions\" as the operation, expected convolution, "
                + "transposed_convolution, linear or matmul: did you mean \"convolution\"?"),
        Broken(
            "operation: convolution\n    ", "",
            "6:5: the key \"operation\" is missing in the layer"),
        Broken(
            "operation: convolution", "operation: linear",
            "10:13: a linear layer is a matrix product: no kernel other than 1 x 1, no stride, padding or "
                + "groups is expected"),
        Broken(
            "channels: 4, height: 6", "channels: 4, hight: 6",
            "8:26: unknown key \"hight\" in input: did you mean \"height\", which is missing?"),
        Broken(
            "channels: 4, height: 6", "channels: 0, height: 6",
            "8:23: found \"0\", expected a whole number from 1 to 1099511627776"),
        Broken(
            "channels: 4, height: 6", "channels: 4.5, height: 6",
            "8:23: found \"4.5\", expected a whole number from 1 to 1099511627776, in decimal digits only"),
        Broken(
            "channels: 4, height: 6, width: 5", "channels: 4, height: 6",
            "8:12: the key \"width\" is missing in input"),
        Broken(
            "channels: 4, height: 6, width: 5, batch: 2", "channels: 4, height: 1048576, width: 1048576",
            "8:12: N * C * H * W = 1 * 4 * 1048576 * 1048576 is too large; at most 2^40 is expected"),
        Broken(
            "channels: 4, height: 6, width: 5, batch: 2", "channels: 4, height: 600000, width: 400000",
            "9:13: N * K * Ho * Wo * C/groups * R * S = 1 * 8 * 600000 * 400000 * 2 * 3 * 3 is too large; at "
                + "most 2^40 is expected"),
        Broken(
            "channels: 4, height: 6, width: 5, batch: 2", "channels: 4, height: 6, width: 9999999999999999999",
            "8:44: found \"9999999999999999999\", expected a whole number from 1 to 1099511627776, that fits "
                + "64 bits"),
        Broken(
            "channels: 8, height: 6, width: 5", "channels: 8, height: 5, width: 5",
            "9:35: found an output height of 5, expected 6 from input and kernel"),
        Broken(
            "channels: 8, height: 6, width: 5", "channels: 8, height: 6, width: six",
            "9:45: found \"six\", expected a whole number"),
        Broken(
            "channels: 8, height: 6, width: 5", "channels: 7",
            "10:55: 2 groups do not divide the 7 output channels; expected a divisor of both channel counts"),
        Broken(
            "channels: 8, height: 6, width: 5", "channels: 8, depth: 6",
            "9:27: unknown key \"depth\" in output; known are channels, height, width"),
        Broken(
            "kernel: {height: 3, width: 3, padding: 1, groups: 2}",
            "kernel: {height: 9, width: 3, padding: 1, groups: 2}",
            "10:22: the kernel spans 9 rows, the padded input has 8; expected at most as many"),
        Broken(
            "kernel: {height: 3, width: 3, padding: 1, groups: 2}",
            "kernel: {height: 3, width: 3, padding: 1, dilation: [1, 1099511627776]}",
            "10:32: the kernel spans 2199023255553 columns, the padded input has 7; expected at most as many"),
        Broken(
            "kernel: {height: 3, width: 3, padding: 1, groups: 2}", "kernel: {height: 3, padding: 1, groups: 2}",
            "10:13: the kernel has a height and no width"),
        Broken(
            "kernel: {height: 3, width: 3, padding: 1, groups: 2}",
            "kernel: {height: 3, width: 3, padding: [1, 1, 1], groups: 2}",
            "10:44: found a list of 3, expected one number, [vertical, horizontal] or [top, left, bottom, right]"),
        Broken(
            "kernel: {height: 3, width: 3, padding: 1, groups: 2}",
            "kernel: {height: 3, width: 3, padding: -1, groups: 2}",
            "10:44: found \"-1\", expected a whole number from 0 to 1099511627776"),
        Broken(
            "kernel: {height: 3, width: 3, padding: 1, groups: 2}",
            "kernel: {height: 3, width: 3, padding: 1, groups: 3}",
            "10:55: 3 groups do not divide the 4 input channels; expected a divisor of both channel counts"),
        Broken(
            "kernel: {height: 3, width: 3, padding: 1, groups: 2}",
            "kernel: {height: 3, width: 2, padding: 1, groups: 2}",
            "9:45: found an output width of 5, expected 6 from input and kernel"),
        Broken(
            " height: 6, width: 5}\n    kernel: {height: 3, width: 3, padding: 1, groups: 2}",
            "}\n    kernel: {height: 3, width: 3, padding: 1, groups: 2, stride: 2}",
            "11:11: Winograd's algorithm expects stride 1, found 2 x 2"),
        Broken(
            " height: 6, width: 5}\n    kernel: {height: 3, width: 3, padding: 1, groups: 2}", "}\n    kernel: 1",
            "12:22: no Winograd transform for F(2x2, 1x1): m at least 1, r at least 2 and m + r - 1 at most "
                + "8 are expected"),
        Broken(
            "groups: 2}", "groups: 2, bias: 1}",
            "10:58: unknown key \"bias\" in kernel; known are dilation, groups, height, padding, stride, "
                + "width"),
        Broken(
            "relu: winograd", "relu: winogard",
            "11:11: found \"winogard\" as relu, expected winograd, spatial or none: did you mean "
                + "\"winograd\"?"),
        Broken(
            "relu: winograd", "relu: true",
            "11:11: found \"true\" as relu, expected winograd, spatial or none"),
        Broken(
            "winograd: {tile: 2}", "winograd: {tile: 4}",
            "13:23: tensor \"conv1.weight\" has the shape [8, 2, 4, 4]; expected [K, C/groups, n, n] = [8, "
                + "2, 6, 6]"),
        Broken(
            "winograd: {tile: 2}", "winograd: {tile: 7}",
            "12:22: no Winograd transform for F(7x7, 3x3): m at least 1, r at least 2 and m + r - 1 at most "
                + "8 are expected"),
        Broken(
            "winograd: {tile: 2}", "winograd: {tile: 0}",
            "12:22: found \"0\", expected a whole number from 1 to 7"),
        Broken(
            "winograd: {tile: 2}", "winograd: 2",
            "12:15: found \"2\" as winograd, expected a mapping (key: value)"),
        Broken(
            "winograd: {tile: 2}", "winograd: {bt: [[1, 0], [0, 1]]}",
            "12:20: bt has 2 rows, expected 4 rows of 4"),
        Broken(
            "winograd: {tile: 2}", "winograd: {at: [[1, 1, 1, 0], [0, 1, -1]]}",
            "12:35: a row of at has 3 entries, expected 4"),
        Broken(
            "winograd: {tile: 2}", "winograd: {at: [[1, 1, 1, 0], [0, 1, -1, 1/0]]}",
            "12:46: found \"1/0\", expected a number or a fraction of whole numbers such as 1/6"),
        Broken(
            "winograd: {tile: 2}", "winograd: {at: [[1, 1, 1, 0], [0, 1, -1, one]]}",
            "12:46: found \"one\", expected a number from -1000000 to 1000000"),
        Broken(
            "    winograd: {tile: 2}\n    weights: {tensor: conv1.weight, domain: winograd}",
            "    winograd: {at: [[1, 1, 1, 0], [0, 1, -1, 1]]}\n    weights: {tensor: conv1.spatial}",
            "12:15: at, g and bt do not compute a convolution together, which spatial weights need"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: {tensor: conv1.weights, domain: winograd}",
            "13:23: no tensor \"conv1.weights\" in t.safetensors: did you mean \"conv1.weight\"?"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: {tensor: conv1.weight}",
            "13:23: tensor \"conv1.weight\" has the shape [8, 2, 4, 4]; expected [K, C/groups, R, S] = [8, "
                + "2, 3, 3]; it has the shape of domain: winograd"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: {tensor: conv1.flat, domain: winograd}",
            "13:23: tensor \"conv1.flat\" has the shape [8, 2, 9]; expected [K, C/groups, n, n] = [8, 2, 4, "
                + "4]"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: {tensor: mask, domain: winograd}",
            "13:23: tensor \"mask\" is U64; expected values in F32, F16, BF16, I8 or U8"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: {mask: conv1.weight}",
            "13:21: mask \"conv1.weight\" is F32; expected U16 or U64"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: {mask: mask.flat}",
            "13:21: mask \"mask.flat\" has the shape [4]; expected [K, G]"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: {mask: mask, domain: winograd}",
            "13:35: masks are what the machine multiplies: they have no domain, found one"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: {domain: winograd}",
            "13:14: weights has no source, expected one of tensor, density or mask"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: {tensor: conv1.weight, density: 0.5}",
            "13:46: weights has a tensor and a density, expected one of them"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: {tensor: conv1.weight, domain: frequency}",
            "13:45: found \"frequency\" as the domain, expected spatial or winograd"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}",
            "weights: {tensor: conv1.weight, domain: winograd, spread: {filters: 0.1}}",
            "13:63: a spread goes with a density, found it with a tensor"),
        Broken(
            "weights: {tensor: conv1.weight, domain: winograd}", "weights: conv1.weight",
            "13:14: found \"conv1.weight\" as weights, expected a mapping (key: value)"),
        Broken(
            "activations: {tensor: conv1.input}", "activations: {tensor: conv1.input, domain: winograd}",
            "14:48: a tensor of activations is spatial, before the Winograd ReLU; expected domain: spatial"),
        Broken(
            "activations: {tensor: conv1.input}", "activations: {tensor: conv1.output}",
            "14:27: tensor \"conv1.output\" has the shape [2, 8, 6, 5]; expected [N, C, H, W] = [2, 4, 6, 5]"),
        Broken(
            "activations: {tensor: conv1.input}", "activations: {density: 0.4}",
            "14:18: relu: winograd comes after the input transform, so a spatial density does not tell the density "
                + "behind it; expected domain: winograd"),
        Broken(
            "activations: {tensor: conv1.input}", "activations: {density: 1.01, domain: winograd}",
            "14:28: found \"1.01\", expected a number from 0 to 1"),
        Broken(
            "activations: {tensor: conv1.input}",
            "activations: {density: 0.4, domain: winograd, spread: {filters: 0.1}}",
            "14:69: a spread over filters cannot apply to activations with a winograd density; those that "
                + "can are channels, tiles, positions"),
        Broken(
            "activations: {tensor: conv1.input}", "activations: {density: 0.4, domain: winograd, spread: {rows: 0.1}}",
            "14:60: unknown key \"rows\" in spread; known are channels, filters, positions, tiles"),
        Broken(
            "activations: {tensor: conv1.input}", "activations:",
            "14:5: the key \"activations\" in the layer has no value, expected one: give it a value or remove the key"),
        Broken(
            "outputs: {tensor: conv1.output}", "outputs: {tensor: conv1.input}",
            "15:23: tensor \"conv1.input\" has the shape [2, 4, 6, 5]; expected [N, K, Ho, Wo] = [2, 8, 6, 5]"),
        Broken(
            "outputs: {tensor: conv1.output}", "outputs: {density: 0.4}",
            "15:14: the key \"tensor\" is missing in outputs"),
        Broken(
            "outputs: {tensor: conv1.output}", "output: {channels: 8}",
            "15:5: duplicate key \"output\": it is already on line 9"),
        Broken(
            "density: 0.5", "density: 1.5",
            "20:24: found \"1.5\", expected a number from 0 to 1"),
        Broken(
            "density: 0.5", "density: half",
            "20:24: found \"half\", expected a number from 0 to 1"),
        Broken(
            "filters: 0.1", "tiles: 0.1",
            "20:45: a spread over tiles cannot apply to weights with a spatial density; those that can are "
                + "filters, channels, positions"),
        Broken(
            "filters: 0.1", "filters: -0.1",
            "20:47: found \"-0.1\", expected a number from 0 to 1"),
        Broken(
            "{density: 0.5, spread: {filters: 0.1}}", "{tensor: fc.input}",
            "20:23: tensor \"fc.input\" has the shape [2, 3, 2, 2]; expected [K, C] = [5, 12] or [K, "
                + "C/groups, R, S] = [5, 12, 1, 1]"),
        Broken(
            "activations: {tensor: fc.input}", "activations: {tensor: nan}",
            "21:27: tensor \"nan\" holds NaN or infinity at [0, 0, 0, 0]; expected finite values"),
        Broken(
            "channels: 5}", "channels: 5, height: 2}",
            "19:35: found an output height of 2, expected 1 from input and kernel"),
        Broken(
            "channels: 5}", "channels: 5}\n    kernel: {height: 3, width: 3, padding: 1}",
            "20:13: a linear layer is a matrix product: no kernel other than 1 x 1, no stride, padding or "
                + "groups is expected"),
        Broken(
            "channels: 5}", "channels: 5}\n    kernel: {height: 1, width: 1, stride: [2, 1]}",
            "20:13: a linear layer is a matrix product: no kernel other than 1 x 1, no stride, padding or "
                + "groups is expected"),
        Broken(
            "channels: 5}", "channels: 5}\n    kernel: {height: 1, width: 1, stride: [1, 2]}",
            "20:13: a linear layer is a matrix product: no kernel other than 1 x 1, no stride, padding or "
                + "groups is expected"),
        Broken(
            "channels: 5}", "channels: 5}\n    winograd: {tile: 2}",
            "20:15: a linear layer has no Winograd form; expected a convolution"),
        Broken(
            "channels: 5}", "channels: 5}\n    relu: winograd",
            "20:11: a linear layer has no Winograd form; expected a convolution"),
    ]
}
